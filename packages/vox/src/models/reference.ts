/**
 * The name of a model. Grammar (RFC 5234):
 *
 *     reference = part ":" part
 *     part      = alnum *127( alnum / "." / "_" / "-" )     ; never ".." anywhere
 *     alnum     = %x61-7A / DIGIT                           ; lower case only
 *
 * Every path of the store is made from a parsed reference and from nothing else, so that no request can name
 * a file outside it.
 */
import { VoxError } from '@vox-speech/contract';

declare const parsed: unique symbol;

/** A reference that was checked. Only this module makes one. */
export interface Reference {
  readonly name: string;
  readonly tag: string;
  readonly [parsed]: true;
}

/** One side of a reference: at most 128 characters. */
const PART = /^[a-z0-9][a-z0-9._-]{0,127}$/;

/** Whether a text can be the name or the tag of a reference. */
export function isPart(text: string): boolean {
  return PART.test(text) && !text.includes('..');
}

/**
 * Splits a text into name and, where there is a colon, tag; checks both.
 * Throws `invalid_request` that says what is wrong, and the lower-case form where that is all.
 */
export function splitReference(text: string): { name: string; tag: string | undefined } {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const tag = colon < 0 ? undefined : text.slice(colon + 1);
  if (isPart(name) && (tag === undefined || isPart(tag))) return { name, tag };
  throw new VoxError('invalid_request', complaint(text), { param: 'model' });
}

/** Parses `name:tag`. Throws `invalid_request` where the text is not one, or has no tag. */
export function parseReference(text: string): Reference {
  const { name, tag } = splitReference(text);
  if (tag === undefined)
    throw new VoxError(
      'invalid_request',
      `model: ${quote(text)} has no tag; write name:tag, e.g. whisper:base.en`,
      {
        param: 'model',
      },
    );
  return { name, tag } as Reference;
}

/** `name:tag`. */
export function formatReference(reference: Reference): string {
  return `${reference.name}:${reference.tag}`;
}

function complaint(text: string): string {
  const rule =
    'name:tag of lower-case letters, digits, ".", "_" and "-" (no "..", at most 128 characters a side)';
  const lower = text.trim().toLowerCase();
  const [name = '', ...rest] = lower.split(':');
  const wouldDo =
    lower !== text && isPart(name) && (rest.length === 0 || (rest.length === 1 && isPart(rest[0] ?? '')));
  return `model: ${quote(text)} is not a model name; ${wouldDo ? `write ${lower}` : `it must be ${rule}`}`;
}

/** A stranger's text as it may stand in a message: short, and without control characters. */
function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
