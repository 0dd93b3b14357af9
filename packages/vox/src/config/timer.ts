/** Times that may be switched off. */
import { VoxError } from '@vox-speech/contract';
import { DURATION_SYNTAX, parseDuration } from './units.js';
import type { Reader } from './values.js';

/** Words by which the originals switch a timer off (yap.md 2.3). */
const OFF = /^(?:0+(?:\.0+)?|none|null|disabled?|off)$/i;

/** Seconds; Infinity where it is switched off. */
export const timer: Reader<number> = (value) => {
  if (OFF.test(value.trim())) return Number.POSITIVE_INFINITY;
  try {
    return parseDuration(value);
  } catch {
    throw new VoxError('invalid_request', `expected ${DURATION_SYNTAX}; 0, off or none = never`);
  }
};
