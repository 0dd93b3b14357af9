/** WAV bytes in, mono floats out, in constant memory and without I/O. */
import { VoxError } from '@vox-speech/contract';
import { FrameDecoder } from './frames.js';
import { type WavHeader, WavHeaderParser } from './wav-header.js';

const NO_SAMPLES = new Float32Array(0);

/**
 * Decodes a WAV that arrives cut at any byte: every PCM width, floats, A-law and mu-law, plain, extensible or 64-bit.
 * Sizes that are unknown, zero or larger than the file mean "to the end".
 */
export class WavDecoder {
  readonly #parser = new WavHeaderParser();
  readonly #only: number | undefined;
  #frames: FrameDecoder | undefined;
  /** Bytes of samples still to come by the header. */
  #left = Number.POSITIVE_INFINITY;
  #samples = 0;

  /** @param only number of the one channel to take instead of the mean of all; 0 = the first */
  constructor(only?: number) {
    this.#only = only;
  }

  /** The header, once it is whole. */
  get header(): WavHeader | undefined {
    return this.#parser.header;
  }

  /** Mono samples decoded so far. */
  get samples(): number {
    return this.#samples;
  }

  /** True when the stated samples are all there: what follows is not audio and need not be pushed. */
  get done(): boolean {
    return this.#left === 0;
  }

  /**
   * @returns the mono samples that these bytes complete, at the file's own rate; possibly none
   * @throws VoxError `unsupported_media` when this is no WAV or one with a codec that is not read
   */
  push(bytes: Uint8Array): Float32Array {
    let rest = bytes;
    if (this.#frames === undefined) {
      rest = bytes.subarray(this.#parser.push(bytes));
      const header = this.#parser.header;
      if (header === undefined) return NO_SAMPLES;
      const { encoding, channels } = header.format;
      if (this.#only !== undefined && this.#only >= channels)
        throw new VoxError('unsupported_media', `the WAV has no channel ${this.#only}; it has ${channels}`);
      this.#frames = new FrameDecoder(encoding, channels, this.#only);
      this.#left = header.dataBytes ?? Number.POSITIVE_INFINITY;
    }
    if (rest.length > this.#left) rest = rest.subarray(0, this.#left);
    this.#left -= rest.length;
    if (rest.length === 0) return NO_SAMPLES;
    const samples = this.#frames.push(rest);
    this.#samples += samples.length;
    return samples;
  }

  /**
   * Call once after the last byte. A cut-off last frame is dropped.
   * @throws VoxError `empty_audio` when there was no sample, `unsupported_media` when the header was cut off
   */
  end(): void {
    this.#parser.end();
    if (this.#samples === 0) throw new VoxError('empty_audio', 'the WAV holds no samples');
  }
}
