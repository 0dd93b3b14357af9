/**
 * Incremental parser of everything before the samples of a RIFF/WAVE file, and of its 64-bit forms RF64 (EBU Tech
 * 3306) and BW64 (ITU-R BS.2088). No I/O: bytes come in cut anywhere; chunks that mean nothing to us are skipped
 * unread, however long.
 */
import { VoxError } from '@vox-speech/contract';
import { MAX_FMT_BYTES, parseFmt, type WavFormat } from './wav-format.js';

/** What lies before the samples. */
export interface WavHeader {
  readonly format: WavFormat;
  /** Offset of the first sample in the file, bytes. */
  readonly dataOffset: number;
  /** Bytes of samples that the header states; undefined = to the end of the file. The file may be shorter. */
  readonly dataBytes: number | undefined;
}

/** A size that a writer leaves behind which can not go back. */
const UNKNOWN_SIZE = 0xffffffff;
const RIFF_BYTES = 12;
const CHUNK_BYTES = 8;
/** RIFF size and data size, 8 bytes each; the sample count and the table that follow are not needed. */
const DS64_BYTES = 16;

type State = 'riff' | 'chunk' | 'fmt' | 'ds64' | 'skip' | 'done';

function fourCharacters(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

/** True when these first 12 bytes are those of a WAV, in its 32-bit or 64-bit form. */
export function isWav(head: Uint8Array): boolean {
  if (head.length < RIFF_BYTES || fourCharacters(head, 8) !== 'WAVE') return false;
  return ['RIFF', 'RF64', 'BW64'].includes(fourCharacters(head, 0));
}

/**
 * Whether a WAV can be decoded here, by its first bytes. False for codecs that only ffmpeg reads, such as ADPCM, and for
 * what is no WAV; true also when the bytes do not reach the `fmt ` chunk, for then the decoder will tell.
 */
export function isReadableWav(head: Uint8Array): boolean {
  try {
    new WavHeaderParser().push(head);
    return isWav(head);
  } catch {
    return false;
  }
}

/** Feed it the start of a file until it returns a header. */
export class WavHeaderParser {
  #state: State = 'riff';
  /** The fixed-size piece that is being collected, and how much of it is wanted. */
  readonly #piece = new Uint8Array(MAX_FMT_BYTES);
  #wanted = RIFF_BYTES;
  #have = 0;
  /** Bytes still to skip: the rest of a chunk and its padding. */
  #skip = 0;
  /** Bytes consumed since the start of the file. */
  #offset = 0;
  #wide = false;
  #wideDataBytes: number | undefined;
  #format: WavFormat | undefined;
  #header: WavHeader | undefined;

  /** The header, once it is whole. */
  get header(): WavHeader | undefined {
    return this.#header;
  }

  /**
   * Consumes bytes up to the first sample.
   * @returns how many of `bytes` belong to the header; when `header` is set, the rest are samples
   * @throws VoxError `unsupported_media` when this is no WAV or one with a codec that is not read
   */
  push(bytes: Uint8Array): number {
    let at = 0;
    while (this.#state !== 'done') {
      const left = bytes.length - at;
      if (this.#state === 'skip') {
        const skipped = Math.min(this.#skip, left);
        this.#skip -= skipped;
        at += skipped;
        this.#offset += skipped;
        if (this.#skip > 0) break;
        this.#collect('chunk', CHUNK_BYTES);
        continue;
      }
      const taken = Math.min(this.#wanted - this.#have, left);
      this.#piece.set(bytes.subarray(at, at + taken), this.#have);
      this.#have += taken;
      at += taken;
      this.#offset += taken;
      if (this.#have < this.#wanted) break;
      this.#step();
    }
    return at;
  }

  /**
   * Call when the file ended before the header did.
   * @throws VoxError `empty_audio` when there was no byte at all, `unsupported_media` when the header is cut off
   */
  end(): void {
    if (this.#header !== undefined) return;
    if (this.#offset === 0) throw new VoxError('empty_audio', 'the file is empty');
    if (this.#state === 'riff') throw new VoxError('unsupported_media', 'the bytes are not a WAV file');
    throw new VoxError('unsupported_media', 'the WAV ends before its data chunk');
  }

  #collect(state: State, bytes: number): void {
    this.#state = state;
    this.#wanted = bytes;
    this.#have = 0;
  }

  #step(): void {
    const piece = this.#piece.subarray(0, this.#wanted);
    if (this.#state === 'riff') {
      if (!isWav(piece)) throw new VoxError('unsupported_media', 'the bytes are not a WAV file');
      this.#wide = fourCharacters(piece, 0) !== 'RIFF';
      this.#collect('chunk', CHUNK_BYTES);
    } else if (this.#state === 'chunk') {
      this.#openChunk(piece);
    } else {
      if (this.#state === 'fmt') this.#format = parseFmt(piece);
      else this.#readWideSizes(piece);
      this.#state = 'skip';
    }
  }

  #openChunk(piece: Uint8Array): void {
    const name = fourCharacters(piece, 0);
    const size = new DataView(piece.buffer, piece.byteOffset).getUint32(4, true);
    if (name === 'data') {
      this.#openData(size);
      return;
    }
    // Chunks are padded to an even length; the padding is not in the size.
    const padded = size + (size & 1);
    const wanted = name === 'fmt ' ? Math.min(size, MAX_FMT_BYTES) : DS64_BYTES;
    const read = name === 'fmt ' ? size > 0 : name === 'ds64' && this.#wide && size >= DS64_BYTES;
    this.#skip = read ? padded - wanted : padded;
    if (read) this.#collect(name === 'fmt ' ? 'fmt' : 'ds64', wanted);
    else this.#state = 'skip';
  }

  #readWideSizes(piece: Uint8Array): void {
    const view = new DataView(piece.buffer, piece.byteOffset);
    const bytes = view.getUint32(12, true) * 2 ** 32 + view.getUint32(8, true);
    // Writers of streams leave all bits set here too.
    this.#wideDataBytes = Number.isSafeInteger(bytes) ? bytes : undefined;
  }

  #openData(size: number): void {
    if (this.#format === undefined)
      throw new VoxError('unsupported_media', 'the WAV has no fmt chunk before its data chunk');
    const stated = size === UNKNOWN_SIZE ? this.#wideDataBytes : size;
    this.#header = {
      format: this.#format,
      dataOffset: this.#offset,
      dataBytes: stated === undefined || stated === 0 ? undefined : stated,
    };
    this.#state = 'done';
  }
}
