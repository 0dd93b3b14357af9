/** How a phrase is turned into letters while it is being said: by the likeliest label of each frame, or by a search. */
import { type BeamSearch, BeamSearcher, type Beams, indexOfBest, sharedText } from './beam-search.js';

/** One phrase, a frame at a time. Texts are as the letters say them: spaces at their ends may be there, or several in a row. */
export interface Decoding {
  push(frame: Float32Array): void;
  /** What was said so far is in the phrase; what comes after it may be not. */
  mark(): void;
  /** What of the text is certain by now: it only grows, and `text` begins with it. */
  partial(): string;
  /** The text up to the last mark, now that it is over. */
  text(): string;
}

/** The likeliest label of each frame; the same one in a row is one letter. */
export class GreedyDecoding implements Decoding {
  readonly #search: BeamSearch;
  #text = '';
  #marked = '';
  #last: number;

  constructor(search: BeamSearch) {
    this.#search = search;
    this.#last = search.blank;
  }

  push(frame: Float32Array): void {
    const label = indexOfBest(frame);
    if (label !== this.#last && label !== this.#search.blank) this.#text += this.#search.labels[label] ?? '';
    this.#last = label;
  }

  mark(): void {
    this.#marked = this.#text;
  }

  partial(): string {
    return this.#marked;
  }

  text(): string {
    return this.#marked;
  }
}

/** The likeliest text, by its letters and by its words. */
export class BeamDecoding implements Decoding {
  readonly #searcher: BeamSearcher;
  #marked: Beams;

  constructor(search: BeamSearch) {
    this.#searcher = new BeamSearcher(search);
    this.#marked = this.#searcher.beams;
  }

  push(frame: Float32Array): void {
    this.#searcher.push(frame);
  }

  mark(): void {
    this.#marked = this.#searcher.beams;
  }

  partial(): string {
    return sharedText(this.#marked);
  }

  text(): string {
    return this.#searcher.text(this.#marked);
  }
}
