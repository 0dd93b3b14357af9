/** Where utterances end by level, for streaming models when a client asks for that: see `endpointer.ts` for the rules. */
import type { Endpointing } from '@vox-speech/contract';
import { FRAME } from '../energy.js';
import { type Endpointer, levelEndpointer } from './endpointer.js';
import { PER_MS } from './segmenter.js';

export class LevelEnds {
  readonly #rules: Endpointing;
  readonly #endpointer: Endpointer;
  /** What is not a whole frame yet. */
  readonly #frame = new Float32Array(FRAME);
  #filled = 0;
  #position = 0;
  /** Where the last utterance ended. */
  #ended = 0;

  constructor(rules: Endpointing) {
    this.#rules = rules;
    this.#endpointer = levelEndpointer(rules);
  }

  /** Samples at 16 kHz. Returns true when an utterance has ended in them. */
  hear(samples: Float32Array): boolean {
    let ended = false;
    for (let at = 0; at < samples.length; ) {
      const taken = Math.min(FRAME - this.#filled, samples.length - at);
      this.#frame.set(taken === samples.length ? samples : samples.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled < FRAME) break;
      this.#endpointer.hear(this.#frame, this.#position);
      this.#filled = 0;
      this.#position += FRAME;
      const { until } = this.#endpointer;
      if (until <= this.#ended || this.#position - until < this.#rules.silenceMs * PER_MS) continue;
      this.#ended = until;
      ended = true;
    }
    return ended;
  }
}
