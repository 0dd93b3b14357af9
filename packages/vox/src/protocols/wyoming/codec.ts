/**
 * Bytes to events and back (Wyoming 1.10): a line of JSON, then `data_length` bytes of JSON that are merged over the line's
 * `data`, then `payload_length` bytes as they are. Clients write the data in either place, or in both; we write the second.
 */
import { VoxError } from '@vox-speech/contract';

/** The version of the protocol that our events carry. */
export const PROTOCOL_VERSION = '1.10.0';

/** Bytes of a header line, its line feed included: events with all their data in it too. */
export const MAX_HEADER_BYTES = 1024 * 1024;
/** Bytes of the data behind a header: 100 000 characters to speak, however they are escaped. */
export const MAX_DATA_BYTES = 1024 * 1024;
/** Bytes of a payload: half an hour of 16 kHz audio as one chunk. It is handed on as it comes, never held. */
export const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;

export type Data = Readonly<Record<string, unknown>>;

export type Decoded =
  | {
      readonly kind: 'event';
      readonly type: string;
      readonly data: Data;
      /** Of its header and data. */
      readonly bytes: number;
    }
  /** A part of the payload of the event before it, in order. */
  | { readonly kind: 'payload'; readonly bytes: Uint8Array }
  /** What came is no event: nothing can be read behind it. The last. */
  | { readonly kind: 'fault'; readonly error: VoxError };

const LINE_FEED = 0x0a;

interface Header {
  readonly type: string;
  /** Of the line. */
  readonly bytes: number;
  readonly data: Data;
  readonly dataBytes: number;
  readonly payloadBytes: number;
}

/** Reads a stream of bytes, however it is cut. */
export class EventDecoder {
  /** What has come of a header line or of data that is not whole yet. */
  #parts: Uint8Array[] = [];
  #held = 0;
  /** Whose data are coming. */
  #header: Header | undefined;
  /** Of the payload that is coming. */
  #payloadLeft = 0;
  #dead = false;

  /** What the bytes complete. Nothing after a fault. */
  push(bytes: Uint8Array): Decoded[] {
    const decoded: Decoded[] = [];
    let rest = bytes;
    try {
      while (rest.length > 0 && !this.#dead) rest = this.#take(rest, decoded);
    } catch (error) {
      this.#dead = true;
      this.#parts = [];
      decoded.push({ kind: 'fault', error: VoxError.from(error) });
    }
    return decoded;
  }

  /** Takes some of the bytes; the rest is returned. */
  #take(bytes: Uint8Array, decoded: Decoded[]): Uint8Array {
    if (this.#payloadLeft > 0) {
      const part = bytes.subarray(0, this.#payloadLeft);
      this.#payloadLeft -= part.length;
      decoded.push({ kind: 'payload', bytes: part });
      return bytes.subarray(part.length);
    }
    if (this.#header !== undefined) return this.#takeData(this.#header, bytes, decoded);
    const end = bytes.indexOf(LINE_FEED);
    const taken = end < 0 ? bytes.length : end + 1;
    if (this.#held + taken > MAX_HEADER_BYTES)
      throw malformed(`the header of an event may have ${MAX_HEADER_BYTES} bytes, its line feed included`);
    this.#hold(bytes.subarray(0, taken));
    if (end >= 0) {
      const bytes = this.#held;
      const header = { ...readHeader(this.#release()), bytes };
      if (header.dataBytes > 0) this.#header = header;
      else this.#event(header, {}, decoded);
    }
    return bytes.subarray(taken);
  }

  #takeData(header: Header, bytes: Uint8Array, decoded: Decoded[]): Uint8Array {
    const part = bytes.subarray(0, header.dataBytes - this.#held);
    this.#hold(part);
    if (this.#held === header.dataBytes) {
      this.#header = undefined;
      this.#event(header, readObject(this.#release(), 'data'), decoded);
    }
    return bytes.subarray(part.length);
  }

  #event({ type, data, bytes, dataBytes, payloadBytes }: Header, more: Data, decoded: Decoded[]): void {
    decoded.push({ kind: 'event', type, data: { ...data, ...more }, bytes: bytes + dataBytes });
    this.#payloadLeft = payloadBytes;
  }

  #hold(part: Uint8Array): void {
    this.#parts.push(part);
    this.#held += part.length;
  }

  #release(): string {
    const whole = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#held = 0;
    return Buffer.from(whole ?? []).toString('utf8');
  }
}

/** The bytes of an event, in the split form; its payload goes along uncopied. */
export function encodeEvent(type: string, data: Data = {}, payload?: Uint8Array): readonly Uint8Array[] {
  const body = Object.keys(data).length === 0 ? undefined : Buffer.from(JSON.stringify(data));
  const header = {
    type,
    version: PROTOCOL_VERSION,
    ...(body === undefined ? {} : { data_length: body.length }),
    ...(payload === undefined ? {} : { payload_length: payload.length }),
  };
  const line = Buffer.from(`${JSON.stringify(header)}\n`);
  return [
    body === undefined ? line : Buffer.concat([line, body]),
    ...(payload === undefined ? [] : [payload]),
  ];
}

function malformed(message: string): VoxError {
  return new VoxError('invalid_request', message);
}

function readHeader(line: string): Omit<Header, 'bytes'> {
  const header = readObject(line, 'header');
  const { type, data } = header;
  if (typeof type !== 'string' || type === '')
    throw malformed('the header of an event needs its "type", a text');
  return {
    type,
    data: data === undefined || data === null ? {} : object(data, 'data'),
    dataBytes: length(header, 'data_length', MAX_DATA_BYTES),
    payloadBytes: length(header, 'payload_length', MAX_PAYLOAD_BYTES),
  };
}

function length(header: Data, name: string, most: number): number {
  const value = header[name] ?? 0;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw malformed(
    `${name} must be a whole number from 0 to ${most}, not ${JSON.stringify(value).slice(0, 40)}`,
  );
}

function readObject(text: string, what: string): Data {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(`the ${what} of an event is no JSON`);
  }
  return object(value, what);
}

function object(value: unknown, what: string): Data {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(`the ${what} of an event must be a JSON object`);
  return value as Data;
}
