/**
 * The samples of one upload, mono, at the upload's own rate: the session resamples, because only it knows what came before
 * and what comes after, so that no seam is heard. Plain samples are only read here; everything else is decoded in a thread
 * or by the ffmpeg program.
 */
import { open, readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import {
  isReadableWav,
  isWav,
  type RawFormat,
  SAMPLE_BYTES,
  SNIFF_BYTES,
  STREAM_FORMATS,
  sniff,
  statedRate,
  WavHeaderParser,
} from '@vox-speech/audio';
import { type ErrorRecord, fromRecord, VoxError } from '@vox-speech/contract';
import type { Runtime } from '../../runtime/types.js';
import type { UploadedFile } from '../../transport/index.js';

/** PCM16, little-endian, mono. */
export interface UploadedPcm {
  readonly pcm: Uint8Array;
  /** Hz. */
  readonly sampleRate: number;
}

/** What the thread reads. */
export interface ThreadTask {
  readonly path: string;
  readonly format: 'wav' | 'pcm16' | 'f32';
  readonly sampleRate: number;
  readonly channels: number;
  readonly maxSeconds: number;
}

/** What it says, once. */
export type ThreadAnswer = { readonly pcm: Uint8Array } | { readonly error: ErrorRecord };

/** An upload of which the beginning was read. */
interface Opened {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly head: Uint8Array;
  whole(): Promise<Uint8Array>;
}

/** Hz of a container that does not say. */
const USUAL_RATE = 16_000;
/** Bytes that one upload may decode to: 4.6 h at 8 kHz, 46 min at 48 kHz. */
const MAX_PCM_BYTES = 256 * 1024 * 1024;
/** Files up to here are read in one go, in bytes: half a minute at 16 kHz. */
const AT_ONCE_BYTES = 1024 * 1024;

/**
 * @param raw what the client says of samples without a header; a WAV header stands above it
 * @throws VoxError `empty_audio`, `unsupported_media`, `ffmpeg_missing`, `too_large`, `cancelled`; `invalid_request` for samples
 * of several channels or of floats that are cut within a frame
 */
export async function pcmOf(
  runtime: Pick<Runtime, 'decodeStream'>,
  { path, bytes: size }: Pick<UploadedFile, 'path' | 'bytes'>,
  raw: RawFormat | undefined,
  signal: AbortSignal,
): Promise<UploadedPcm> {
  const read = await beginningOf(path, size);
  const head = read.subarray(0, SNIFF_BYTES);
  const whole = async (): Promise<Uint8Array> =>
    read.length === size ? read : await readFile(path, { signal });
  const upload: Opened = { path, size, head, whole };
  if (raw !== undefined && !isWav(head)) return plain(upload, raw, signal);
  const container = sniff(head);
  if ((container === 'wav' || container === 'rf64') && isReadableWav(head)) return wav(upload, signal);
  const format = STREAM_FORMATS[container];
  if (format === undefined)
    throw new VoxError(
      'unsupported_media',
      'the format of the file is not supported: send WAV, FLAC, MP3, OGG or WebM, or samples without a header with their rate (Content-Type: audio/L16; rate=8000)',
      { param: 'file' },
    );
  const sampleRate = statedRate(head, container) ?? USUAL_RATE;
  const decoder = await runtime.decodeStream({ format, sampleRate, signal });
  const file = await whole();
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const feed = decoder
    .write(file)
    .then(() => decoder.end())
    // Its output says why.
    .catch(() => {});
  for await (const part of decoder.output) {
    bytes += part.length;
    if (bytes > MAX_PCM_BYTES) throw tooLong();
    parts.push(part);
  }
  await feed;
  if (bytes === 0) throw new VoxError('empty_audio', 'the file holds no samples', { param: 'file' });
  return { pcm: Buffer.concat(parts), sampleRate };
}

function tooLong(): VoxError {
  return new VoxError('too_large', 'one upload of a session holds too much audio: send it in parts', {
    param: 'file',
  });
}

/** Samples without a header. Half a sample goes on in the next upload; of a wider frame no half is taken. */
async function plain(
  { path, size, whole }: Opened,
  raw: RawFormat,
  signal: AbortSignal,
): Promise<UploadedPcm> {
  const { encoding, sampleRate, channels } = raw;
  if (encoding === 'pcm16' && channels === 1) return { pcm: await whole(), sampleRate };
  const frame = SAMPLE_BYTES[encoding === 'f32' ? 'f32' : 's16'] * channels;
  if (size % frame !== 0)
    throw new VoxError(
      'invalid_request',
      `the file has ${size} bytes, which is no whole number of frames of ${frame} bytes: cut the audio between frames`,
      { param: 'file' },
    );
  return inThread(
    { path, format: encoding, sampleRate, channels, maxSeconds: maxSeconds(sampleRate) },
    signal,
  );
}

async function wav({ path, head, whole }: Opened, signal: AbortSignal): Promise<UploadedPcm> {
  const parser = new WavHeaderParser();
  parser.push(head);
  const { header } = parser;
  // Its header goes on beyond what was looked at.
  const { sampleRate = USUAL_RATE, channels = 1, encoding } = header?.format ?? {};
  if (header === undefined || encoding !== 's16' || channels !== 1) {
    const rate = header === undefined ? USUAL_RATE : sampleRate;
    const task = { path, format: 'wav', sampleRate: rate, channels, maxSeconds: maxSeconds(rate) } as const;
    return inThread(task, signal);
  }
  const file = await whole();
  const stated = header.dataOffset + (header.dataBytes ?? file.length);
  const end = Math.min(stated, file.length);
  // A trailing odd byte is no sample.
  const pcm = file.subarray(header.dataOffset, end - ((end - header.dataOffset) & 1));
  if (pcm.length === 0) throw new VoxError('empty_audio', 'the WAV holds no samples', { param: 'file' });
  return { pcm, sampleRate };
}

function maxSeconds(sampleRate: number): number {
  return MAX_PCM_BYTES / (2 * sampleRate);
}

/** Decodes beside the event loop. */
function inThread(task: ThreadTask, signal: AbortSignal): Promise<UploadedPcm> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./pcm-thread.js', import.meta.url), { workerData: task });
    const stop = (): void => {
      reject(VoxError.from(signal.reason));
      void thread.terminate();
    };
    signal.addEventListener('abort', stop, { once: true });
    thread.once('message', (answer: ThreadAnswer) => {
      if ('error' in answer) reject(fromRecord(answer.error));
      else resolve({ pcm: answer.pcm, sampleRate: task.sampleRate });
    });
    thread.once('error', reject);
    thread.once('exit', () => {
      signal.removeEventListener('abort', stop);
      reject(new VoxError('internal', 'the thread that decodes uploads ended without an answer'));
    });
    if (signal.aborted) stop();
  });
}

/** All of a short file, else what its format is told by. */
async function beginningOf(path: string, size: number): Promise<Uint8Array> {
  const length = size <= AT_ONCE_BYTES ? size : SNIFF_BYTES;
  const file = await open(path, 'r');
  try {
    // Of its own, because what is in it may be kept for long.
    const buffer = Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await file.read(buffer, 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
