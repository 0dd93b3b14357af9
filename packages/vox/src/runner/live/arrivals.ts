/** When the audio of a stream came in: by what rhythm, and whether the client has fallen silent. Wall clock in ms. */

import { PER_MS } from './segmenter.js';

/** Marks that are kept: half a second of 20 ms packets, which is longer than speech goes unnoticed. */
const MARKS = 25;
/** What a network may hold packets up without the client being silent, ms. */
const JITTER_MS = 200;
/** A client that sends larger packets sends them more rarely: so many of its longest gaps are no silence. */
const GAPS = 2;
/** The longest gap is forgotten by so much with each packet. */
const FORGET = 0.95;
/** A longer pause between packets is the client's own silence and no rhythm, ms. */
const LONGEST_GAP_MS = 2_000;

/**
 * A mark is one past the last sample of a packet, and when that came in. They lie in two rings of numbers: an object a packet
 * lives just long enough to be taken for an old one, and waits for a collection that seldom comes.
 */
export class Arrivals {
  readonly #ends = new Float64Array(MARKS);
  readonly #times = new Float64Array(MARKS);
  /** Marks that were ever made; the last one lies before this place in the rings. */
  #count = 0;
  #last = Number.POSITIVE_INFINITY;
  #gap = 0;
  /** Samples that came in together with the last ones. */
  #burst = 0;

  /**
   * A packet is heard.
   * @param end one past its last sample
   * @param at when it came in
   * @param now when it was its turn to be heard
   */
  heard(end: number, at: number, now: number): void {
    const before = (this.#count + MARKS - 1) % MARKS;
    const gap = now - this.#last;
    if (gap < LONGEST_GAP_MS) this.#gap = Math.max(this.#gap * FORGET, gap);
    this.#last = now;
    // A large packet is heard in parts; the next one is due when it would have been spoken.
    const together = this.#count > 0 && this.#times[before] === at;
    this.#burst = (together ? this.#burst : 0) + end - (this.#ends[before] ?? 0);
    this.#ends[this.#count % MARKS] = end;
    this.#times[this.#count % MARKS] = at;
    this.#count++;
  }

  /** When the sample at this position came in, as far as that is remembered. */
  of(position: number): number {
    let mark = Math.max(0, this.#count - MARKS);
    while (mark < this.#count - 1 && (this.#ends[mark % MARKS] ?? 0) <= position) mark++;
    return this.#times[mark % MARKS] ?? 0;
  }

  /** Ms of silence since the client stopped sending; 0 while it may only be late. */
  stalledMs(now: number): number {
    const packetMs = Math.min(LONGEST_GAP_MS, this.#burst / PER_MS);
    return Math.max(0, now - this.#last - Math.max(JITTER_MS, GAPS * this.#gap, packetMs));
  }
}
