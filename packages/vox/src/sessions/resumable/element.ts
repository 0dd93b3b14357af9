/**
 * An element of a session's audio as it lies in Redis: the number of its piece, the bytes of PCM in it, both in 4 bytes in
 * big-endian order, then the PCM: deflated where that is shorter, else as it is. Speech loses a quarter, and what every piece
 * costs in the store, on its way there and on its way to another instance, is mostly this.
 */
import { promisify } from 'node:util';
import { constants, deflateRaw, inflateRaw } from 'node:zlib';
import { foreign } from './layout.js';
import { ELEMENT_BYTES, type Element } from './store.js';

/** The number of the piece, which the store's script writes before what `pack` made. */
const NUMBER_BYTES = 4;
const LENGTH_BYTES = 4;
/** Less is not worth the trouble, in bytes. */
const LEAST_BYTES = 64;
/** Speech repeats nothing far back: a small window and little memory cost a third of the usual and find as much. */
const MANNER = { level: constants.Z_BEST_SPEED, windowBits: 12, memLevel: 5 };

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/**
 * The PCM of a piece in elements without their number. Beside the event loop.
 * @param parts of at most `ELEMENT_BYTES`
 */
export function pack(parts: readonly Uint8Array[]): Promise<Buffer[]> {
  return Promise.all(parts.map(packOne));
}

/** Throws `conflict` for what no instance of ours wrote. */
export async function unpack(bytes: Buffer, id: string): Promise<Element> {
  if (bytes.length < NUMBER_BYTES + LENGTH_BYTES) throw foreign(id);
  const length = bytes.readUInt32BE(NUMBER_BYTES);
  const body = bytes.subarray(NUMBER_BYTES + LENGTH_BYTES);
  if (length > ELEMENT_BYTES || body.length > length) throw foreign(id);
  const seq = bytes.readUInt32BE(0);
  if (body.length === length) return { seq, pcm: body };
  const pcm = await inflate(body, { maxOutputLength: length }).catch(() => undefined);
  if (pcm?.length !== length) throw foreign(id);
  return { seq, pcm };
}

async function packOne(pcm: Uint8Array): Promise<Buffer> {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(pcm.length);
  const small = pcm.length < LEAST_BYTES ? undefined : await deflate(pcm, MANNER);
  return Buffer.concat([length, small !== undefined && small.length < pcm.length ? small : pcm]);
}
