/**
 * multipart/form-data (RFC 7578) as an incremental state machine without I/O. Bytes may be cut anywhere.
 * Memory is bounded: what is held back between pushes is one delimiter or one part header.
 */
import { VoxError } from '@vox-speech/contract';

export type MultipartEvent =
  | {
      readonly type: 'part';
      readonly name: string;
      readonly filename?: string;
      /** As the client states it. */
      readonly contentType?: string;
    }
  | { readonly type: 'data'; readonly bytes: Buffer }
  | { readonly type: 'part-end' };

/** RFC 2046 section 5.1.1 allows 70 characters. */
const MAX_BOUNDARY = 70;
/** Spaces that a gateway may add after a delimiter; more is taken for an attack. */
const MAX_PADDING = 64;
const CRLF = Buffer.from('\r\n');
const HEADER_END = Buffer.from('\r\n\r\n');
const EMPTY = Buffer.alloc(0);

/**
 * The boundary of a Content-Type header.
 * @throws VoxError `invalid_request` where the type is another one, or the boundary is missing or too long
 */
export function multipartBoundary(contentType: string | undefined): string {
  if (contentType === undefined || !/^multipart\/form-data\s*(;|$)/i.test(contentType))
    throw new VoxError('invalid_request', 'send the file as multipart/form-data');
  const match = /;\s*boundary=(?:"([^"]*)"|([^;\s]*))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2] ?? '';
  if (boundary === '' || boundary.length > MAX_BOUNDARY)
    throw new VoxError(
      'invalid_request',
      `Content-Type: multipart/form-data needs a boundary of 1 to ${MAX_BOUNDARY} characters`,
    );
  return boundary;
}

export class MultipartParser {
  readonly #delimiter: Buffer;
  readonly #maxHeaderBytes: number;
  #state: 'preamble' | 'delimiter' | 'headers' | 'body-start' | 'body' | 'epilogue' = 'preamble';
  /** Starts as if a line had just ended, because the first delimiter may open the body. */
  #held: Buffer = CRLF;

  constructor(boundary: string, maxHeaderBytes: number) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
    this.#maxHeaderBytes = maxHeaderBytes;
  }

  /** @throws VoxError `invalid_request` for a malformed or oversized part header, or a malformed delimiter */
  push(chunk: Buffer): MultipartEvent[] {
    const events: MultipartEvent[] = [];
    if (this.#state === 'epilogue') return events;
    let data = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = EMPTY;
    for (;;) {
      const rest = this.#step(data, events);
      if (rest === undefined) return events;
      data = rest;
    }
  }

  /** The body is over. @throws VoxError `invalid_request` where the closing delimiter never came */
  finish(): void {
    if (this.#state !== 'epilogue')
      throw new VoxError('invalid_request', 'the multipart body ends before its closing boundary');
  }

  /** One step of one state: what is left to parse, or undefined when more bytes are needed. */
  #step(data: Buffer, events: MultipartEvent[]): Buffer | undefined {
    switch (this.#state) {
      case 'preamble':
      case 'body':
        return this.#content(data, events);
      case 'delimiter':
        return this.#afterDelimiter(data);
      case 'headers':
        return this.#headers(data, events);
      case 'body-start':
        return this.#bodyStart(data, events);
      case 'epilogue':
        return undefined;
    }
  }

  #content(data: Buffer, events: MultipartEvent[]): Buffer | undefined {
    const inBody = this.#state === 'body';
    const at = data.indexOf(this.#delimiter);
    const end = at === -1 ? Math.max(0, data.length - this.#delimiter.length + 1) : at;
    if (inBody && end > 0) events.push({ type: 'data', bytes: data.subarray(0, end) });
    if (at === -1) {
      this.#held = data.subarray(end);
      return undefined;
    }
    if (inBody) events.push({ type: 'part-end' });
    this.#state = 'delimiter';
    return data.subarray(at + this.#delimiter.length);
  }

  #afterDelimiter(data: Buffer): Buffer | undefined {
    if (data.length >= 2 && data[0] === 0x2d && data[1] === 0x2d) {
      this.#state = 'epilogue';
      return undefined;
    }
    let at = 0;
    while (at < data.length && (data[at] === 0x20 || data[at] === 0x09)) at += 1;
    if (at <= MAX_PADDING && data.length - at < 2 && [undefined, 0x0d, 0x2d].includes(data[at])) {
      this.#held = data;
      return undefined;
    }
    if (at > MAX_PADDING || data[at] !== 0x0d || data[at + 1] !== 0x0a)
      throw new VoxError('invalid_request', 'a multipart boundary is not followed by a line end');
    this.#state = 'headers';
    // The line end stays: a part without any header then still ends with an empty line.
    return data.subarray(at);
  }

  #headers(data: Buffer, events: MultipartEvent[]): Buffer | undefined {
    const end = data.indexOf(HEADER_END);
    if (end > this.#maxHeaderBytes || (end === -1 && data.length > this.#maxHeaderBytes + HEADER_END.length))
      throw new VoxError(
        'invalid_request',
        `the header of a part is longer than ${this.#maxHeaderBytes} bytes`,
      );
    if (end === -1) {
      this.#held = data;
      return undefined;
    }
    events.push(partOf(data.toString('utf8', 0, end)));
    this.#state = 'body-start';
    // The empty line's end stays: in a part without a body it is the delimiter's beginning.
    return data.subarray(end + CRLF.length);
  }

  #bodyStart(data: Buffer, events: MultipartEvent[]): Buffer | undefined {
    const length = Math.min(data.length, this.#delimiter.length);
    const same = data.compare(this.#delimiter, 0, length, 0, length) === 0;
    if (same && length < this.#delimiter.length) {
      this.#held = data;
      return undefined;
    }
    this.#state = same ? 'delimiter' : 'body';
    if (same) events.push({ type: 'part-end' });
    return data.subarray(same ? this.#delimiter.length : CRLF.length);
  }
}

function partOf(header: string): MultipartEvent {
  const lines = header.split('\r\n');
  const line = lines.find((one) => /^content-disposition\s*:/i.test(one));
  const name = line === undefined ? undefined : parameter(line, 'name');
  if (line === undefined || name === undefined || !/:\s*form-data\s*;/i.test(line))
    throw new VoxError('invalid_request', 'a part has no Content-Disposition: form-data with a name');
  const filename = parameter(line, 'filename\\*?');
  const contentType = lines.map((one) => /^content-type\s*:\s*(.*)$/i.exec(one)?.[1]).find(Boolean);
  return {
    type: 'part',
    name,
    ...(filename === undefined ? {} : { filename }),
    ...(contentType === undefined ? {} : { contentType }),
  };
}

function parameter(line: string, name: string): string | undefined {
  const match = new RegExp(`[;\\s]${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^;"\\s]+))`, 'i').exec(line);
  if (match === null) return undefined;
  if (match[1] === undefined) return match[2];
  // Browsers escape quotes and line ends by percent; a backslash before anything else is part of a Windows path.
  return match[1]
    .replace(/\\"/g, '"')
    .replace(/%22/g, '"')
    .replace(/%0D%0A/gi, '\n');
}
