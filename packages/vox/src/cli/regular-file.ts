import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { UsageError } from './command.js';

/** What the system says of a file. Throws UsageError where there is none. */
export async function requireFile(path: string): Promise<Stats> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) throw new UsageError(`no such file: ${path}`);
  return found;
}
