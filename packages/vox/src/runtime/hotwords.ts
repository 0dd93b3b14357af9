/** The one list of words to expect: `keywords`, `hotwords`, `keyterm`, names and terms of every dialect (docs/biasing.md). */
import { type ModelInfo, VoxError, type Warning } from '@vox-speech/contract';

/** Ours: a list of names fits, a dictionary does not. Every phrase costs the engines time, and a prompt has an end. */
export const HOTWORD_LIMITS = { phrases: 200, characters: 100 } as const;

/**
 * A list as a client gave it: trimmed, without empties and repetitions.
 * @param field what the dialect calls it
 * @throws VoxError `invalid_request` naming the field, where there are too many, one is too long or has a control character
 */
export function readHotwords(given: readonly string[], field: string): string[] {
  const refuse = (what: string) => new VoxError('invalid_request', `${field}: ${what}`, { param: field });
  const phrases = [...new Set(given.map((phrase) => phrase.trim()).filter((phrase) => phrase !== ''))];
  const { phrases: most, characters } = HOTWORD_LIMITS;
  if (phrases.length > most) throw refuse(`${phrases.length} phrases; at most ${most} are taken`);
  for (const phrase of phrases) {
    if (phrase.length > characters)
      throw refuse(
        `a phrase has ${phrase.length} characters; at most ${characters} are taken (${JSON.stringify(phrase.slice(0, 40))}...)`,
      );
    if (/\p{Cc}/u.test(phrase)) throw refuse(`a phrase has a control character: ${JSON.stringify(phrase)}`);
  }
  return phrases;
}

/** How a list reaches a model: as it is, within the prompt, or not at all. */
export interface Biased {
  readonly prompt?: string;
  readonly hotwords?: readonly string[];
  readonly warnings: readonly Warning[];
}

type Abilities = Pick<ModelInfo, 'canBias' | 'canPrompt' | 'promptCharacters'>;

/**
 * What a model is given of a list and a prompt. One that takes a prompt but no list gets the words at the prompt's end:
 * that is what makes words likelier there. Words that are too many for a model are left out from the end, with a warning;
 * the prompt itself is checked elsewhere.
 */
export function biasOf(
  { prompt, hotwords = [] }: { readonly prompt?: string; readonly hotwords?: readonly string[] },
  info: Abilities | undefined,
): Biased {
  const given = prompt ? { prompt } : {};
  if (hotwords.length === 0) return { ...given, warnings: [] };
  if (info?.canBias !== true && info?.canPrompt !== true)
    return { ...given, warnings: [warning('unsupported', 'takes no words to expect; they were not used')] };
  const { promptCharacters: most = Number.POSITIVE_INFINITY } = info;
  const taken = fitting(hotwords, most - (prompt ? prompt.length + 1 : 0));
  const left = hotwords.length - taken.length;
  const message = `takes ${most} characters of words to expect; ${left} of ${hotwords.length} were left out`;
  const warnings = left === 0 ? [] : [warning('adjusted', message)];
  if (taken.length === 0) return { ...given, warnings };
  if (info.canBias === true) return { ...given, hotwords: taken, warnings };
  return { prompt: [prompt, taken.join(SEPARATOR)].filter(Boolean).join(' '), warnings };
}

const SEPARATOR = ', ';

/** The first words that have room, written one after another. */
function fitting(hotwords: readonly string[], room: number): readonly string[] {
  let length = -SEPARATOR.length;
  const end = hotwords.findIndex((word) => {
    length += SEPARATOR.length + word.length;
    return length > room;
  });
  return end < 0 ? hotwords : hotwords.slice(0, end);
}

function warning(type: Warning['type'], what: string): Warning {
  return { type, option: 'hotwords', message: `this model ${what}` };
}
