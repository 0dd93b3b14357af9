/** What a request says of its speakers. Pure. */
import { VoxError } from '@vox-speech/contract';
import type { Diarize } from '../../runtime/types.js';
import { form } from '../../transport/index.js';

type Fields = ReadonlyMap<string, readonly string[]>;

/** What a request says of its speakers; the recordings are in memory still. */
export interface DiarizeCommand {
  readonly by?: Diarize['by'];
  readonly known: readonly { readonly name: string; readonly audio: Uint8Array }[];
}

/** OpenAI's limit (openapi.yaml, 2026-08-21). */
const MAX_KNOWN = 4;
/** Characters of a speaker's name: it stands before every line. */
const MAX_NAME = 64;
/** Bytes of one recording as a data URL: 10 s of 24-bit stereo at 48 kHz. */
const REFERENCE_BYTES = 4 * 2 ** 20;

const NAMES = 'known_speaker_names';
const REFERENCES = 'known_speaker_references';

/** Fields of an upload that may be as long as a recording. */
export const LARGE_FIELDS = {
  names: [REFERENCES, `${REFERENCES}[]`],
  bytes: REFERENCE_BYTES,
  allBytes: MAX_KNOWN * REFERENCE_BYTES,
} as const;

function refuse(param: string, message: string): VoxError {
  return new VoxError('invalid_request', `${param} ${message}`, { param });
}

/**
 * The fields of a request for `diarized_json`.
 * @throws VoxError `invalid_request` naming the field and what is allowed
 */
export function readDiarize(fields: Fields, task: 'transcribe' | 'translate'): DiarizeCommand {
  if (task === 'translate')
    throw refuse('response_format', 'diarized_json is for transcriptions; a translation names no speakers');
  if (form.text(fields, 'prompt') !== undefined)
    throw refuse('prompt', 'can not be given where speakers are told apart; leave it out');
  const by = form.choice(fields, 'diarize_by', ['auto', 'channel', 'voice'], 'auto');
  const names = texts(fields, NAMES).map((name) => name.trim());
  const references = texts(fields, REFERENCES);
  if (names.length > MAX_KNOWN)
    throw refuse(NAMES, `has ${names.length} names; at most ${MAX_KNOWN} are known`);
  if (references.length !== names.length)
    throw refuse(
      references.length < names.length ? REFERENCES : NAMES,
      `and ${references.length < names.length ? NAMES : REFERENCES} go together: there are ${names.length} names and ${references.length} recordings`,
    );
  names.forEach((name, index) => {
    if (name === '' || name.length > MAX_NAME)
      throw refuse(NAMES, `[${index}] must have 1 to ${MAX_NAME} characters`);
    if (names.indexOf(name) !== index) throw refuse(NAMES, `has ${JSON.stringify(name)} twice`);
  });
  const known = names.map((name, index) => ({ name, audio: decode(references[index] ?? '', index) }));
  return { known, ...(by === 'auto' ? {} : { by }) };
}

/** A list whose values may hold commas: `name[]` or `name`, repeated, or one JSON array. */
function texts(fields: Fields, name: string): string[] {
  const values = [...(fields.get(`${name}[]`) ?? []), ...(fields.get(name) ?? [])];
  return values.flatMap((value) => (value.startsWith('[') ? fromJson(value, name) : [value]));
}

function fromJson(value: string, name: string): string[] {
  try {
    const parsed: unknown = JSON.parse(value);
    if (Array.isArray(parsed) && parsed.every((one) => typeof one === 'string')) return parsed;
  } catch {
    // Said below.
  }
  throw refuse(name, 'is no JSON array of texts');
}

const DATA_URL = /^data:[\w.+-]+\/[\w.+-]+(?:;[\w.+-]+=[\w.+-]+)*;base64,/i;

function decode(url: string, index: number): Uint8Array {
  const head = DATA_URL.exec(url.slice(0, 200))?.[0];
  if (head === undefined)
    throw refuse(REFERENCES, `[${index}] must be a data URL: data:audio/wav;base64,...`);
  const audio = Buffer.from(url.slice(head.length), 'base64');
  if (audio.length === 0) throw refuse(REFERENCES, `[${index}] is empty`);
  return audio;
}
