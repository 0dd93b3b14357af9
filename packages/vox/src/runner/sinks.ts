/** Where spoken samples go: raw bytes, a WAV stream, or an encoder. */
import { rm } from 'node:fs/promises';
import { encodeSamples, floatToInt16, wavHeader } from '@vox-speech/audio';
import { type EncodeOptions, encodeStream } from '@vox-speech/audio/node';
import { VoxError } from '@vox-speech/contract';
import type { SpeechOutput } from '../messages/index.js';

export interface Sink {
  /** Resolves when more may come. */
  write(samples: Float32Array): Promise<void>;
  /** Resolves when the last byte has left. */
  end(): Promise<void>;
  /** Gives up. Idempotent; also after `end`. */
  destroy(): void;
}

/** Bytes of one message: 0.2-0.4 s of PCM16, so that a reader gets a steady flow and credit can be fine. */
const PIECE_BYTES = 16 * 1024;

/** Hands bytes on; resolves when more may come. */
export type Emit = (bytes: Uint8Array) => Promise<void>;

/**
 * The sink for a format.
 * @param sampleRate Hz of the samples that will be written
 * @throws VoxError `ffmpeg_missing` when an encoder is wanted and no program was given
 */
export function openSink(output: SpeechOutput, sampleRate: number, emit: Emit, signal: AbortSignal): Sink {
  const emitAll = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) await emit(bytes.subarray(at, at + PIECE_BYTES));
  };
  if (output.format === 'wav' || output.format === 'pcm') {
    const header =
      output.format === 'wav' && output.wavHeader === 'stream'
        ? wavHeader({ encoding: 's16', sampleRate })
        : undefined;
    return rawSink(header, floatToInt16, emitAll);
  }
  if (output.format === 'mulaw' || output.format === 'alaw') {
    const law = output.format;
    return rawSink(undefined, (samples) => encodeSamples(samples, law), emitAll);
  }
  if (output.ffmpeg === undefined)
    throw new VoxError('ffmpeg_missing', `${output.format} needs the ffmpeg program: vox pull ffmpeg`, {
      param: 'response_format',
    });
  const { ffmpeg, format, file } = output;
  return encodedSink(
    { ffmpeg, format, sampleRate, ...(file === undefined ? {} : { file }) },
    emitAll,
    signal,
  );
}

function rawSink(
  header: Uint8Array | undefined,
  encode: (samples: Float32Array) => Uint8Array,
  emit: Emit,
): Sink {
  let first = header;
  return {
    async write(samples) {
      const body = encode(samples);
      if (first === undefined) return emit(body);
      const bytes = new Uint8Array(first.length + body.length);
      bytes.set(first);
      bytes.set(body, first.length);
      first = undefined;
      await emit(bytes);
    },
    async end() {
      if (first !== undefined) await emit(first);
    },
    destroy: () => {},
  };
}

function encodedSink(options: Omit<EncodeOptions, 'signal'>, emit: Emit, signal: AbortSignal): Sink {
  const stop = new AbortController();
  const encoder = encodeStream({ ...options, signal: AbortSignal.any([signal, stop.signal]) });
  const drained = (async () => {
    try {
      for await (const bytes of encoder.output) await emit(bytes);
    } finally {
      // Here the program is gone and makes no new one.
      if (options.file !== undefined) await rm(options.file, { force: true });
    }
  })();
  // Met by `end`, or by a `write` that the encoder's death rejects.
  drained.catch(() => {});
  return {
    write: (samples) => encoder.write(floatToInt16(samples)),
    async end() {
      encoder.end();
      await drained;
    },
    destroy: () => stop.abort(),
  };
}
