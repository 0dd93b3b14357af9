/** Readers of the values that only `vox engine` has, and of the original's looser spellings. */
import { VoxError } from '@vox-speech/contract';
import type { Reader } from './values.js';

export const DELAY_SYNTAX = '80 to 2400 in steps of 80';
/** One step of Voxtral Realtime, in ms (yap.md section 4). */
const DELAY_STEP_MS = 80;
const MAX_DELAY_MS = 2_400;
/** The original's (yap.md section 5). */
const ORIGINAL_DELAY_MS = 400;
const ORIGINAL_MEMORY_SHARE = 0.92;

function expected(what: string): VoxError {
  return new VoxError('invalid_request', `expected ${what}`);
}

/** ms: 80 to 2400, a multiple of 80. Throws VoxError `invalid_request` for anything else. */
export function delayMs(text: string): number {
  const value = /^\d{1,6}$/.test(text.trim()) ? Number(text.trim()) : Number.NaN;
  if (!(value >= DELAY_STEP_MS && value <= MAX_DELAY_MS && value % DELAY_STEP_MS === 0))
    throw expected(`${DELAY_SYNTAX} ms`);
  return value;
}

/** The original's: what is no whole number is 400, what is one must be a delay (yap.md section 4). */
export function originalDelayMs(text: string): number {
  return /^-?\d+$/.test(text.trim()) ? delayMs(text) : ORIGINAL_DELAY_MS;
}

/** Above 0, at most 1. Throws VoxError `invalid_request` for anything else. */
export function memoryShare(text: string): number {
  const value = /^\d*\.?\d+$/.test(text.trim()) ? Number(text.trim()) : Number.NaN;
  if (!(value > 0 && value <= 1)) throw expected('a number above 0, at most 1, e.g. 0.92');
  return value;
}

/** The original's: what is out of range is 0.92 (yap.md section 5). */
export function originalMemoryShare(text: string): number {
  const value = Number(text.trim());
  return value > 0 && value <= 1 ? value : ORIGINAL_MEMORY_SHARE;
}

/** `auto` is undefined; anything else is read by `read`. */
export function automatic<T>(read: Reader<T>): Reader<T | undefined> {
  return (text, machine) => (/^auto$/i.test(text.trim()) ? undefined : read(text, machine));
}

/** `auto`, `off`, or a JSON object in one line. Throws VoxError `invalid_request` for anything else. */
export function compilationConfig(text: string): string {
  const word = text.trim().toLowerCase();
  if (word === 'auto') return 'auto';
  if (['off', 'none', 'null'].includes(word)) return 'off';
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return JSON.stringify(value);
  } catch {
    // Said below.
  }
  throw expected('auto, off, or a JSON object');
}

/** The original's: what is no JSON is the default (yap.md section 5). */
export function originalCompilationConfig(text: string): string {
  try {
    return compilationConfig(text);
  } catch {
    return 'auto';
  }
}

/** A container image; `true` is `auto`, the one of vLLM's own that the model needs, `false` is none. Throws VoxError `invalid_request` for what is no image's name. */
export const containerImage: Reader<string | undefined> = (text) => {
  const word = text.trim();
  if (/^(?:auto|true|1|yes|on)$/i.test(word)) return 'auto';
  if (/^(?:false|0|no|off)$/i.test(word)) return undefined;
  if (!/^[\w][\w.:/@-]*$/.test(word)) throw expected('the name of a container image, true or false');
  return word;
};
