/** Words as Deepgram writes them: bare and in lower case, with the written form beside. Pure. */
import type { Word } from '@vox-speech/contract';

export interface RenderedWord {
  readonly word: string;
  /** Seconds on the clock of the stream or recording. */
  readonly start: number;
  readonly end: number;
  readonly confidence: number;
  readonly punctuated_word?: string;
}

/** Deepgram's number where there is nothing to be sure of; ours too where an engine does not say how sure it is. */
const UNKNOWN_CONFIDENCE = 0;

/** Milliseconds as seconds, to the millisecond. */
export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}

/** @param punctuated with the form as it is written */
export function renderWords(words: readonly Word[], punctuated: boolean): RenderedWord[] {
  return words
    .map(({ text, ...rest }) => ({ ...rest, text: text.trim() }))
    .filter(({ text }) => text !== '')
    .map(({ text, startMs, endMs, confidence }) => ({
      word: bare(text) || text,
      start: seconds(startMs),
      end: seconds(endMs),
      confidence: confidence ?? UNKNOWN_CONFIDENCE,
      ...(punctuated ? { punctuated_word: text } : {}),
    }));
}

/** A transcript as it is written, or without punctuation and capitals. */
export function renderText(text: string, punctuated: boolean): string {
  if (punctuated) return text.trim();
  return text.split(/\s+/).map(bare).filter(Boolean).join(' ');
}

/** Is there a word in it? Of noise a recogniser sometimes makes a bracket or dots. */
export function holdsWords(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

/** Mean over the words whose engine says how sure it is. */
export function confidenceOf(words: readonly Word[]): number {
  const known = words.flatMap(({ confidence }) => confidence ?? []);
  if (known.length === 0) return UNKNOWN_CONFIDENCE;
  return known.reduce((sum, one) => sum + one, 0) / known.length;
}

/** What stands around a word without being part of it goes; an apostrophe or a hyphen within stays. */
function bare(word: string): string {
  return word.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}\p{M}]+$/gu, '');
}
