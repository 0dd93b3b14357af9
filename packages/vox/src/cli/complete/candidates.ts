/** What may stand at the cursor, by the commands' own tree. */
import type { Argument, Command, Option } from 'commander';
import { type Completes, completionOf } from '../command.js';

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** `files`: the shell completes paths itself. */
export type Candidates = 'files' | readonly Candidate[];

/** Looks up names; told the words before the cursor that are no options, the command's own left out. */
export type Lookup = (
  kind: 'pulled' | 'catalog' | 'voice',
  before: readonly string[],
) => Promise<readonly Candidate[]>;

interface Place {
  readonly command: Command;
  /** Arguments of the command that are there already. */
  readonly given: readonly string[];
  /** The option whose value is being written. */
  readonly option: Option | undefined;
  readonly optionsEnded: boolean;
}

/** Candidates for the last of `words`, which are all words behind the program's name. */
export async function candidates(
  program: Command,
  words: readonly string[],
  lookup: Lookup,
): Promise<Candidates> {
  const current = words.at(-1) ?? '';
  const place = walk(program, words.slice(0, -1));
  const { command, option } = place;
  if (option !== undefined) return valuesOf(place, option.long ?? '', option.argChoices, current, '', lookup);
  if (current.startsWith('-') && !place.optionsEnded) {
    const [name = '', value] = splitOnce(current);
    const named = value === undefined ? undefined : optionNamed(command, name);
    if (named !== undefined)
      return valuesOf(place, named.long ?? '', named.argChoices, value ?? '', `${name}=`, lookup);
    return matching(optionsOf(command), current);
  }
  const below = command.createHelp().visibleCommands(command);
  const names = place.given.length > 0 ? [] : matching(below.map(asCandidate), current);
  const argument = argumentAt(command, place.given.length);
  if (argument === undefined) return names;
  const values = await valuesOf(place, argument.name(), argument.argChoices, current, '', lookup);
  return values === 'files' ? values : [...names, ...values];
}

/** From the words before the cursor to the command that they have reached. */
function walk(program: Command, words: readonly string[]): Place {
  let command = program;
  let given: string[] = [];
  let optionsEnded = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (optionsEnded || !word.startsWith('-') || word === '-') {
      const next = given.length > 0 ? undefined : command.commands.find((one) => one.name() === word);
      // `vox help run`: `help` has the commands as its argument.
      if (next !== undefined) command = next;
      else if (!(command === program && word === 'help')) given.push(word);
      if (next !== undefined) given = [];
    } else if (word === '--') optionsEnded = true;
    else {
      const option = word.includes('=') ? undefined : optionNamed(command, word);
      if (option?.required !== true) continue;
      if (i === words.length - 1) return { command, given, option, optionsEnded };
      i++;
    }
  }
  return { command, given, option: undefined, optionsEnded };
}

function optionNamed(command: Command, name: string): Option | undefined {
  return command.options.find((option) => option.long === name || option.short === name);
}

function argumentAt(command: Command, index: number): Argument | undefined {
  const all = command.registeredArguments;
  const last = all.at(-1);
  return all[index] ?? (last?.variadic === true ? last : undefined);
}

function optionsOf(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({ value: option.long ?? option.short ?? '', description: option.description }));
}

function asCandidate(command: Command): Candidate {
  return { value: command.name(), description: command.summary() || command.description() };
}

async function valuesOf(
  place: Place,
  name: string,
  choices: readonly string[] | undefined,
  current: string,
  prefix: string,
  lookup: Lookup,
): Promise<Candidates> {
  const how: Completes | undefined = completionOf(place.command, name) ?? choices;
  if (how === undefined) return [];
  if (how === 'file') return 'files';
  const found =
    typeof how === 'string'
      ? await lookup(how, place.given)
      : how.map((value) => ({ value, description: '' }));
  const rest = found.filter(({ value }) => !place.given.includes(value));
  return matching(rest, current).map(({ value, description }) => ({ value: prefix + value, description }));
}

function matching(all: readonly Candidate[], start: string): readonly Candidate[] {
  return all.filter(({ value }) => value.startsWith(start));
}

function splitOnce(word: string): [string, string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}
