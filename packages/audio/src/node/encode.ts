/** Raw PCM16 to compressed audio, as it is made or whole, by the ffmpeg program. */
import { createReadStream } from 'node:fs';
import { VoxError } from '@vox-speech/contract';
import { type FfmpegPipe, openFfmpegPipe } from './ffmpeg-pipe.js';
import { COMMON_FLAGS } from './ffmpeg-process.js';

export type EncodedFormat = 'mp3' | 'opus' | 'aac' | 'flac';

export interface EncodeOptions {
  /** Path of the program. */
  readonly ffmpeg: string;
  readonly format: EncodedFormat;
  /** Hz of the samples that are written. */
  readonly sampleRate: number;
  /**
   * Path of a file to write first, created or overwritten, so that ffmpeg can go back and state the true length in the
   * header; the output follows when it is whole. The caller removes it, also after an error. Absent = over a pipe, at once.
   */
  readonly file?: string;
  /** Aborting kills the program. The encoder lives until its output ends or this aborts: give it a deadline. */
  readonly signal: AbortSignal;
}

/** Takes mono 16-bit little-endian samples, gives encoded bytes. */
export type Encoder = FfmpegPipe;

/**
 * MP3 at 128 kbit/s constant, the original's choice. Opus in Ogg pages of 20 ms, so that a listener hears at once. AAC in ADTS, which
 * needs no header. A streamed FLAC says nothing of its length, as it can not go back, and a streamed MP3 has no Xing frame.
 */
const FORMAT_FLAGS: Readonly<Record<EncodedFormat, readonly string[]>> = {
  mp3: ['-c:a', 'libmp3lame', '-b:a', '128k', '-id3v2_version', '0', '-f', 'mp3'],
  opus: ['-c:a', 'libopus', '-b:a', '64k', '-application', 'voip', '-page_duration', '20000', '-f', 'ogg'],
  aac: ['-c:a', 'aac', '-b:a', '96k', '-f', 'adts'],
  flac: ['-c:a', 'flac', '-sample_fmt', 's16', '-f', 'flac'],
};

/** To a pipe: each packet at once, and no room for a Xing frame that nobody could fill in. */
function streamFlags(format: EncodedFormat): readonly string[] {
  return [...(format === 'mp3' ? ['-write_xing', '0'] : []), '-flush_packets', '1', 'pipe:1'];
}

/** Address space: as for decoding; encoders need less. */
const MEMORY_BYTES = 2 ** 30;
/** Processor time: hundreds of hours of speech; only a program that has lost its way comes here. */
const CPU_SECONDS = 3600;

/**
 * Little probing, so that audio flows at once. Never `-fflags nobuffer`: it drops what was probed, the first 2048 samples.
 */
function commandLine(options: EncodeOptions): string[] {
  return [
    ...COMMON_FLAGS,
    ...['-protocol_whitelist', 'pipe', '-probesize', '32', '-analyzeduration', '0'],
    ...['-f', 's16le', '-ar', String(options.sampleRate), '-ac', '1', '-i', 'pipe:0'],
    ...['-filter_threads', '1', '-threads', '1', '-map_metadata', '-1'],
    ...FORMAT_FLAGS[options.format],
    ...(options.file === undefined ? streamFlags(options.format) : ['-y', `file:${options.file}`]),
  ];
}

/**
 * Starts an encoder. What is written comes out within some tens of milliseconds, without waiting for the end; when nobody
 * reads the output, `write` stops resolving, so memory stays bounded.
 * @throws VoxError `cancelled` when the signal has aborted already; `ffmpeg_missing` comes from `write` and `output`
 */
export function encodeStream(options: EncodeOptions): Encoder {
  const { ffmpeg, format, file, signal } = options;
  const pipe = openFfmpegPipe({
    ffmpeg,
    args: commandLine(options),
    limits: { memoryBytes: MEMORY_BYTES, cpuSeconds: CPU_SECONDS },
    doing: 'encoding',
    failed: (words) => new VoxError('internal', `ffmpeg could not write ${format}: ${words}`),
    signal,
  });
  if (file === undefined) return pipe;
  async function* whole(path: string): AsyncGenerator<Uint8Array> {
    // Nothing comes through the pipe: it tells when the file is whole, or why it isn't.
    yield* pipe.output;
    yield* createReadStream(path, { signal });
  }
  return { ...pipe, output: whole(file) };
}
