/**
 * Tokens with times to words with times.
 *
 * A token that begins with a space begins a word. Scripts that are written without spaces have no such tokens: there
 * each character of them is a word of its own, as in Whisper. Punctuation belongs to the word before it, opening
 * brackets and quotes to the word after it.
 */
import type { Word } from './transcript.js';

export interface TimedTokens {
  /** The whole text; what `tokens` spell, apart from white space at its ends. */
  readonly text: string;
  readonly tokens: readonly string[];
  /** Seconds. */
  readonly timestamps: readonly number[];
  /** Seconds. */
  readonly durations: readonly number[];
}

interface Piece {
  text: string;
  startMs: number;
  endMs: number;
}

/** What a byte sequence that is not a whole character becomes in a token. */
const REPLACEMENT = '\uFFFD';
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const OPENING = /^[\p{Ps}\p{Pi}"'¿¡]+$/u;
const HAS_WORD = /[\p{L}\p{N}\p{S}]/u;

/**
 * Longest that a word's last sound is taken to be beyond what its own letters need, in ms a character: the attention
 * gives the pause after a word to the word. Whisper's own heuristic cuts at twice the median duration.
 */
export const MAX_MS_A_CHARACTER = 130;
const MIN_WORD_CAP_MS = 400;
/** The end of the last token, where tokens have no durations: as long as a word may be. */
const UNKNOWN = Number.POSITIVE_INFINITY;

/**
 * The words of one decode.
 * @param maxEndMs no word ends after it: the length of the audio
 */
export function wordsOf(timed: TimedTokens, maxEndMs: number): Word[] {
  const groups = groupPieces(wholeCharacters(timed));
  const words: Word[] = [];
  for (const group of groups) {
    const text = group.text.trim();
    if (text === '') continue;
    const startMs = Math.min(group.startMs, maxEndMs);
    const cap = Math.max(MIN_WORD_CAP_MS, MAX_MS_A_CHARACTER * text.length);
    const endMs = Math.min(Math.max(group.endMs, startMs), startMs + cap, maxEndMs);
    words.push({ text, startMs: Math.round(startMs), endMs: Math.round(endMs) });
  }
  return words;
}

/** Tokens as pieces of whole characters: those that were split over several tokens are joined, by the text. */
function wholeCharacters({ text, tokens, timestamps, durations }: TimedTokens): Piece[] {
  const pieces: Piece[] = [];
  /** Where in `text` the next token is to be found. */
  let at = 0;
  let open: Piece | undefined;
  const close = (upTo: number): void => {
    if (open === undefined) return;
    open.text = text.slice(at, upTo);
    at = upTo;
    pieces.push(open);
    open = undefined;
  };
  tokens.forEach((token, index) => {
    const startMs = (timestamps[index] ?? 0) * 1000;
    const next = timestamps[index + 1];
    const duration = durations[index];
    const endMs =
      duration === undefined ? (next === undefined ? UNKNOWN : next * 1000) : startMs + duration * 1000;
    if (token.includes(REPLACEMENT)) {
      open ??= { text: '', startMs, endMs };
      open.endMs = endMs;
      return;
    }
    // The text has lost the space before its first word.
    const spelled = pieces.length === 0 && open === undefined ? token.trimStart() : token;
    const found = text.indexOf(spelled, at);
    if (open !== undefined) close(found < 0 ? at : found);
    if (found >= 0) at = found + spelled.length;
    pieces.push({ text: token, startMs, endMs });
  });
  close(text.length);
  return pieces;
}

function groupPieces(pieces: readonly Piece[]): Piece[] {
  const groups: Piece[] = [];
  for (const piece of pieces) {
    const last = groups.at(-1);
    const begins =
      last === undefined ||
      (!OPENING.test(last.text.trim()) &&
        HAS_WORD.test(piece.text) &&
        (/^\s/u.test(piece.text) || UNSPACED.test(piece.text) || UNSPACED.test(last.text.at(-1) ?? '')));
    // An opening quote waits for its word; its own time is the pause before.
    const opens = last !== undefined && /^\s/u.test(piece.text) && OPENING.test(piece.text.trim());
    if (last === undefined || begins || opens) {
      groups.push(...split(piece));
    } else if (OPENING.test(last.text.trim())) {
      last.text += piece.text;
      last.startMs = piece.startMs;
      last.endMs = piece.endMs;
    } else {
      last.text += piece.text;
      // The time of a mark is a pause, not part of the word.
      if (HAS_WORD.test(piece.text)) last.endMs = piece.endMs;
    }
  }
  return groups;
}

/** A token with several characters of an unspaced script is several words; its time is shared out evenly. */
function split(piece: Piece): Piece[] {
  const characters = [...piece.text];
  if (characters.filter((character) => UNSPACED.test(character)).length < 2) return [piece];
  const parts: string[] = [];
  for (const character of characters) {
    if (parts.length > 0 && !HAS_WORD.test(character)) parts[parts.length - 1] += character;
    else parts.push(character);
  }
  const step = Math.min((piece.endMs - piece.startMs) / parts.length, MIN_WORD_CAP_MS);
  return parts.map((text, index) => ({
    text,
    startMs: piece.startMs + index * step,
    endMs: piece.startMs + (index + 1) * step,
  }));
}
