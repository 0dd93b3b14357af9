/** A `.env` file, as python-dotenv reads it but for variables inside of values. */
import { readFileSync } from 'node:fs';
import { VoxError } from '@vox-speech/contract';

const LINE = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/;

/** Names and values. A later line wins; what is no assignment is skipped. */
export function parseEnvFile(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = LINE.exec(line) ?? [];
    if (name !== undefined) found[name] = unquote(value ?? '');
  }
  return found;
}

function unquote(value: string): string {
  const quoted = /^(?:"((?:[^"\\]|\\.)*)"|'([^']*)')/.exec(value);
  if (quoted === null) return value.replace(/(?:^|\s)#.*$/, '').trim();
  return quoted[2] ?? (quoted[1] ?? '').replace(/\\(["\\])/g, '$1');
}

/** The file's text; undefined where there is none. Throws `invalid_request` where it can't be read. */
export function readEnvFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new VoxError('invalid_request', `${path} cannot be read: ${message}`, { cause: error });
  }
}
