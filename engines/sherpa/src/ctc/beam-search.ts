/**
 * CTC prefix beam search over letters, with a language model of words: what was said is the text with the largest sum of its
 * letters' probability, `alpha` times its words' and `beta` a word. Method: Hannun et al. 2014, https://arxiv.org/abs/1408.2873
 */
import { type Context, END, type LanguageModel } from './arpa.js';

/** T-one's: https://github.com/voicekit-team/T-one. */
export const TONE_SEARCH = { alpha: 0.4, beta: 0.9, width: 200 } as const;
/** Log10 that an unknown word costs besides its own probability; letters below; beams behind the best: pyctcdecode's defaults. */
const UNKNOWN_OFFSET = -10;
const LEAST_LETTER = -5;
const LEAST_BEAM = -10;

export interface BeamSearch {
  /** Letter by its number; a space ends a word. */
  readonly labels: readonly string[];
  /** Number of the blank, which is no letter. */
  readonly blank: number;
  readonly alpha: number;
  readonly beta: number;
  /** Prefixes that are kept. */
  readonly width: number;
  readonly model?: LanguageModel;
}

interface Beam {
  readonly text: string;
  /** Letters of the word that is not over. */
  readonly word: string;
  readonly context: Context;
  /** What the words that are over add. */
  readonly words: number;
  readonly last: number;
  /** Natural-log probabilities of all ways to it that end in a blank, or in its last letter. */
  blank: number;
  letter: number;
}

/**
 * The likeliest text, without spaces at its ends.
 * @param frames natural-log probabilities of all labels, a frame each
 */
export function searchBeams(frames: readonly Float32Array[], search: BeamSearch): string {
  const { labels, blank, model } = search;
  let beams: Beam[] = [
    {
      text: '',
      word: '',
      context: model?.start ?? [],
      words: 0,
      last: blank,
      blank: 0,
      letter: Number.NEGATIVE_INFINITY,
    },
  ];
  for (const frame of frames) {
    const next = new Map<string, Beam>();
    const reach = (text: string, make: () => Beam): Beam => {
      const found = next.get(text);
      if (found !== undefined) return found;
      const made = make();
      next.set(text, made);
      return made;
    };
    const empty = { blank: Number.NEGATIVE_INFINITY, letter: Number.NEGATIVE_INFINITY };
    const best = indexOfBest(frame);
    for (let label = 0; label < frame.length; label++) {
      const p = frame[label] ?? Number.NEGATIVE_INFINITY;
      if (p < LEAST_LETTER && label !== best) continue;
      for (const beam of beams) {
        const all = logAdd(beam.blank, beam.letter);
        if (label === blank || label === beam.last) {
          const same = reach(beam.text, () => ({ ...beam, ...empty }));
          if (label === blank) same.blank = logAdd(same.blank, all + p);
          else same.letter = logAdd(same.letter, beam.letter + p);
        }
        if (label === blank) continue;
        // A letter comes twice only with a blank between.
        const from = label === beam.last ? beam.blank : all;
        if (from === Number.NEGATIVE_INFINITY) continue;
        const longer = reach(beam.text + (labels[label] ?? ''), () => ({
          ...extend(beam, labels[label] ?? '', label, search),
          ...empty,
        }));
        longer.letter = logAdd(longer.letter, from + p);
      }
    }
    const ranked = [...next.values()].sort((a, b) => scoreOf(b) - scoreOf(a));
    const floor = (ranked[0] === undefined ? 0 : scoreOf(ranked[0])) + LEAST_BEAM;
    beams = ranked.slice(0, search.width).filter((beam) => scoreOf(beam) >= floor);
  }
  let winner = { text: '', score: Number.NEGATIVE_INFINITY };
  for (const beam of beams) {
    const ended = endWord(beam, search);
    const end = model === undefined ? 0 : weigh(model.score(ended.context, END).log10, search.alpha);
    const score = logAdd(beam.blank, beam.letter) + ended.words + end;
    if (score > winner.score) winner = { text: beam.text, score };
  }
  return winner.text.trim().replace(/ +/g, ' ');
}

function extend(beam: Beam, letter: string, label: number, search: BeamSearch): Beam {
  const text = beam.text + letter;
  if (letter !== ' ') return { ...beam, text, word: beam.word + letter, last: label };
  return { ...beam, ...endWord(beam, search), text, word: '', last: label };
}

/** What the words add when the open one is over, and the context after it. */
function endWord(beam: Beam, { model, alpha, beta }: BeamSearch): { words: number; context: Context } {
  if (model === undefined || beam.word === '') return { words: beam.words, context: beam.context };
  const { log10, known, next } = model.score(beam.context, beam.word);
  const words = beam.words + weigh(known ? log10 : log10 + UNKNOWN_OFFSET, alpha) + beta;
  return { words, context: next };
}

function weigh(log10: number, alpha: number): number {
  return alpha * log10 * Math.LN10;
}

function scoreOf(beam: Beam): number {
  return logAdd(beam.blank, beam.letter) + beam.words;
}

function logAdd(a: number, b: number): number {
  const [most, least] = a > b ? [a, b] : [b, a];
  return least === Number.NEGATIVE_INFINITY ? most : most + Math.log1p(Math.exp(least - most));
}

function indexOfBest(frame: Float32Array): number {
  let best = 0;
  for (let at = 1; at < frame.length; at++) if ((frame[at] ?? 0) > (frame[best] ?? 0)) best = at;
  return best;
}
