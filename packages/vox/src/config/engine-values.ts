/** Readers of the values that only `vox engine` has. */
import { VoxError } from '@vox-speech/contract';
import type { Reader } from './values.js';

function expected(what: string): VoxError {
  return new VoxError('invalid_request', `expected ${what}`);
}

/** Above 0, at most 1. Throws VoxError `invalid_request` for anything else. */
export function memoryShare(text: string): number {
  const value = /^\d*\.?\d+$/.test(text.trim()) ? Number(text.trim()) : Number.NaN;
  if (!(value > 0 && value <= 1)) throw expected('a number above 0, at most 1, e.g. 0.92');
  return value;
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

/** A container image; `true` is `auto`, the one of vLLM's own that the model needs, `false` is none. Throws VoxError `invalid_request` for what is no image's name. */
export const containerImage: Reader<string | undefined> = (text) => {
  const word = text.trim();
  if (/^(?:auto|true|1|yes|on)$/i.test(word)) return 'auto';
  if (/^(?:false|0|no|off)$/i.test(word)) return undefined;
  if (!/^[\w][\w.:/@-]*$/.test(word)) throw expected('the name of a container image, true or false');
  return word;
};
