/** What comes in: fields of a form or of the query, checked as FastAPI does (tone.md sections 1 and 2). Pure. */
import type { Decoder } from '@vox-speech/contract';
import { parseLanguage } from '../../runtime/languages.js';
import { form } from '../../transport/index.js';
import { missing, notAmong, notBoolean, notCount } from './errors.js';

export type Fields = Parameters<typeof form.text>[0];

/** The ways of decoding that may be asked for. */
export const DECODERS: readonly Decoder[] = ['greedy', 'beam'];
/** The words that pydantic reads as a boolean, in any case. */
const TRUE = ['true', '1', 'on', 'yes', 't', 'y'];
const FALSE = ['false', '0', 'off', 'no', 'f', 'n'];
/** Ids are UUIDs; nothing longer is one. */
const MAX_ID_LENGTH = 256;

/** How a recording or a session is to be heard; ours, all optional. */
export interface Wishes {
  /** '' = the default recogniser. */
  readonly model: string;
  readonly language?: string;
  readonly decoder?: Decoder;
}

/** @throws VoxError `unprocessable` for a decoder that there is none of */
export function wishes(fields: Fields): Wishes {
  const language = parseLanguage(form.text(fields, 'language'));
  const decoder = form.text(fields, 'decoder');
  const known = DECODERS.find((one) => one === decoder);
  if (decoder !== undefined && known === undefined) throw notAmong('decoder', DECODERS, decoder);
  return {
    model: form.text(fields, 'model') ?? '',
    ...(language === undefined ? {} : { language }),
    ...(known === undefined ? {} : { decoder: known }),
  };
}

/** @throws VoxError `unprocessable` for what is no boolean */
export function flag(fields: Fields, name: string, fallback: boolean): boolean {
  const given = form.text(fields, name);
  const word = given?.trim().toLowerCase() ?? '';
  if (given === undefined) return fallback;
  if (TRUE.includes(word)) return true;
  if (FALSE.includes(word)) return false;
  throw notBoolean(name, given);
}

/** The number of a chunk; undefined where the client does not count. Throws `unprocessable`. */
export function seq(fields: Fields): { seq?: number } {
  const given = form.text(fields, 'seq');
  if (given === undefined) return {};
  const value = /^\d{1,15}$/.test(given.trim()) ? Number(given) : Number.NaN;
  if (Number.isNaN(value)) throw notCount('seq', given);
  return { seq: value };
}

/** @throws VoxError `unprocessable` where there is none */
export function stateId(fields: Fields): string {
  const given = form.text(fields, 'state_id');
  if (given === undefined) throw missing(['state_id']);
  return given.slice(0, MAX_ID_LENGTH);
}
