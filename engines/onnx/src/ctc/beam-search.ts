/**
 * CTC prefix beam search over letters, with a language model of words: what was said is the text with the largest sum of its
 * letters' probability, `alpha` times its words' and `beta` a word. Method: Hannun et al. 2014, https://arxiv.org/abs/1408.2873
 */
import { END, type LanguageModel } from './language-model.js';
import { Prefix, weigh } from './prefix.js';

/** T-one's: https://github.com/voicekit-team/T-one. */
export const TONE_SEARCH = { alpha: 0.4, beta: 0.9, width: 200 } as const;
/** Letters below this natural log are not followed, nor texts that are so far behind the best: pyctcdecode's defaults. */
const LEAST_LETTER = -5;
const LEAST_BEAM = -10;

export interface BeamSearch {
  /** Letter by its number; a space ends a word. */
  readonly labels: readonly string[];
  /** Number of the blank, which is no letter. */
  readonly blank: number;
  readonly alpha: number;
  readonly beta: number;
  /** Texts that are kept. */
  readonly width: number;
  readonly model?: LanguageModel;
}

/** A text that is followed, and how likely it was at one frame; it doesn't change. */
interface Beam {
  readonly prefix: Prefix;
  readonly blank: number;
  readonly spoken: number;
}

/** What is followed after a frame. */
export type Beams = readonly Beam[];

/** A search that hears a frame at a time. */
export class BeamSearcher {
  readonly #search: BeamSearch;
  #beams: Beams;

  constructor(search: BeamSearch) {
    this.#search = search;
    this.#beams = [{ prefix: Prefix.root(search.model), blank: 0, spoken: Number.NEGATIVE_INFINITY }];
  }

  /** What is followed now; what `push` does later does not change it. */
  get beams(): Beams {
    return this.#beams;
  }

  /** @param frame natural-log probabilities of all labels */
  push(frame: Float32Array): void {
    const { labels, blank, model, width } = this.#search;
    const letters = likely(frame);
    const reached: Prefix[] = [];
    const reach = (prefix: Prefix): Prefix => {
      if (!prefix.reached) {
        prefix.reached = true;
        prefix.nextBlank = Number.NEGATIVE_INFINITY;
        prefix.nextSpoken = Number.NEGATIVE_INFINITY;
        reached.push(prefix);
      }
      return prefix;
    };
    for (const beam of this.#beams) {
      const { prefix } = beam;
      const all = logAdd(beam.blank, beam.spoken);
      for (const label of letters) {
        const p = frame[label] ?? Number.NEGATIVE_INFINITY;
        if (label === blank) {
          reach(prefix).nextBlank = logAdd(prefix.nextBlank, all + p);
          continue;
        }
        if (label === prefix.label) reach(prefix).nextSpoken = logAdd(prefix.nextSpoken, beam.spoken + p);
        // A letter comes twice only with a blank between.
        const from = label === prefix.label ? beam.blank : all;
        if (from === Number.NEGATIVE_INFINITY) continue;
        const longer = reach(prefix.with(label, labels[label] ?? '', model, this.#search));
        longer.nextSpoken = logAdd(longer.nextSpoken, from + p);
      }
    }
    this.#keep(reached, width);
  }

  /** The likeliest text of these beams, the sentence being over. */
  text(beams: Beams = this.#beams): string {
    const { model, alpha } = this.#search;
    let best: Prefix | undefined;
    let most = Number.NEGATIVE_INFINITY;
    for (const { prefix, blank, spoken } of beams) {
      const ended = prefix.ended(model, this.#search);
      const end = model === undefined ? 0 : weigh(model.score(ended.context, END).log10, alpha);
      const score = logAdd(blank, spoken) + ended.score + end;
      if (best === undefined || score > most) [best, most] = [prefix, score];
    }
    return best?.text ?? '';
  }

  /** The best of what was reached are followed on; the others leave the tree. */
  #keep(reached: readonly Prefix[], width: number): void {
    const ranked = reached
      .map((prefix) => ({ prefix, score: logAdd(prefix.nextBlank, prefix.nextSpoken) + prefix.words.score }))
      .sort((a, b) => b.score - a.score);
    const floor = (ranked[0]?.score ?? 0) + LEAST_BEAM;
    const before = this.#beams;
    this.#beams = ranked
      .slice(0, width)
      .filter(({ score }) => score >= floor)
      .map(({ prefix }) => ({ prefix, blank: prefix.nextBlank, spoken: prefix.nextSpoken }));
    for (const { prefix } of before) prefix.alive = false;
    for (const { prefix } of this.#beams) prefix.alive = true;
    for (const prefix of reached) prefix.reached = false;
    for (const prefix of reached) prefix.prune();
    for (const { prefix } of before) prefix.prune();
  }
}

/** What all of these beams begin with: whatever is heard later does not change it. */
export function sharedText(beams: Beams): string {
  const [first, ...others] = beams;
  return others.reduce((shared, { prefix }) => shared?.sharedWith(prefix), first?.prefix)?.text ?? '';
}

/**
 * The likeliest text, without spaces at its ends.
 * @param frames natural-log probabilities of all labels, a frame each
 */
export function searchBeams(frames: readonly Float32Array[], search: BeamSearch): string {
  const searcher = new BeamSearcher(search);
  for (const frame of frames) searcher.push(frame);
  return searcher.text().trim().replace(/ +/g, ' ');
}

/** Labels that are likely enough to be followed; the likeliest always. */
function likely(frame: Float32Array): number[] {
  const best = indexOfBest(frame);
  const labels: number[] = [];
  for (let label = 0; label < frame.length; label++)
    if (label === best || (frame[label] ?? Number.NEGATIVE_INFINITY) >= LEAST_LETTER) labels.push(label);
  return labels;
}

function logAdd(a: number, b: number): number {
  const [most, least] = a > b ? [a, b] : [b, a];
  return least === Number.NEGATIVE_INFINITY ? most : most + Math.log1p(Math.exp(least - most));
}

/** Number of the largest. */
export function indexOfBest(frame: Float32Array): number {
  let best = 0;
  for (let at = 1; at < frame.length; at++) if ((frame[at] ?? 0) > (frame[best] ?? 0)) best = at;
  return best;
}
