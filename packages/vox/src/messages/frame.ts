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
/** Bytes of the field that tells a frame's length. */
const LENGTH = 4;
/** Room for a frame that came in pieces is kept for the next one up to this, in bytes. */
const KEPT_ROOM = 256 * 1024;

const NO_ROOM = Buffer.alloc(0);

/** The bytes of one frame, as pieces for a gathered write; the body is not copied. */
export function encodeFrame<M>(message: M, body?: Uint8Array): Uint8Array[] {
  const json = Buffer.from(JSON.stringify(message));
  const head = Buffer.allocUnsafe(8);
  head.writeUInt32LE(LENGTH + json.length + (body?.length ?? 0), 0);
  head.writeUInt32LE(json.length, LENGTH);
  return body === undefined || body.length === 0 ? [head, json] : [head, json, body];
}

/** Bytes in, whole frames out. It keeps nothing of what it was given, so that one block can be read into again and again. */
export class FrameDecoder<M> {
  /** The beginning of a frame that is not whole yet: `#held` bytes. */
  #room: Buffer = NO_ROOM;
  #held = 0;

  /**
   * Takes the next bytes, and gives the frames that are whole now; to be run to its end. Then the bytes are the caller's
   * again. A frame's body lies in them, or in room that is used for the next one: whoever keeps it copies it. Throws VoxError
   * `internal` on a frame that can't be one of ours.
   */
  *push(chunk: Buffer): Generator<Envelope<M>, void, void> {
    let at = 0;
    while (this.#held > 0 && at < chunk.length) {
      at += this.#hold(chunk.subarray(at), this.#wanted() - this.#held);
      if (this.#held < LENGTH || this.#held < this.#wanted()) continue;
      const frame = this.#room.subarray(LENGTH, this.#held);
      this.#held = 0;
      yield parse<M>(frame);
      if (this.#room.length > KEPT_ROOM) this.#room = NO_ROOM;
    }
    while (chunk.length - at >= LENGTH) {
      const end = at + LENGTH + lengthOf(chunk, at);
      if (end > chunk.length) break;
      yield parse<M>(chunk.subarray(at + LENGTH, end));
      at = end;
    }
    if (at < chunk.length) this.#hold(chunk.subarray(at), chunk.length - at);
  }

  /** Bytes of the frame that is held, as far as that can be told. */
  #wanted(): number {
    return this.#held < LENGTH ? LENGTH : LENGTH + lengthOf(this.#room, 0);
  }

  /** Holds up to `count` of the bytes. @returns how many */
  #hold(bytes: Buffer, count: number): number {
    const taken = Math.min(count, bytes.length);
    const needed = this.#held + taken;
    if (needed > this.#room.length) {
      const whole = this.#held < LENGTH ? 0 : this.#wanted();
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, whole));
      this.#room.copy(larger, 0, 0, this.#held);
      this.#room = larger;
    }
    bytes.copy(this.#room, this.#held, 0, taken);
    this.#held = needed;
    return taken;
  }
}

/** The length that stands at `at`. Throws VoxError `internal` where it is none. */
function lengthOf(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32LE(at);
  if (length < 4 || length > MAX_FRAME_BYTES) throw new VoxError('internal', `frame of ${length} bytes`);
  return length;
}

function parse<M>(frame: Buffer): Envelope<M> {
  const jsonLength = frame.readUInt32LE(0);
  if (4 + jsonLength > frame.length)
    throw new VoxError('internal', 'frame with a JSON part that passes its end');
  const message = JSON.parse(frame.toString('utf8', 4, 4 + jsonLength)) as M;
  const body = frame.subarray(4 + jsonLength);
  return body.length === 0 ? { message } : { message, body };
}
