/** `chunking_strategy`: `auto`, or how the detector of speech is to cut, in any of the forms that clients send. Pure. */
import { type Chunking, VoxError } from '@vox-speech/contract';
import { form } from '../../transport/index.js';

const FIELD = 'chunking_strategy';
/** Ms: ours, since upstream names none. Ten seconds of either is longer than any pause in speech. */
const MAX_MS = 10_000;
/** Names in the request, what they mean to the runtime, and the largest value. */
const NUMBERS = [
  ['prefix_padding_ms', 'prefixMs', MAX_MS],
  ['silence_duration_ms', 'silenceMs', MAX_MS],
  ['threshold', 'threshold', 1],
] as const;

/**
 * The strategy of a form: absent and `auto` = undefined. An object comes as `chunking_strategy[type]=server_vad` and so on,
 * or as JSON; of it, what is absent is as `auto` has it.
 * @throws VoxError `invalid_request` naming the field
 */
export function readChunking(fields: ReadonlyMap<string, readonly string[]>): Chunking | undefined {
  const given = { ...fromJson(form.text(fields, FIELD)), ...fromBrackets(fields) };
  if (Object.keys(given).length === 0) return undefined;
  if (given.type !== 'server_vad')
    throw refusal(`${FIELD}.type must be server_vad; got ${JSON.stringify(given.type ?? null).slice(0, 60)}`);
  const unknown = Object.keys(given).find((key) => key !== 'type' && NUMBERS.every(([name]) => name !== key));
  if (unknown !== undefined) throw refusal(`${FIELD} has no ${JSON.stringify(unknown.slice(0, 60))}`);
  const chunking: { -readonly [key in keyof Chunking]: number } = {};
  for (const [name, key, max] of NUMBERS) {
    const value = given[name];
    if (value === undefined || value === null || value === '') continue;
    const number = typeof value === 'string' ? Number(value) : value;
    if (typeof number !== 'number' || !(number >= 0 && number <= max))
      throw refusal(`${FIELD}.${name} must be a number from 0 to ${max}`);
    chunking[key] = number;
  }
  return chunking;
}

function fromJson(text: string | undefined): Readonly<Record<string, unknown>> {
  const trimmed = text?.trim() ?? '';
  if (['', 'auto', '"auto"', 'null'].includes(trimmed)) return {};
  try {
    const value: unknown = JSON.parse(trimmed);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw refusal(
    `${FIELD} must be auto, or an object with type server_vad; got ${JSON.stringify(trimmed.slice(0, 60))}`,
  );
}

function fromBrackets(fields: ReadonlyMap<string, readonly string[]>): Readonly<Record<string, unknown>> {
  const found: Record<string, string> = {};
  for (const [key, values] of fields) {
    const name = /^chunking_strategy\[([^\]]*)\]$/.exec(key)?.[1];
    if (name !== undefined) found[name] = values.at(-1) ?? '';
  }
  return found;
}

function refusal(message: string): VoxError {
  return new VoxError('invalid_request', message, { param: FIELD });
}
