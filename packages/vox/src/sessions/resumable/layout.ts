/**
 * How a session lies in Redis. Under its own key a head: magic, version, fields of fixed size in big-endian order, then what
 * it was opened with as JSON. Beside it two lists: elements of audio (element.ts) and phrases as JSON.
 * Nothing here is code, and what does not begin with the magic is not ours.
 */
import { VoxError } from '@vox-speech/contract';
import { ELEMENT_BYTES, type Head, type Setup, type Told } from './store.js';

export const MAGIC = 'VOXS';
export const VERSION = 2;
/** Bytes of the fixed part: magic, version, finished, rate, next, token, total, base, openFrom, length of owner. */
const FIXED = 43;

/** The head of a session that has just begun. */
export function newHead(setup: Setup): Buffer {
  const fixed = Buffer.alloc(FIXED);
  fixed.write(MAGIC, 'latin1');
  fixed[4] = VERSION;
  return Buffer.concat([fixed, Buffer.from(JSON.stringify(setup))]);
}

/** Throws `conflict` for what is not a head of this version. */
export function readHead(bytes: Buffer, id: string): Head {
  if (bytes.length < FIXED || bytes.toString('latin1', 0, 4) !== MAGIC || bytes[4] !== VERSION)
    throw foreign(id);
  const setupAt = FIXED + bytes.readUInt8(FIXED - 1);
  return {
    finished: bytes[5] === 1,
    sampleRate: bytes.readUInt32BE(6),
    next: bytes.readUInt32BE(10),
    token: bytes.readUInt32BE(14),
    total: position(bytes, 18),
    base: position(bytes, 26),
    openFrom: position(bytes, 34),
    owner: bytes.toString('latin1', FIXED, setupAt),
    setup: readSetup(bytes.toString('utf8', setupAt), id),
  };
}

/** The bytes of a piece in parts of at most `ELEMENT_BYTES`; at least one, which may be empty. */
export function elementsOf(pcm: Uint8Array): Uint8Array[] {
  const parts = [pcm.subarray(0, ELEMENT_BYTES)];
  for (let at = ELEMENT_BYTES; at < pcm.length; at += ELEMENT_BYTES)
    parts.push(pcm.subarray(at, at + ELEMENT_BYTES));
  return parts;
}

/** Throws `conflict`. */
export function readPhrase(text: string, id: string): Told {
  const value = parse(text) as Partial<Told> | undefined;
  if (
    typeof value?.text !== 'string' ||
    typeof value.startSeconds !== 'number' ||
    typeof value.endSeconds !== 'number' ||
    typeof value.seq !== 'number'
  )
    throw foreign(id);
  return value as Told;
}

/** What lies under our key is not ours. */
export function foreign(id: string): VoxError {
  return new VoxError(
    'conflict',
    `what the store holds for the session '${id}' is not in Vox's format; begin a new session, and give Vox a prefix of its own (VOX_SESSION_PREFIX)`,
    { param: 'state_id' },
  );
}

function readSetup(text: string, id: string): Setup {
  const value = parse(text) as Partial<Setup> | undefined;
  if (typeof value?.model !== 'string') throw foreign(id);
  return value as Setup;
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const position = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64BE(at));
