/** Sizes and durations as people write them, and back. */
import { VoxError } from '@vox-speech/contract';

const SIZE = /^(\d+(?:\.\d+)?)\s*(b|k|kb|ki|kib|m|mb|mi|mib|g|gb|gi|gib|t|tb|ti|tib)?$/i;
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/i;
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/gi;

/** Powers of 1024 by the first letter of the suffix: the original counts `kb` like `ki`, and so do we (vox.md section 1). */
const SIZE_POWER: Readonly<Record<string, number>> = { b: 0, k: 1, m: 2, g: 3, t: 4 };

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

export const SIZE_SYNTAX =
  'a size in bytes, or with a suffix b, k, m, g or t (also ki, kib, kb, ...; all base 1024), e.g. 10Gi';
export const DURATION_SYNTAX = 'seconds, or a duration like 30s, 5m or 1h30m';

/**
 * Bytes of `512Mi`, `10g`, `1048576`. Every suffix is base 1024.
 * Throws VoxError `invalid_request` for anything else and for what passes 2^53.
 */
export function parseBytes(text: string): number {
  const match = SIZE.exec(text.trim());
  if (match === null) throw new VoxError('invalid_request', `expected ${SIZE_SYNTAX}`);
  const power = SIZE_POWER[(match[2] ?? 'b').charAt(0).toLowerCase()] ?? 0;
  const bytes = Math.round(Number(match[1]) * 1024 ** power);
  if (!Number.isSafeInteger(bytes)) throw new VoxError('invalid_request', `expected ${SIZE_SYNTAX}`);
  return bytes;
}

/** A size for people: `512 B`, `1.5 MB`, base 1024 and one decimal as in the original's tables; `-` where it is not known. */
export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined || !Number.isFinite(bytes) || bytes < 0) return '-';
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  const units = ['KB', 'MB', 'GB', 'TB'];
  let value = bytes / 1024;
  let unit = 0;
  // 1023.95 would round to the five characters 1024.0: the next unit says it better.
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit] ?? 'TB'}`;
}

/**
 * Seconds of `300`, `30s`, `1h30m`, `250ms`. Throws VoxError `invalid_request` for anything else, negatives included.
 */
export function parseDuration(text: string): number {
  const trimmed = text.trim();
  if (/^\d+(?:\.\d+)?$/.test(trimmed)) return bounded(Number(trimmed));
  if (!DURATION.test(trimmed)) throw new VoxError('invalid_request', `expected ${DURATION_SYNTAX}`);
  let milliseconds = 0;
  for (const [, amount, unit] of trimmed.matchAll(DURATION_PART)) {
    milliseconds += Number(amount) * (SECONDS[(unit ?? 's').toLowerCase()] ?? 1) * 1000;
  }
  return bounded(Math.round(milliseconds) / 1000);
}

/** A year is longer than any wait that is meant; more than 24.8 days at once is for the caller of a timer to split. */
function bounded(seconds: number): number {
  if (seconds > 366 * 86_400)
    throw new VoxError('invalid_request', `expected ${DURATION_SYNTAX}, at most 366 days`);
  return seconds;
}

/** A duration in the shortest exact form that `parseDuration` reads back; `for ever` for Infinity. */
export function formatDuration(seconds: number): string {
  if (seconds === Number.POSITIVE_INFINITY) return 'for ever';
  let rest = Math.round(seconds * 1000);
  if (rest === 0) return '0s';
  let text = '';
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
    ['ms', 1],
  ] as const) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}
