/** A recording for the wire: WAV becomes 16 kHz PCM here, other formats go as they are and the server decodes them. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { floatToInt16, Resampler, STREAM_FORMATS, sniff, WavDecoder } from '@vox-speech/audio';
import { UsageError } from './command.js';
import { requireFile } from './regular-file.js';

export interface AudioSource {
  /** `pcm16` at 16 kHz, or a container's name as the stream's configuration spells it. */
  readonly format: string;
  readonly audio: AsyncIterable<Uint8Array>;
}

/** Hz at which recognisers hear. */
export const SPEECH_RATE = 16_000;

/** Bytes of a message of an encoded file. */
const PIECE_BYTES = 64 * 1024;

/**
 * Opens a file, or `-` for standard input, where what has no header is taken as PCM16 at 16 kHz.
 * Throws UsageError for what is not there or can't be sent.
 * @param pieceMs length of a message of PCM
 */
export async function openAudioSource(input: string, pieceMs: number): Promise<AudioSource> {
  if (input === '-' && process.stdin.isTTY)
    throw new UsageError('standard input is a terminal: send audio in, or use --mic');
  if (input !== '-') await requireFile(input);
  const bytes: AsyncIterable<Uint8Array> =
    input === '-' ? process.stdin : createReadStream(input, { highWaterMark: PIECE_BYTES });
  const pieces = bytes[Symbol.asyncIterator]();
  const first = await pieces.next();
  if (first.done === true) throw new UsageError(`${input === '-' ? 'standard input' : input} is empty`);
  const all = (async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => pieces };
  })();
  const container = sniff(first.value);
  const pieceBytes = Math.max(2, Math.round((pieceMs * SPEECH_RATE) / 1000) * 2);
  if (container === 'wav' || container === 'rf64')
    return { format: 'pcm16', audio: inPieces(wavToPcm(all), pieceBytes) };
  const format = STREAM_FORMATS[container];
  if (format !== undefined) return { format, audio: all };
  if (input === '-' && container === 'unknown') return { format: 'pcm16', audio: inPieces(all, pieceBytes) };
  throw new UsageError(
    `${basename(input)} can't be sent bit by bit (wav, flac, mp3, ogg and webm can); vox run MODEL ${input} takes it whole`,
  );
}

async function* wavToPcm(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const wav = new WavDecoder();
  let resampler: Resampler | undefined;
  for await (const part of bytes) {
    const samples = wav.push(part);
    if (wav.header === undefined) continue;
    resampler ??= new Resampler(wav.header.format.sampleRate, SPEECH_RATE);
    yield floatToInt16(resampler.push(samples));
    if (wav.done) break;
  }
  wav.end();
  if (resampler !== undefined) yield floatToInt16(resampler.flush());
}

/** The same bytes, so many at a time. */
async function* inPieces(bytes: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let kept: Uint8Array[] = [];
  let length = 0;
  for await (const part of bytes) {
    let rest = part;
    while (length + rest.length >= size) {
      kept.push(rest.subarray(0, size - length));
      rest = rest.subarray(size - length);
      yield Buffer.concat(kept);
      kept = [];
      length = 0;
    }
    if (rest.length > 0) kept.push(rest);
    length += rest.length;
  }
  if (length > 0) yield Buffer.concat(kept);
}
