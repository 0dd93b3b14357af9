/**
 * Which words of an utterance are said for good. Some hypotheses in a row that agree on a word make it stable (local
 * agreement); a stable word is never taken back, by the final neither: clients may have typed or spoken it by then.
 */
import { alignedLength, commonWords, followedBy, type Spoken, textOf } from './words.js';

export interface Shown {
  readonly text: string;
  /** Its first characters that never change again. */
  readonly stable: number;
}

/** The words of an earlier hypothesis behind the stable ones, and the end of its audio. */
interface Heard {
  readonly words: readonly Spoken[];
  readonly atMs: number;
}

/** Marks at the end of a word, which more words may still change. */
const MARKS = /[\p{P}\s]+$/u;

export class Stabilizer {
  /** Stable words, as they were shown. */
  #stable: Spoken[] = [];
  /** What the last hypothesis said after them, and the ones before that a word must agree with. */
  #tail: readonly Spoken[] = [];
  #earlier: readonly Heard[] = [];
  readonly #needed: number;
  readonly #stableMs: number;
  /** Punctuation of the last stable word is not part of the promise. */
  #promised = '';
  #last = '';
  #shownCores: readonly string[] = [];
  #shown = 0;
  #revised = 0;

  /**
   * @param needed hypotheses in a row that must agree on a word, at least 2
   * @param stableMs and for how long they must have agreed, on the stream's clock
   */
  constructor(needed: number, stableMs = 0) {
    this.#needed = needed;
    this.#stableMs = stableMs;
  }

  /**
   * One more hypothesis of the utterance.
   * @param words from `#stable`'s first word on
   * @param atMs end of the audio that it is of
   * @param certain how many of them may become stable: not the last ones, which the audio may have cut off
   * @returns what to show; undefined when it is what was shown already, or nothing
   */
  hear(words: readonly Spoken[], atMs: number, certain = words.length): Shown | undefined {
    const known = alignedLength(this.#stable, words);
    // The mark behind the last stable word is as now heard, the word itself as promised.
    this.#touchUp(words[known - 1]);
    const tail = this.#known(words.slice(known));
    const earlier = this.#needful(atMs);
    const [oldest] = earlier;
    const judged = earlier.length >= this.#needed - 1 && (oldest?.atMs ?? 0) <= atMs - this.#stableMs;
    const enough = judged ? Math.min(...earlier.map(({ words }) => sameAtFirst(words, tail))) : 0;
    const stable = Math.max(0, Math.min(enough, certain - known));
    this.#tail = stable === 0 ? tail : tail.slice(stable);
    this.#earlier = [
      ...earlier.map((heard) => (stable === 0 ? heard : { ...heard, words: heard.words.slice(stable) })),
      { words: this.#tail, atMs },
    ];
    if (stable > 0) {
      this.#stable = [...this.#stable, ...tail.slice(0, stable)];
      this.#promise();
    }
    return this.#show(followedBy(this.#stable, this.#tail));
  }

  /** Like `conclude`, and all of it is stable from now on: it will not be decoded again. Returns how many words that are. */
  freeze(words: readonly Spoken[]): number {
    this.#stable = [...this.conclude(words)];
    this.#tail = [];
    this.#earlier = [];
    this.#promise();
    return this.#stable.length;
  }

  /** The stable words, from the first one on. */
  get stable(): readonly Spoken[] {
    return this.#stable;
  }

  /**
   * The last hypothesis, one of the whole: its words behind those that are stable already, which get their times from it too.
   */
  conclude(words: readonly Spoken[]): readonly Spoken[] {
    const known = alignedLength(this.#stable, words);
    this.#touchUp(words[known - 1]);
    const stable = this.#stable.map((spoken, at) => {
      const word = words[at]?.core === spoken.core ? words[at]?.word : undefined;
      return word === undefined ? spoken : { ...spoken, word };
    });
    const all = followedBy(stable, words.slice(known));
    this.#count(all);
    return all;
  }

  /** Words that were shown and changed later, over all words shown. */
  get revisedShare(): number {
    return this.#shown === 0 ? 0 : Math.min(1, this.#revised / this.#shown);
  }

  /** Of the earlier hypotheses those that a word must agree with: so many, and as many as reach back far enough. */
  #needful(atMs: number): readonly Heard[] {
    const earlier = this.#earlier;
    const farEnough = earlier.findLastIndex((one) => one.atMs <= atMs - this.#stableMs);
    return earlier.slice(Math.max(0, Math.min(earlier.length - (this.#needed - 1), farEnough)));
  }

  /** The same words; those that were said before, as they lie in memory: a hypothesis is kept until the next one. */
  #known(words: Spoken[]): readonly Spoken[] {
    return words.map((spoken, at) => {
      const before = this.#tail[at];
      const same = before?.raw === spoken.raw && before.word === undefined && spoken.word === undefined;
      return same ? before : spoken;
    });
  }

  #promise(): void {
    const stable = textOf(this.#stable).replace(MARKS, '');
    if (stable.length > this.#promised.length) this.#promised = stable;
  }

  #touchUp(heard: Spoken | undefined): void {
    const last = this.#stable.at(-1);
    if (last === undefined || heard === undefined || heard.core !== last.core) return;
    const word = last.raw.replace(MARKS, '');
    if (!heard.raw.trimStart().startsWith(word.trimStart())) return;
    const raw = `${word}${heard.raw.trimStart().slice(word.trimStart().length)}`;
    if (raw !== last.raw) this.#stable[this.#stable.length - 1] = { ...last, raw };
  }

  #show(words: readonly Spoken[]): Shown | undefined {
    const text = textOf(words);
    if (text === '' || text === this.#last) return undefined;
    this.#last = text;
    this.#count(words);
    return { text, stable: this.#promised.length };
  }

  #count(words: readonly Spoken[]): void {
    const cores = words.map(({ core }) => core).filter((core) => core !== '');
    const kept = commonWords(this.#shownCores, cores);
    this.#revised += this.#shownCores.length - kept;
    this.#shown += cores.length - kept;
    this.#shownCores = cores;
  }
}

/** How many of the first words are the same in both. */
function sameAtFirst(a: readonly Spoken[], b: readonly Spoken[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count]?.core === b[count]?.core) count++;
  return count;
}
