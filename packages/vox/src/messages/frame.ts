/**
 * Frames on the pipe between the server and a runner.
 *
 *     u32 length of the rest | u32 length of the JSON | JSON (UTF-8) | body
 *
 * Integers are little-endian. The decoder is a state machine without I/O: bytes may be split anywhere.
 */
import { VoxError } from '@vox-speech/contract';
import type { Envelope } from './index.js';

/** A frame larger than this is a fault of the peer: audio travels in pieces of a few kilobytes. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** The bytes of one frame, as pieces for a gathered write; the body is not copied. */
export function encodeFrame<M>(message: M, body?: Uint8Array): Uint8Array[] {
  const json = Buffer.from(JSON.stringify(message));
  const head = Buffer.allocUnsafe(8);
  head.writeUInt32LE(4 + json.length + (body?.length ?? 0), 0);
  head.writeUInt32LE(json.length, 4);
  return body === undefined || body.length === 0 ? [head, json] : [head, json, body];
}

/** Bytes in, whole frames out. Throws VoxError `internal` on a frame that can't be one of ours. */
export class FrameDecoder<M> {
  #pending: Buffer = Buffer.alloc(0);
  /** Pieces of a frame that is not whole yet, joined only once. */
  #pieces: Buffer[] = [];
  #piecesLength = 0;
  #wanted = 4;

  push(chunk: Buffer): Envelope<M>[] {
    this.#pieces.push(chunk);
    this.#piecesLength += chunk.length;
    if (this.#piecesLength < this.#wanted) return [];
    this.#pending = this.#pieces.length === 1 ? chunk : Buffer.concat(this.#pieces, this.#piecesLength);
    const envelopes: Envelope<M>[] = [];
    let offset = 0;
    this.#wanted = 4;
    while (this.#pending.length - offset >= 4) {
      const length = this.#pending.readUInt32LE(offset);
      if (length < 4 || length > MAX_FRAME_BYTES) throw new VoxError('internal', `frame of ${length} bytes`);
      if (this.#pending.length - offset < 4 + length) {
        this.#wanted = 4 + length;
        break;
      }
      envelopes.push(parse<M>(this.#pending.subarray(offset + 4, offset + 4 + length)));
      offset += 4 + length;
    }
    const rest = this.#pending.subarray(offset);
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#piecesLength = rest.length;
    return envelopes;
  }
}

function parse<M>(frame: Buffer): Envelope<M> {
  const jsonLength = frame.readUInt32LE(0);
  if (4 + jsonLength > frame.length)
    throw new VoxError('internal', 'frame with a JSON part that passes its end');
  const message = JSON.parse(frame.toString('utf8', 4, 4 + jsonLength)) as M;
  const body = frame.subarray(4 + jsonLength);
  return body.length === 0 ? { message } : { message, body };
}
