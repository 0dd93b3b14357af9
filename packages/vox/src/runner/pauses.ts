/** The silence between two sentences, on top of what the voice leaves itself. */

/** Between sentences and between paragraphs, in ms at normal speed: what readers of audio books leave. */
const SENTENCE_PAUSE_MS = 250;
const PARAGRAPH_PAUSE_MS = 500;
/** Samples below this are silence: -50 dBFS. */
const QUIET = 0.00316;

/** Follows a sentence as it is made, and knows how much silence is missing after it. */
export class Pause {
  readonly #sampleRate: number;
  #quiet = 0;

  /** @param sampleRate Hz */
  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  hear(samples: Float32Array): void {
    let at = samples.length;
    while (at > 0 && Math.abs(samples[at - 1] ?? 0) < QUIET) at--;
    this.#quiet = at === 0 ? this.#quiet + samples.length : samples.length - at;
  }

  /** Silence to add before the next sentence. */
  missing(endsParagraph: boolean, speed: number): Float32Array {
    const ms = (endsParagraph ? PARAGRAPH_PAUSE_MS : SENTENCE_PAUSE_MS) / speed;
    const samples = Math.round((ms / 1000) * this.#sampleRate) - this.#quiet;
    this.#quiet = 0;
    return new Float32Array(Math.max(0, samples));
  }
}
