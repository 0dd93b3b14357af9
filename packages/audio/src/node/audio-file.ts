/** The samples of a file on disk, possibly still being written, in constant memory. */
import { type FileHandle, open } from 'node:fs/promises';
import { VoxError } from '@vox-speech/contract';
import { FrameDecoder } from '../frames.js';
import { SAMPLE_BYTES } from '../pcm.js';
import type { RawEncoding } from '../raw-format.js';
import { Resampler } from '../resample.js';
import { WavDecoder } from '../wav-decoder.js';
import { WavHeaderParser } from '../wav-header.js';
import type { GrowingFile } from './growing.js';

export interface AudioFileOptions {
  readonly path: string;
  /** `wav`: any WAV that this package reads. `pcm16`, `f32`: little-endian integers or floats without a header. */
  readonly format: 'wav' | RawEncoding;
  /** Hz of a file without a header; default 16000. A WAV says its own. */
  readonly sampleRate?: number;
  /** Interleaved channels of a file without a header; default 1. */
  readonly channels?: number;
  /** Only this channel is read, 0 = the first; absent = the mean of all. */
  readonly channel?: number;
  /** Hz of the samples that come out; default 16000. */
  readonly outputRate?: number;
  /** Longer audio is refused. */
  readonly maxSeconds: number;
  /** The writer's side, when the file still grows. It may appear after the reader starts. */
  readonly growing?: GrowingFile;
  readonly signal: AbortSignal;
}

const DEFAULT_RATE = 16_000;
/** Bytes of one read: a second of 48 kHz stereo, so that a read is neither a system call a word nor a jump in memory. */
const READ_BYTES = 192 * 1024;
/** Milliseconds between two looks at a file that grows: short beside any decode, and file watching misses changes on some file systems. */
const POLL_MS = 20;

/** Either decoder, reduced to what the reader needs. */
interface Decoder {
  push(bytes: Uint8Array): Float32Array;
  end(): void;
  readonly done: boolean;
  readonly sampleRate: number | undefined;
  /** Seconds that the header promises of a file with this many bytes; undefined when it does not say. */
  promised(fileBytes: number): number | undefined;
}

function wavDecoder(only: number | undefined): Decoder {
  const wav = new WavDecoder(only);
  return {
    push: (bytes) => wav.push(bytes),
    end: () => wav.end(),
    get done() {
      return wav.done;
    },
    get sampleRate() {
      return wav.header?.format.sampleRate;
    },
    promised(fileBytes) {
      if (wav.header === undefined) return undefined;
      const { format, dataOffset, dataBytes } = wav.header;
      const bytes = Math.min(dataBytes ?? Number.POSITIVE_INFINITY, fileBytes - dataOffset);
      return bytes / format.frameBytes / format.sampleRate;
    },
  };
}

function rawDecoder(
  encoding: 's16' | 'f32',
  sampleRate: number,
  channels: number,
  only: number | undefined,
): Decoder {
  const frames = new FrameDecoder(encoding, channels, only);
  let samples = 0;
  return {
    push(bytes) {
      const decoded = frames.push(bytes);
      samples += decoded.length;
      return decoded;
    },
    end() {
      if (samples === 0) throw new VoxError('empty_audio', 'the file holds no samples');
    },
    done: false,
    sampleRate,
    promised: (fileBytes) => fileBytes / SAMPLE_BYTES[encoding] / channels / sampleRate,
  };
}

/** Gathers samples into arrays of one second. */
class Blocks {
  readonly #size: number;
  #block: Float32Array;
  #filled = 0;

  constructor(size: number) {
    this.#size = size;
    this.#block = new Float32Array(size);
  }

