/** Encoded audio that comes bit by bit, to raw PCM16, by the ffmpeg program over pipes. */
import { VoxError } from '@vox-speech/contract';
import type { StreamFormat } from '../sniff.js';
import { type FfmpegPipe, openFfmpegPipe } from './ffmpeg-pipe.js';
import { COMMON_FLAGS } from './ffmpeg-process.js';

export interface StreamDecodeOptions {
  /** Path of the program. */
  readonly ffmpeg: string;
  /** What the bytes are said to be; ffmpeg is held to it. */
  readonly format: StreamFormat;
  /** Hz of the samples that come out. */
  readonly sampleRate: number;
  /** Aborting kills the program. It lives until its output ends or this aborts. */
  readonly signal: AbortSignal;
}

/** Takes encoded bytes, cut anywhere; gives mono 16-bit little-endian samples. */
export type StreamDecoder = FfmpegPipe;

const DEMUXERS: Readonly<Record<StreamFormat, string>> = {
  wav: 'wav',
  flac: 'flac',
  mp3: 'mp3',
  ogg: 'ogg',
  webm: 'matroska',
};

/** Address space: as for files. */
const MEMORY_BYTES = 2 ** 30;
/** The largest single allocation: as for files. */
const MAX_ALLOC_BYTES = 2 ** 28;
/** Processor time: some thousand hours of audio; only a program that has lost its way comes here. */
const CPU_SECONDS = 3600;

/** Probing looks at a few packets only, so that a live stream is heard at once. */
function commandLine({ format, sampleRate }: StreamDecodeOptions): string[] {
  return [
    ...COMMON_FLAGS,
    ...['-max_alloc', String(MAX_ALLOC_BYTES), '-threads', '1', '-filter_threads', '1'],
    ...['-protocol_whitelist', 'pipe', '-probesize', '32768', '-analyzeduration', '100000'],
    ...['-f', DEMUXERS[format], '-i', 'pipe:0'],
    ...['-map', '0:a:0', '-vn', '-sn', '-dn', '-map_metadata', '-1'],
    ...['-ac', '1', '-ar', String(sampleRate), '-c:a', 'pcm_s16le', '-threads', '1'],
    ...['-flush_packets', '1', '-f', 's16le', 'pipe:1'],
  ];
}

/**
 * Starts a decoder of one stream.
 * @throws VoxError `cancelled` when the signal has aborted already; `unsupported_media` with ffmpeg's last words, and
 * `ffmpeg_missing`, come from `write` and `output`
 */
export function openStreamDecoder(options: StreamDecodeOptions): StreamDecoder {
  return openFfmpegPipe({
    ffmpeg: options.ffmpeg,
    args: commandLine(options),
    limits: { memoryBytes: MEMORY_BYTES, cpuSeconds: CPU_SECONDS },
    doing: 'decoding',
    failed: (words) =>
      new VoxError('unsupported_media', `the audio is no ${options.format} that can be read: ${words}`),
    signal: options.signal,
  });
}
