/** The bytes of an answer that speaks, as samples at the model's rate. */
import { FrameDecoder, isWav, Resampler, WavDecoder } from '@vox-speech/audio';
import { type Upstream, VoxError } from '@vox-speech/contract';
import { type Answer, textOf } from './call.js';
import { eventsOf } from './events.js';
import { failureInside, nameOf, quote } from './failures.js';

/** Bytes by which a WAV is known. */
const HEAD_BYTES = 12;

/**
 * Samples as they come: raw 16-bit samples or a WAV, in the body or in `speech.audio.*` events.
 * @param sampleRate Hz of what is yielded, and of raw samples that come without word of their own rate
 * @throws VoxError `upstream_failed` for what is no audio, or none; and what reading the answer throws
 */
export async function* samplesOf(
  upstream: Upstream,
  answer: Answer,
  sampleRate: number,
): AsyncGenerator<Float32Array> {
  const type = answer.headers['content-type'] ?? '';
  if (type.includes('json')) {
    // Read to its end: that closes the connection.
    const said = quote(upstream, await textOf(upstream, answer));
    throw new VoxError('upstream_failed', `${nameOf(upstream)} answered with JSON, not with audio: ${said}`);
  }
  const bytes = type.includes('text/event-stream') ? audioOfEvents(upstream, answer) : answer.bytes;
  const decoder = new AnswerDecoder(statedRate(answer) ?? sampleRate, sampleRate);
  let count = 0;
  try {
    for await (const piece of bytes) {
      const samples = decoder.push(piece);
      count += samples.length;
      if (samples.length > 0) yield samples;
    }
    const rest = decoder.end();
    if (rest.length > 0) yield rest;
    if (count + rest.length === 0)
      throw new VoxError('upstream_failed', `${nameOf(upstream)} answered without any audio`);
  } catch (error) {
    const fault = VoxError.from(error);
    throw fault.code === 'unsupported_media' || fault.code === 'empty_audio'
      ? new VoxError('upstream_failed', `${nameOf(upstream)}: ${fault.message}`)
      : fault;
  }
}

/** Hz, where a header tells: `audio/pcm;rate=24000`, `audio/L16; rate=24000`, `x-sample-rate`. */
function statedRate({ headers }: Answer): number | undefined {
  const inType = /rate\s*=\s*"?(\d+)/i.exec(headers['content-type'] ?? '')?.[1];
  const rate = Number(inType ?? headers['x-sample-rate'] ?? headers['x-audio-sample-rate']);
  return rate >= 8_000 && rate <= 192_000 ? rate : undefined;
}

async function* audioOfEvents(upstream: Upstream, { bytes }: Answer): AsyncGenerator<Uint8Array> {
  for await (const { data } of eventsOf(bytes)) {
    if (data.trim() === '[DONE]') return;
    let event: { type?: unknown; audio?: unknown; error?: unknown };
    try {
      event = JSON.parse(data);
    } catch {
      throw new VoxError('upstream_failed', `${nameOf(upstream)} sent an event that is no JSON`);
    }
    if (event.type === 'speech.audio.done') return;
    if (event.error !== undefined || event.type === 'speech.audio.error')
      throw failureInside(upstream, event.error ?? event);
    if (typeof event.audio === 'string') yield Buffer.from(event.audio, 'base64');
  }
  throw new VoxError('upstream_failed', `${nameOf(upstream)} closed in the midst of its answer`);
}

/** Looks at the first bytes to tell a WAV from raw samples; brings both to one rate. */
class AnswerDecoder {
  readonly #rawRate: number;
  readonly #rate: number;
  #head = new Uint8Array(0);
  #wav: WavDecoder | undefined;
  #raw: FrameDecoder | undefined;
  #resampler: Resampler | undefined;

  constructor(rawRate: number, rate: number) {
    this.#rawRate = rawRate;
    this.#rate = rate;
  }

  push(bytes: Uint8Array): Float32Array {
    if (this.#wav === undefined && this.#raw === undefined) {
      this.#head = Buffer.concat([this.#head, bytes]);
      if (this.#head.length < HEAD_BYTES) return new Float32Array(0);
      return this.#begin();
    }
    return this.#decode(bytes);
  }

  /** The rest, when no more bytes come. Throws `unsupported_media`, `empty_audio` for a WAV that was cut off. */
  end(): Float32Array {
    if (this.#wav === undefined && this.#raw === undefined) return this.#begin();
    this.#wav?.end();
    return this.#resampler?.flush() ?? new Float32Array(0);
  }

  #begin(): Float32Array {
    const head = this.#head;
    this.#head = new Uint8Array(0);
    if (isWav(head)) this.#wav = new WavDecoder();
    else this.#raw = new FrameDecoder('s16', 1);
    return this.#decode(head);
  }

  #decode(bytes: Uint8Array): Float32Array {
    const samples = this.#wav?.push(bytes) ?? this.#raw?.push(bytes) ?? new Float32Array(0);
    const rate = this.#wav === undefined ? this.#rawRate : this.#wav.header?.format.sampleRate;
    if (rate === undefined) return samples;
    this.#resampler ??= new Resampler(rate, this.#rate);
    return this.#resampler.push(samples);
  }
}
