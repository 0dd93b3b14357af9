/** A command line as a POSIX shell reads it, and back. */
import { VoxError } from '@vox-speech/contract';

/** A word: bare characters, `'...'`, `"..."` and escaped characters, one after the other. */
const WORD = /(?:[^\s'"\\]|'[^']*'|"(?:[^"\\]|\\.)*"|\\.)+/gs;
const PIECE = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)/gs;
const SAFE = /^[\w@%+=:,./-]+$/;

/** The words of a command; variables and substitutions are text. Throws VoxError `invalid_request` where a quote is open. */
export function splitWords(command: string): readonly string[] {
  const words = command.match(WORD) ?? [];
  if (command.replace(WORD, '').trim() !== '')
    throw new VoxError('invalid_request', `a quote is not closed in: ${command}`);
  return words.map((word) =>
    word.replace(
      PIECE,
      (_, single: string | undefined, double: string | undefined, escaped: string | undefined, bare = '') =>
        single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? String(bare),
    ),
  );
}

/** A command that a person can paste into a shell. */
export function quoteWords(words: readonly string[]): string {
  return words.map((word) => (SAFE.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
