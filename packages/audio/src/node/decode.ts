/** Any audio file to raw PCM16, by the ffmpeg program: it sees untrusted bytes in a process of its own, bounded in time, size and memory. */
import { stat } from 'node:fs/promises';
import { VoxError } from '@vox-speech/contract';
import type { Container } from '../sniff.js';
import { COMMON_FLAGS, MessageTail, machineError, startFfmpeg, waitForExit } from './ffmpeg-process.js';

export interface DecodeOptions {
  /** Path of the program. */
  readonly ffmpeg: string;
  /** Path of the file to decode. */
  readonly input: string;
  /** What it was sniffed to be; ffmpeg is then held to that format instead of guessing. */
  readonly container?: Exclude<Container, 'unknown'>;
  /** Path to write to, created or overwritten; a reader may follow it. The caller removes it, also after an error. */
  readonly output: string;
  /** Hz of the output. */
  readonly sampleRate: number;
  /** Interleaved channels of the output, whatever the file has; default 1. */
  readonly channels?: number;
  /** Longer audio is decoded a little beyond this, so that the reader sees the limit passed. */
  readonly maxSeconds: number;
  /** Of the output. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /** Address space that ffmpeg may use; default 1 GiB. */
  readonly maxMemoryBytes?: number;
  readonly signal: AbortSignal;
}

/** ffmpeg's names of the demuxers. A format that can name other files (playlists, concat lists) must never be among them. */
const DEMUXERS: Readonly<Record<Exclude<Container, 'unknown'>, string>> = {
  wav: 'wav',
  rf64: 'wav',
  flac: 'flac',
  mp3: 'mp3',
  aac: 'aac',
  'ogg-vorbis': 'ogg',
  'ogg-opus': 'ogg',
  'ogg-flac': 'ogg',
  ogg: 'ogg',
  webm: 'matroska',
  matroska: 'matroska',
  mp4: 'mov',
  aiff: 'aiff',
  caf: 'caf',
  amr: 'amr',
  asf: 'asf',
  avi: 'avi',
  flv: 'flv',
  'mpeg-ts': 'mpegts',
  'mpeg-ps': 'mpeg',
};

/** The same as a list, with the short names by which ffmpeg matches. */
const ALLOWED = [...new Set(Object.values(DEMUXERS)), 'webm', 'mp4', 'm4a', 'mj2', '3gp', '3g2'].join(',');

/** Seconds past the limit that are still decoded, so that too long can be told from just long enough. */
const OVERRUN_SECONDS = 1;
/** Address space: measured, static builds of FFmpeg 7 and 9 decode FLAC within 150 and 300 MB; damaged headers ask for gigabytes. */
const DEFAULT_MEMORY_BYTES = 2 ** 30;
/** The largest single allocation ffmpeg may make: far above any audio packet. */
const MAX_ALLOC_BYTES = 2 ** 28;

function commandLine(options: DecodeOptions): string[] {
  const { container, input, output, sampleRate, channels = 1, maxSeconds, maxBytes } = options;
  return [
    ...COMMON_FLAGS,
    ...['-y', '-max_alloc', String(MAX_ALLOC_BYTES)],
    ...['-threads', '1', '-filter_threads', '1'],
    ...['-protocol_whitelist', 'file,pipe', '-format_whitelist', ALLOWED],
    ...(container === undefined ? [] : ['-f', DEMUXERS[container]]),
    ...['-i', `file:${input}`],
    ...['-map', '0:a:0', '-vn', '-sn', '-dn', '-map_metadata', '-1'],
    ...['-ac', String(channels), '-ar', String(sampleRate), '-c:a', 'pcm_s16le', '-threads', '1'],
    ...['-t', String(maxSeconds + OVERRUN_SECONDS), '-fs', String(maxBytes + 2 * sampleRate * channels)],
    ...['-flush_packets', '1', '-f', 's16le', `file:${output}`],
  ];
}

/** Node's timers hold 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Why a run is being ended before it is done. */
function stopReason(options: DecodeOptions): VoxError {
  return options.signal.aborted
    ? new VoxError('cancelled', 'cancelled while decoding', { cause: options.signal.reason })
    : new VoxError('timeout', `decoding took longer than ${options.timeoutMs} ms`);
}

/**
 * Decodes the first audio stream of a file to 16-bit little-endian samples without a header. Abort and timeout
 * kill the program at once; it is gone when the promise settles.
 * @returns bytes written, at least one sample's
 * @throws VoxError `unsupported_media` with ffmpeg's last words, `empty_audio`, `too_large` past `maxBytes`, `timeout`, `cancelled`,
 * `disk_full`, `ffmpeg_missing`
 */
export async function decodeToPcm16(options: DecodeOptions): Promise<{ readonly bytes: number }> {
  const { ffmpeg, input, output, timeoutMs, maxBytes, signal } = options;
  if (signal.aborted) throw stopReason(options);
  const child = startFfmpeg(
    ffmpeg,
    commandLine(options),
    { memoryBytes: options.maxMemoryBytes ?? DEFAULT_MEMORY_BYTES, cpuSeconds: timeoutMs / 1000 },
    ['ignore', 'ignore', 'pipe'],
  );
  const tail = child.stderr === null ? undefined : new MessageTail(child.stderr);
  let stopped: VoxError | undefined;
  const stop = () => {
    stopped ??= stopReason(options);
    child.kill('SIGKILL');
  };
  const timer = setTimeout(stop, Math.min(timeoutMs, LONGEST_TIMER_MS));
  signal.addEventListener('abort', stop, { once: true });
  try {
    const exit = await waitForExit(child, ffmpeg);
    if (stopped !== undefined) throw stopped;
    if (exit.code !== 0) {
      const words = tail?.summary([input, output]) || `ffmpeg ended with ${exit.signal ?? exit.code}`;
      throw (
        machineError(exit, tail?.text ?? '') ??
        new VoxError('unsupported_media', `the audio could not be decoded: ${words}`)
      );
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
  const { size: bytes } = await stat(output);
  if (bytes > maxBytes)
    throw new VoxError('too_large', `the decoded audio is larger than the limit of ${maxBytes} bytes`);
  if (bytes < 2) throw new VoxError('empty_audio', 'the file holds no samples');
  return { bytes };
}
