/** From what a recogniser says to phrases: speech between silences, by the rules of T-one (tone.md section 5.1). Pure. */
import type { Segment, Word } from '@vox-speech/contract';
import { addition } from '../text/addition.js';
import type { Phrase } from './resumable/types.js';

/** Silence that ends a phrase, in ms: 20 frames of 30 ms. */
export const SILENCE_MS = 600;
/** The longest phrase, in ms: 2000 frames of 30 ms. */
export const MAX_PHRASE_MS = 60_000;

/** What is never cut: a word, or a segment without word times. */
interface Unit {
  readonly segment: Segment;
  readonly word?: Word;
  readonly startMs: number;
  readonly endMs: number;
}

/** Phrases in order; a segment without words stays whole, and so does what the model itself ended as one utterance. */
export function phrasesOf(segments: readonly Segment[]): Phrase[] {
  const groups: Unit[][] = [];
  let group: Unit[] = [];
  for (const unit of segments.flatMap(units)) {
    const [first, last] = [group[0], group.at(-1)];
    if (first !== undefined && last !== undefined && apart(first, last, unit)) group = [];
    if (group.length === 0) groups.push(group);
    group.push(unit);
  }
  return groups.map(phraseOf).filter(({ text }) => text !== '');
}

/** Is a unit in another phrase than the one that began with `first` and goes up to `last`? */
function apart(first: Unit, last: Unit, unit: Unit): boolean {
  const [before, after] = [last.segment.utterance, unit.segment.utterance];
  if (before !== undefined && after !== undefined) return before !== after;
  return unit.startMs - last.endMs >= SILENCE_MS || unit.endMs - first.startMs > MAX_PHRASE_MS;
}

function units(segment: Segment): Unit[] {
  const { words = [], startMs, endMs } = segment;
  if (words.length === 0) return segment.text.trim() === '' ? [] : [{ segment, startMs, endMs }];
  return words.map((word) => ({ segment, word, startMs: word.startMs, endMs: word.endMs }));
}

function phraseOf(group: readonly Unit[]): Phrase {
  let text = '';
  for (const [at, unit] of group.entries()) text = joined(text, unit, group[at - 1]?.segment);
  const words = group.flatMap(({ word }) => (word === undefined ? [] : [word]));
  const confidence = confidenceOf(group);
  return {
    text: text.trim(),
    startSeconds: seconds(group[0]?.startMs ?? 0),
    endSeconds: seconds(Math.max(...group.map(({ endMs }) => endMs))),
    ...(words.length === 0 ? {} : { words }),
    ...(confidence === undefined ? {} : { confidence }),
  };
}

/** Engines that put the space before a word leave it out where a word goes on: `can`, `'t`. */
function joined(before: string, { segment, word }: Unit, previous: Segment | undefined): string {
  const sameSegment = previous === segment;
  const spaced = segment.words?.some(({ text }) => text.startsWith(' ')) === true;
  if (word !== undefined && sameSegment && spaced) return before + word.text;
  return before + addition(before, word?.text ?? segment.text, segment.language);
}

/** The mean of its words; where they have none, that of the segments. */
function confidenceOf(group: readonly Unit[]): number | undefined {
  const known = group.flatMap(({ word, segment: { averageLogProbability } }) => {
    if (word?.confidence !== undefined) return [word.confidence];
    return averageLogProbability === undefined ? [] : [Math.exp(averageLogProbability)];
  });
  if (known.length === 0) return undefined;
  return known.reduce((sum, one) => sum + one, 0) / known.length;
}

/** Ms as seconds, to 0.01, never negative. */
export function seconds(ms: number): number {
  return Math.max(0, Math.round(ms / 10) / 100);
}
