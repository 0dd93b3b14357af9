/** `keep_alive` of a request: how long the model stays loaded after it. */
import { VoxError } from '@vox-speech/contract';
import type { KeepAlive } from './types.js';

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };
const ALLOWED =
  'a number of seconds, a duration such as "5m" or "1h30m", 0 (unload at once) or -1 (keep for ever)';

/**
 * Seconds from a JSON value or a form field: 300, "300", "5m", "1h30m", 0, any negative number or duration for ever.
 * @returns undefined where the field is absent, null or empty
 * @throws VoxError `invalid_request` naming `keep_alive`
 */
export function parseKeepAlive(value: unknown): KeepAlive | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const seconds =
    typeof value === 'number' ? value : typeof value === 'string' ? fromText(value.trim()) : Number.NaN;
  if (Number.isNaN(seconds))
    throw new VoxError('invalid_request', `keep_alive must be ${ALLOWED}`, { param: 'keep_alive' });
  return seconds < 0 ? Number.POSITIVE_INFINITY : seconds;
}

function fromText(text: string): number {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (!/^-?(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return Number.NaN;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    seconds += Number(amount) * (SECONDS[unit ?? ''] ?? Number.NaN);
  return text.startsWith('-') ? -1 : seconds;
}
