/** From frames to phrases with words and times: the splitter finds where somebody speaks, and a decoding what is said there. */
import type { Segment, Word } from '@vox-speech/contract';
import { alignLetters, type SaidLetter } from './ctc/align.js';
import type { BeamSearch } from './ctc/beam-search.js';
import { BeamDecoding, type Decoding, GreedyDecoding } from './ctc/decoding.js';
import { type ClosedPhrase, type SplitPhrase, Splitter, timeOf } from './ctc/splitter.js';

const SPACE = ' ';

export interface PhraseOptions {
  readonly search: BeamSearch;
  readonly beam: boolean;
  /** Ms of silence before the first sample, and by how much the model is late. */
  readonly leadMs: number;
  readonly lateMs: number;
  /** ISO 639-1. */
  readonly language: string;
  readonly words: boolean;
}

/** A phrase that is over. */
export interface EndedPhrase {
  readonly segment: Segment;
  /** Its length ended it. */
  readonly cut: boolean;
}

export class Phrases {
  readonly #options: PhraseOptions;
  readonly #splitter: Splitter;
  #decoding: Decoding | undefined;

  constructor(options: PhraseOptions) {
    this.#options = options;
    const { labels, blank } = options.search;
    this.#splitter = new Splitter(labels.indexOf(SPACE), blank);
  }

  /** Hears a frame; the phrase that it ended, if it said anything. */
  hear(frame: Float32Array): EndedPhrase | undefined {
    const over = this.#splitter.hear(frame);
    if (this.#splitter.open !== undefined) {
      if (this.#decoding === undefined) {
        const { search, beam } = this.#options;
        this.#decoding = beam ? new BeamDecoding(search) : new GreedyDecoding(search);
        for (const each of this.#splitter.frames) this.#decoding.push(each);
      } else this.#decoding.push(frame);
      if (this.#splitter.inside) this.#decoding.mark();
    }
    return over ? this.finish() : undefined;
  }

  /** Ends the open phrase; undefined where nothing was said. */
  finish(): EndedPhrase | undefined {
    const phrase = this.#splitter.close();
    const letters = this.#decoding?.text() ?? '';
    this.#decoding = undefined;
    const segment = phrase === undefined ? undefined : this.#segment(letters, phrase);
    return segment === undefined ? undefined : { segment, cut: phrase?.cut === true };
  }

  /** What is being said, without times of words; undefined in silence. */
  partial(): Segment | undefined {
    const phrase = this.#splitter.open;
    const text = plain(this.#decoding?.partial() ?? '');
    if (phrase === undefined || text === '') return undefined;
    return { text, ...this.#times(phrase), language: this.#options.language };
  }

  #segment(said: string, phrase: ClosedPhrase): Segment | undefined {
    const text = plain(said);
    if (text === '') return undefined;
    const { search, language } = this.#options;
    const segment = { text, ...this.#times(phrase), language };
    if (!this.#options.words) return segment;
    const labels = [...said].map((letter) => search.labels.indexOf(letter));
    const letters = alignLetters(phrase.frames, labels, search.blank);
    return { ...segment, words: this.#words(letters, phrase) };
  }

  #words(letters: readonly SaidLetter[], { start, end, first }: ClosedPhrase): Word[] {
    const { labels } = this.#options.search;
    const groups: SaidLetter[][] = [];
    let group: SaidLetter[] | undefined;
    for (const letter of letters) {
      if (labels[letter.label] === SPACE) group = undefined;
      else if (group !== undefined) group.push(letter);
      else {
        group = [letter];
        groups.push(group);
      }
    }
    return groups.map((said, at) => {
      // The phrase's own ends: a letter is heard before and after it is the likeliest.
      const from = at === 0 ? start : first + (said[0]?.start ?? 0);
      const to = at === groups.length - 1 ? end : first + (said.at(-1)?.end ?? 0);
      const confidence = said.reduce((sum, letter) => sum + letter.confidence, 0) / said.length;
      return {
        text: said.map(({ label }) => labels[label] ?? '').join(''),
        ...this.#times({ start: from, end: to }),
        confidence: Math.round(confidence * 1000) / 1000,
      };
    });
  }

  #times({ start, end }: SplitPhrase): { startMs: number; endMs: number } {
    return { startMs: timeOf(start, this.#options), endMs: timeOf(end, this.#options) };
  }
}

function plain(text: string): string {
  return text.trim().replace(/ +/g, SPACE);
}
