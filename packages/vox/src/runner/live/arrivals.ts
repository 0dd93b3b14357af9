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

interface Mark {
  /** One past the last sample of a packet. */
  readonly end: number;
  readonly at: number;
}

export class Arrivals {
  #marks: Mark[] = [];
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
    const last = this.#marks.at(-1);
    const gap = now - this.#last;
    if (gap < LONGEST_GAP_MS) this.#gap = Math.max(this.#gap * FORGET, gap);
    this.#last = now;
    // A large packet is heard in parts; the next one is due when it would have been spoken.
    this.#burst = (last?.at === at ? this.#burst : 0) + end - (last?.end ?? 0);
    this.#marks.push({ end, at });
    if (this.#marks.length > MARKS) this.#marks.shift();
  }

  /** When the sample at this position came in, as far as that is remembered. */
  of(position: number): number {
    const mark = this.#marks.find(({ end }) => end > position) ?? this.#marks.at(-1);
    return mark?.at ?? 0;
  }

  /** Ms of silence since the client stopped sending; 0 while it may only be late. */
  stalledMs(now: number): number {
    const packetMs = Math.min(LONGEST_GAP_MS, this.#burst / PER_MS);
    return Math.max(0, now - this.#last - Math.max(JITTER_MS, GAPS * this.#gap, packetMs));
  }
}
