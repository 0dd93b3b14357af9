/** What speakers are called: a known one by name, the others by letters as they first speak. */
import type { SpeakersFound } from '../../messages/index.js';

export class Labels {
  readonly #known: SpeakersFound['known'];
  readonly #names: readonly string[];
  readonly #labels = new Map<number, string>();
  #letters = 0;

  /**
   * @param known for each speaker the number of the known one that it is
   * @param names of the known ones
   */
  constructor(known: SpeakersFound['known'], names: readonly string[]) {
    this.#known = known;
    this.#names = names;
  }

  /** The same speaker has the same label every time. */
  of(speaker: number): string {
    const found = this.#labels.get(speaker);
    if (found !== undefined) return found;
    const known = this.#known[speaker] ?? undefined;
    const label = (known === undefined ? undefined : this.#names[known]) ?? this.#nextLetter();
    this.#labels.set(speaker, label);
    return label;
  }

  #nextLetter(): string {
    for (;;) {
      const letter = lettersOf(this.#letters);
      this.#letters += 1;
      if (!this.#names.includes(letter)) return letter;
    }
  }
}

/** `A` to `Z`, then `AA`, `AB`, ... */
function lettersOf(number: number): string {
  const last = String.fromCharCode(65 + (number % 26));
  return number < 26 ? last : `${lettersOf(Math.floor(number / 26) - 1)}${last}`;
}
