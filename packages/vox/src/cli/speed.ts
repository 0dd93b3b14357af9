import { UsageError } from './command.js';

/** The value of `--speed`. The range belongs to the model, so the server checks it; here it is only a number. */
export function speedFactor(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new UsageError(`--speed ${text}: expected a number above 0, e.g. 1.2`);
  return value;
}
