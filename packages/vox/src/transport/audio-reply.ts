/** An answer that is audio: as it is made, or whole with its right length. */
import { wavHeader } from '@vox-speech/audio';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestSignal } from './signal.js';
import { spool } from './spool.js';
import { abortable, started, streamBody } from './stream.js';

export type ReplyFormat = 'wav' | 'pcm' | 'mulaw' | 'alaw' | 'mp3' | 'opus' | 'aac' | 'flac';

/** Speech as the runtime makes it. */
interface Speech {
  /** Hz. */
  readonly sampleRate: number;
  /** Audio in the format; for a whole WAV the bare 16-bit mono samples. */
  readonly audio: AsyncIterable<Uint8Array>;
  readonly summary: Promise<{ readonly processingMs: number }>;
}

export interface SpeechReply {
  readonly format: ReplyFormat;
  readonly speech: Speech;
  /** Collect it first, then answer with Content-Length and, for a WAV, true sizes in its header. */
  readonly whole: boolean;
  /** For audio too long for memory. */
  readonly directory: string;
}

/** Bytes of a JSON body with so long a text: a character takes at most 12 (two \u escapes). */
export function speechBodyBytes(maxCharacters: number): number {
  return Math.max(1024 * 1024, maxCharacters * 12);
}

/** The Content-Type of a format. `audio/L16` carries rate and channels, as RFC 2586 asks; its bytes are little-endian, as OpenAI's. */
export function audioType(format: ReplyFormat, sampleRate: number): string {
  if (format === 'pcm') return `audio/L16; rate=${sampleRate}; channels=1`;
  return {
    wav: 'audio/wav',
    // RFC 2046, 4.3: mu-law, one channel, 8 kHz.
    mulaw: 'audio/basic',
    alaw: 'audio/x-alaw-basic',
    mp3: 'audio/mpeg',
    opus: 'audio/ogg',
    aac: 'audio/aac',
    flac: 'audio/flac',
  }[format];
}

/** Sends it. Rejects, before any byte left, with what goes wrong before the first audio (whole: before the last). */
export async function sendSpeech(
  request: FastifyRequest,
  reply: FastifyReply,
  { format, speech, whole, directory }: SpeechReply,
): Promise<FastifyReply> {
  // It rejects along with the audio; whoever reads that reports it.
  speech.summary.catch(() => {});
  const signal = requestSignal(request);
  const { sampleRate } = speech;
  reply.header('x-vox-sample-rate', sampleRate);
  if (!whole) {
    const audio = await started(speech.audio, signal);
    return reply.type(audioType(format, sampleRate)).send(streamBody(audio));
  }
  const spooled = await spool(abortable(speech.audio, signal), { directory });
  // A client that goes before the first read leaves the reader unstarted, and what it would clean up.
  reply.raw.once('close', () => void spooled.dispose());
  try {
    const frames = spooled.bytes >> 1;
    const head = format === 'wav' ? wavHeader({ encoding: 's16', sampleRate, frames }) : new Uint8Array(0);
    const { processingMs } = await speech.summary;
    return reply
      .header('x-vox-processing-ms', String(Math.round(processingMs)))
      .type(audioType(format, sampleRate))
      .header('content-length', head.length + spooled.bytes)
      .send(streamBody(joined(head, spooled.read())));
  } catch (error) {
    await spooled.dispose();
    throw error;
  }
}

async function* joined(
  head: Uint8Array,
  rest: AsyncGenerator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void> {
  try {
    if (head.length > 0) yield head;
    yield* rest;
  } finally {
    await rest.return();
  }
}