  *add(samples: Float32Array): Generator<Float32Array> {
    for (let at = 0; at < samples.length; ) {
      const taken = Math.min(this.#size - this.#filled, samples.length - at);
      this.#block.set(samples.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === this.#size) yield* this.take();
    }
  }

  /** What there is, if anything. */
  *take(): Generator<Float32Array> {
    if (this.#filled === 0) return;
    const block = this.#block.subarray(0, this.#filled);
    this.#block = new Float32Array(this.#size);
    this.#filled = 0;
    yield block;
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted)
    throw new VoxError('cancelled', 'cancelled while reading audio', { cause: signal.reason });
}

/** Opens the file; one that is to grow may not be there yet. */
async function openFile(options: AudioFileOptions): Promise<FileHandle> {
  const { path, growing, signal } = options;
  for (;;) {
    throwIfAborted(signal);
    const last = growing?.ended ?? true;
    try {
      return await open(path, 'r');
    } catch (error) {
      growing?.check();
      if (growing === undefined || last || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    await growing.wait(POLL_MS, signal);
  }
}

/** The bytes of the file as they come; an empty array means that the writer is being waited for. The array is used again. */
async function* readBytes(file: FileHandle, options: AudioFileOptions): AsyncGenerator<Uint8Array> {
  const { growing, signal } = options;
  const buffer = new Uint8Array(READ_BYTES);
  for (let at = 0; ; ) {
    throwIfAborted(signal);
    // Asked before the read: what the writer added before it ended is then surely read.
    const last = growing?.ended ?? true;
    growing?.check();
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    at += bytesRead;
    if (bytesRead > 0 || !last) yield buffer.subarray(0, bytesRead);
    if (bytesRead === 0 && last) return;
    if (bytesRead === 0) await growing?.wait(POLL_MS, signal);
  }
}

/**
 * Reads a file as mono samples at `outputRate`, in new arrays of one second; the last one is shorter, and so are
 * those before a wait for the writer. Leaving the loop early closes the file.
 * @throws VoxError `unsupported_media` or `empty_audio` for the content, `too_large` as soon as the audio is known to be
 * longer than `maxSeconds`, `cancelled` when the signal aborts, the writer's error when it failed; a file system error as it is
 */
export async function* readAudioFile(
  options: AudioFileOptions,
): AsyncGenerator<Float32Array, void, undefined> {
  const { format, sampleRate = DEFAULT_RATE, channels = 1, maxSeconds, growing } = options;
  const { outputRate = DEFAULT_RATE, channel } = options;
  const file = await openFile(options);
  try {
    const decoder =
      format === 'wav'
        ? wavDecoder(channel)
        : rawDecoder(format === 'f32' ? 'f32' : 's16', sampleRate, channels, channel);
    // A file that is whole tells its length before it is decoded; one that grows is counted.
    const fileBytes = growing === undefined ? (await file.stat()).size : undefined;
    const blocks = new Blocks(outputRate);
    let resampler: Resampler | undefined;
    let samples = 0;
    for await (const bytes of readBytes(file, options)) {
      const decoded = decoder.push(bytes);
      const rate = decoder.sampleRate;
      if (resampler === undefined && rate !== undefined) {
        resampler = new Resampler(rate, outputRate);
        if (fileBytes !== undefined) limit(decoder.promised(fileBytes) ?? 0, maxSeconds);
      }
      samples += decoded.length;
      if (rate !== undefined) limit(samples / rate, maxSeconds);
      if (resampler !== undefined) yield* blocks.add(resampler.push(decoded));
      if (decoder.done) break;
      if (bytes.length === 0) yield* blocks.take();
    }
    decoder.end();
    if (resampler !== undefined) yield* blocks.add(resampler.flush());
    yield* blocks.take();
  } finally {
    await file.close();
  }
}

/**
 * Interleaved channels of a file; waits for the header of one that is still being written.
 * @throws VoxError `unsupported_media`, `empty_audio` where it ends before its header does; as `readAudioFile`
 */
export async function countChannels(options: AudioFileOptions): Promise<number> {
  if (options.format !== 'wav') return options.channels ?? 1;
  const file = await openFile(options);
  try {
    const parser = new WavHeaderParser();
    for await (const bytes of readBytes(file, options)) {
      parser.push(bytes);
      if (parser.header !== undefined) return parser.header.format.channels;
    }
    parser.end();
    throw new VoxError('empty_audio', 'the WAV holds no samples');
  } finally {
    await file.close();
  }
}

function limit(seconds: number, maxSeconds: number): void {
  if (seconds > maxSeconds)
    throw new VoxError('too_large', `the audio is longer than the limit of ${maxSeconds} seconds`);
}
