/** Bytes that arrive cut anywhere, as mono samples. */
import { decodeToMono, SAMPLE_BYTES, type SampleEncoding } from './pcm.js';

/** Turns interleaved PCM, cut at any byte, into mono floats. Holds at most one frame between calls. */
export class FrameDecoder {
  readonly #encoding: SampleEncoding;
  readonly #channels: number;
  /** The one channel that is taken; undefined = the mean of all. */
  readonly #only: number | undefined;
  /** The bytes of a frame that is not whole yet. */
  readonly #partial: Uint8Array;
  #held = 0;

  /** @param only number of the one channel to take instead of the mean; 0 = the first */
  constructor(encoding: SampleEncoding, channels: number, only?: number) {
    this.#encoding = encoding;
    this.#channels = channels;
    this.#only = only;
    this.#partial = new Uint8Array(SAMPLE_BYTES[encoding] * channels);
  }

  /** The samples that these bytes complete: a new array, one sample a frame, possibly empty. */
  push(bytes: Uint8Array): Float32Array {
    const frameBytes = this.#partial.length;
    if (this.#held === 0) return this.#decode(bytes, undefined);
    const taken = Math.min(frameBytes - this.#held, bytes.length);
    this.#partial.set(bytes.subarray(0, taken), this.#held);
    this.#held += taken;
    if (this.#held < frameBytes) return new Float32Array(0);
    this.#held = 0;
    const first = decodeToMono(this.#partial, this.#encoding, this.#channels, this.#only);
    return this.#decode(bytes.subarray(taken), first);
  }

  #decode(bytes: Uint8Array, first: Float32Array | undefined): Float32Array {
    const rest = bytes.length % this.#partial.length;
    const whole = decodeToMono(
      bytes.subarray(0, bytes.length - rest),
      this.#encoding,
      this.#channels,
      this.#only,
    );
    this.#partial.set(bytes.subarray(bytes.length - rest));
    this.#held = rest;
    if (first === undefined) return whole;
    const joined = new Float32Array(whole.length + 1);
    joined.set(first);
    joined.set(whole, 1);
    return joined;
  }
}
