/** One stream of sound: its windows through the network, alone or with those of others, and what the rules make of them. */
import type { SpeechDetector, SpeechSpan } from '@vox-speech/contract';
import { CONTEXT, INPUT, Listener, type SpeechNetwork } from './network.js';
import { type SpeechRules, WINDOW } from './rules.js';

export class Detector implements SpeechDetector {
  readonly #network: SpeechNetwork;
  readonly #rules: SpeechRules;
  readonly #listener = new Listener();
  /** Samples of the listener's input that are there: the first 64 of a stream are nothing but the context of its first window. */
  #filled = 0;
  /** Probabilities of windows that were heard and not judged yet. */
  #likely: number[] = [];
  /** Samples that the network was given, since `reset`. */
  #heard = 0;
  /** Samples that were accepted, since `reset`; never more than were heard. */
  #position = 0;
  /** Windows that were judged. */
  #judged = 0;
  #closed = false;

  constructor(network: SpeechNetwork, rules: SpeechRules) {
    this.#network = network;
    this.#rules = rules;
  }

  accept(samples: Float32Array): SpeechSpan[] {
    if (this.#closed) throw new Error('the detector is closed');
    this.#position += samples.length;
    const fresh = this.#position - this.#heard;
    if (fresh > 0) {
      let rest = samples.subarray(samples.length - fresh);
      while (rest.length > 0) {
        rest = this.fill(rest);
        if (this.full) this.judgeLater(this.#network.hear([this.#listener])[0] ?? 0);
      }
    }
    const spans: SpeechSpan[] = [];
    while (this.#judged * WINDOW + INPUT <= this.#position) {
      this.#judged++;
      const ended = this.#rules.hear(this.#likely.shift() ?? 0);
      if (ended !== undefined) spans.push(ended);
    }
    return spans;
  }

  flush(): SpeechSpan[] {
    const open = this.#rules.finish(this.#position);
    return open === undefined ? [] : [open];
  }

  openSince(): number | undefined {
    return this.#rules.openSince();
  }

  reset(): void {
    this.#filled = 0;
    this.#heard = 0;
    this.#position = 0;
    this.#judged = 0;
    this.#likely = [];
    this.#listener.state.fill(0);
    this.#rules.reset();
  }

  close(): void {
    this.#closed = true;
  }

  /** A window is there for the network. */
  get full(): boolean {
    return this.#filled === INPUT;
  }

  get listener(): Listener {
    return this.#listener;
  }

  /** Takes samples up to the end of a window. Returns those behind it. */
  fill(samples: Float32Array): Float32Array {
    const { input } = this.#listener;
    const taken = Math.min(INPUT - this.#filled, samples.length);
    input.set(samples.subarray(0, taken), this.#filled);
    this.#filled += taken;
    this.#heard += taken;
    return samples.subarray(taken);
  }

  /** The full window is heard: its end is the context of the next one. */
  judgeLater(probability: number): void {
    this.#likely.push(probability);
    this.#listener.input.copyWithin(0, WINDOW);
    this.#filled = CONTEXT;
  }
}

/** Hears ahead for several detectors of one network: a window of each in one run, as long as anyone has a whole one. */
export function hearAhead(
  network: SpeechNetwork,
  ahead: readonly { readonly detector: Detector; readonly samples: Float32Array }[],
): void {
  let waiting = ahead.map(({ detector, samples }) => ({ detector, rest: samples }));
  while (waiting.length > 0) {
    for (const one of waiting) one.rest = one.detector.fill(one.rest);
    waiting = waiting.filter(({ detector }) => detector.full);
    const heard = network.hear(waiting.map(({ detector }) => detector.listener));
    waiting.forEach(({ detector }, at) => {
      detector.judgeLater(heard[at] ?? 0);
    });
  }
}
