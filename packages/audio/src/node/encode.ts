/** Raw PCM16 to compressed audio, as it is made or whole, by the ffmpeg program. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { VoxError } from '@vox-speech/contract';
import {
  COMMON_FLAGS,
  type Exit,
  MessageTail,
  machineError,
  startFfmpeg,
  waitForExit,
} from './ffmpeg-process.js';

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

export interface Encoder {
  /**
   * Takes mono 16-bit little-endian samples; resolves when more may come. One call at a time.
   * @throws VoxError `cancelled`, or why the program ended
   */
  write(pcm16: Uint8Array): Promise<void>;
  /** No more samples; the rest of the output follows. */
  end(): void;
  /** The encoded bytes; read once. Leaving the loop early ends the program. Throws as `write` does. */
  readonly output: AsyncIterable<Uint8Array>;
}

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
  if (signal.aborted) throw new VoxError('cancelled', 'cancelled while encoding', { cause: signal.reason });
  const limits = { memoryBytes: MEMORY_BYTES, cpuSeconds: CPU_SECONDS };
  const child = startFfmpeg(ffmpeg, commandLine(options), limits, ['pipe', 'pipe', 'pipe']);
  const input = child.stdin as Writable;
  const output = child.stdout as Readable;
  const tail = new MessageTail(child.stderr as Readable);
  const kill = () => {
    child.kill('SIGKILL');
    // Bytes that nobody will read would keep the pipe, and so the exit, waiting.
    output.destroy();
  };
  signal.addEventListener('abort', kill, { once: true });
  // A program that died shows as EPIPE here; why it died is told by its exit.
  input.on('error', () => {});

  const verdict = (exit: Exit): VoxError | undefined => {
    if (signal.aborted)
      return new VoxError('cancelled', 'cancelled while encoding', { cause: signal.reason });
    if (exit.code === 0) return undefined;
    const words = tail.summary([]) || `it ended with ${exit.signal ?? exit.code}`;
    return (
      machineError(exit, tail.text) ?? new VoxError('internal', `ffmpeg could not write ${format}: ${words}`)
    );
  };
  const finished = waitForExit(child, ffmpeg)
    .then(verdict, (error: VoxError) => error)
    .finally(() => signal.removeEventListener('abort', kill));

  async function write(pcm16: Uint8Array): Promise<void> {
    if (signal.aborted || child.exitCode !== null || input.destroyed) throw await failure();
    if (input.write(pcm16)) return;
    await Promise.race([once(input, 'drain', { signal }).catch(() => {}), finished]);
    if (signal.aborted || child.exitCode !== null || input.destroyed) throw await failure();
  }

  async function failure(): Promise<VoxError> {
    return (await finished) ?? new VoxError('internal', 'ffmpeg ended before all samples were written');
  }

  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of output) yield chunk as Uint8Array;
    } catch (error) {
      throw (await finished) ?? error;
    } finally {
      // Reached by leaving early too.
      if (!output.readableEnded) kill();
    }
    const error = await finished;
    if (error !== undefined) throw error;
    if (file !== undefined) yield* createReadStream(file, { signal });
  }

  return { write, end: () => void input.end(), output: read() };
}
