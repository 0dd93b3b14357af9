/** Whether someone who speaks makes a pause just now, by the level: what is far quieter than their speech. */
import { rootMeanSquare } from '@vox-speech/audio';
import { FRAME } from '../energy.js';
import { PER_MS } from './segmenter.js';

/** A pause is so much quieter than the loudest of late (-20 dB). */
const QUIETER = 0.1;
/** The loudest is forgotten by half in 5 s. */
const FORGET = 0.5 ** (1 / 250);

export class PauseFinder {
  #rest = new Float32Array(0);
  #loudest = 0;
  #quiet = 0;

  /** Ms of quiet up to now. */
  get quietMs(): number {
    return (this.#quiet * FRAME) / PER_MS;
  }

  /** Mono samples at 16 kHz, any number. */
  hear(samples: Float32Array): void {
    let from = 0;
    if (this.#rest.length > 0) {
      from = Math.min(FRAME - this.#rest.length, samples.length);
      const frame = new Float32Array(this.#rest.length + from);
      frame.set(this.#rest);
      frame.set(samples.subarray(0, from), this.#rest.length);
      this.#rest = frame;
      if (frame.length < FRAME) return;
      this.#frame(frame);
    }
    for (; from + FRAME <= samples.length; from += FRAME) this.#frame(samples.subarray(from, from + FRAME));
    this.#rest = samples.slice(from);
  }

  /** The pause so far is used up. */
  restart(): void {
    this.#quiet = 0;
  }

  #frame(frame: Float32Array): void {
    const level = rootMeanSquare(frame);
    this.#loudest = Math.max(level, this.#loudest * FORGET);
    this.#quiet = level < QUIETER * this.#loudest ? this.#quiet + 1 : 0;
  }
}
