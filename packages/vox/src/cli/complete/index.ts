/**
 * `vox __complete`, which the shells' functions call at every press of Tab. The first line it prints is `files` (the
 * shell completes paths) or `words`; each line behind that is a word, a tab, and what it means.
 */
import type { Command } from 'commander';
import { loadConfig } from '../../config/index.js';
import { type Candidate, candidates, type Lookup } from './candidates.js';
import { doneByBash, splitLine } from './words.js';

/** Names that a shell needs to quote nothing of; others are not offered. */
const PLAIN = /^[\w.:@%+=/-]+$/;
/** Characters of a description that are shown. */
const MAX_DESCRIPTION = 80;

/** The words behind the program's name; the last one is being written. From `bash LINE BREAKS` or `words WORD...`. */
export function wordsOf(argv: readonly string[]): readonly string[] {
  const [form, ...rest] = argv;
  return form === 'bash' ? splitLine(rest[0] ?? '').slice(1) : rest;
}

/** The lines to print. `program` has the command of `words` loaded. */
export async function complete(program: Command, argv: readonly string[]): Promise<readonly string[]> {
  const words = wordsOf(argv);
  const found = await candidates(program, words, lookUp);
  if (found === 'files') return ['files'];
  const done = argv[0] === 'bash' ? doneByBash(words.at(-1) ?? '', argv[2] ?? '') : 0;
  return ['words', ...found.filter(({ value }) => PLAIN.test(value)).map((one) => lineOf(one, done))];
}

function lineOf({ value, description }: Candidate, done: number): string {
  return `${value.slice(done)}\t${description.replace(/\s+/g, ' ').slice(0, MAX_DESCRIPTION)}`;
}

const lookUp: Lookup = async (kind, before) => {
  const { home } = loadConfig().models;
  const names = await import('../../local/names.js');
  const found =
    kind === 'pulled'
      ? await names.pulledNames(home)
      : kind === 'catalog'
        ? await names.catalogNames(home)
        : await names.voiceNames(home, before[0] ?? '');
  return found.map(({ name, description }) => ({ value: name, description }));
};
