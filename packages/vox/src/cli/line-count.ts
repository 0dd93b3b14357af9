import { UsageError } from './command.js';

/** Most lines that are shown at once. */
const MAX_LINES = 1_000_000;

/** What stands behind `--lines`. Throws UsageError for what is no whole number from 0 to a million. */
export function lineCount(text: string): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (!(count <= MAX_LINES))
    throw new UsageError(`--lines ${text}: expected a whole number from 0 to ${MAX_LINES}`);
  return count;
}
