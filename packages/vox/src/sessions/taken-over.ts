/** What a second model says of a stream that a first one began, as if it had been one. Pure but for its counters. */
import type { LiveEvent } from '@vox-speech/contract';
import { joined, letterCount } from '../text/joined.js';

type Event<T extends LiveEvent['type']> = Extract<LiveEvent, { type: T }>;

/** How far the first model came. */
export class Progress {
  /** Finals that were told. */
  finals = 0;
  /** The utterance that had begun. */
  started = 0;
  /** What was promised of it. */
  shown = '';

  saw(event: LiveEvent): void {
    if (event.type === 'speech-started') this.started = event.utterance;
    else if (event.type === 'partial') this.shown = event.text.slice(0, event.stable);
    else if (event.type === 'final') {
      this.finals = event.utterance;
      this.shown = '';
    }
  }
}

export class TakenOver {
  readonly #before: Readonly<Pick<Progress, 'finals' | 'started'>>;
  readonly #offsetMs: number;
  /** What the first model promised of the utterance that is said again. */
  #shown: string;

  /** @param offsetMs where on the stream's clock the second model begins */
  constructor({ finals, started, shown }: Progress, offsetMs: number) {
    this.#before = { finals, started };
    this.#shown = shown;
    this.#offsetMs = offsetMs;
  }

  /** The event as the client is told it; undefined where it was told already. */
  event(event: LiveEvent): LiveEvent | undefined {
    const later = (ms: number): number => Math.round(ms + this.#offsetMs);
    switch (event.type) {
      case 'speech-started': {
        const utterance = this.#number(event.utterance);
        if (utterance <= this.#before.started) return undefined;
        return { ...event, utterance, atMs: later(event.atMs) };
      }
      case 'speech-stopped':
        return { ...event, utterance: this.#number(event.utterance), atMs: later(event.atMs) };
      case 'partial':
        return this.#partial(event, later);
      case 'final':
        return this.#final(event, later);
      case 'dropped':
        return { ...event, fromMs: later(event.fromMs), toMs: later(event.toMs) };
      default:
        return event;
    }
  }

  #number(utterance: number): number {
    return utterance + this.#before.finals;
  }

  #partial(event: Event<'partial'>, later: (ms: number) => number): LiveEvent | undefined {
    const times = { startMs: later(event.startMs), endMs: later(event.endMs) };
    const told = { ...event, ...times, utterance: this.#number(event.utterance) };
    if (this.#shown === '') return told;
    if (letterCount(event.text) <= letterCount(this.#shown)) return undefined;
    const text = this.#from(event.text);
    const stable = event.text.slice(0, event.stable);
    const sure = letterCount(stable) > letterCount(this.#shown) ? this.#from(stable).length : 0;
    return { ...told, text, stable: Math.min(text.length, Math.max(this.#shown.length, sure)) };
  }

  #final(event: Event<'final'>, later: (ms: number) => number): LiveEvent {
    const text = this.#shown === '' ? event.text : this.#from(event.text);
    this.#shown = '';
    const times = { startMs: later(event.startMs), endMs: later(event.endMs) };
    const words = event.words?.map((word) => ({
      ...word,
      startMs: later(word.startMs),
      endMs: later(word.endMs),
    }));
    const utterance = this.#number(event.utterance);
    return { ...event, ...times, utterance, text, ...(words === undefined ? {} : { words }) };
  }

  /** What was promised, and what the second model says behind that. */
  #from(text: string): string {
    const expected = letterCount(this.#shown);
    const whole = joined(this.#shown, text, { reach: 2 * expected + 8, expected });
    // Where the two say quite different things, what was promised stands, and the rest is taken by its length.
    return whole.startsWith(this.#shown) ? whole : this.#shown;
  }
}
