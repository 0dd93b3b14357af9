/** Reading the fields of a form. All of them are text; a repeated scalar counts by its last value. */
import { VoxError } from '@vox-speech/contract';

type Fields = ReadonlyMap<string, readonly string[]>;

/** The field's text; undefined where it is absent or empty. */
export function text(fields: Fields, name: string): string | undefined {
  const value = fields.get(name)?.at(-1);
  return value === undefined || value === '' ? undefined : value;
}

/** @throws VoxError `invalid_request` for what is not one of the words */
export function choice<T extends string>(
  fields: Fields,
  name: string,
  allowed: readonly T[],
  fallback: T,
): T {
  const value = text(fields, name);
  if (value === undefined) return fallback;
  const found = allowed.find((one) => one === value);
  if (found === undefined)
    throw new VoxError(
      'invalid_request',
      `${name} must be one of ${allowed.join(', ')}; got ${shown(value)}`,
      {
        param: name,
      },
    );
  return found;
}

/** @throws VoxError `invalid_request` for what is not a number from `min` to `max` */
export function number(fields: Fields, name: string, min: number, max: number): number | undefined {
  const value = text(fields, name);
  if (value === undefined) return undefined;
  const parsed = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value.trim()) ? Number(value) : Number.NaN;
  if (!(parsed >= min && parsed <= max))
    throw new VoxError(
      'invalid_request',
      `${name} must be a number from ${min} to ${max}; got ${shown(value)}`,
      {
        param: name,
      },
    );
  return parsed;
}

const TRUE = ['true', '1', 'yes', 'on'];
const FALSE = ['false', '0', 'no', 'off'];

/** @throws VoxError `invalid_request` for what is not a yes or a no */
export function flag(fields: Fields, name: string): boolean {
  const value = text(fields, name)?.trim().toLowerCase();
  if (value === undefined || FALSE.includes(value)) return false;
  if (TRUE.includes(value)) return true;
  throw new VoxError('invalid_request', `${name} must be true or false; got ${shown(value)}`, {
    param: name,
  });
}

/** A list that clients send as `name[]` or `name`, repeated, comma-separated or as one JSON array. */
export function list(fields: Fields, name: string): string[] {
  const values = [...(fields.get(`${name}[]`) ?? []), ...(fields.get(name) ?? [])];
  return values
    .flatMap((value) => fromJson(value) ?? value.split(','))
    .map((one) => one.trim())
    .filter(Boolean);
}

/** A list whose items may hold commas: `name[]` is one item each time, or a JSON array; `name` is also split at commas. */
export function phrases(fields: Fields, name: string): string[] {
  const each = (fields.get(`${name}[]`) ?? []).flatMap((value) => fromJson(value) ?? [value]);
  const joined = (fields.get(name) ?? []).flatMap((value) => fromJson(value) ?? value.split(','));
  return [...each, ...joined];
}

function fromJson(value: string): string[] | undefined {
  if (!value.trim().startsWith('[')) return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) ? parsed.map(String) : undefined;
  } catch {
    return undefined;
  }
}

function shown(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
}
