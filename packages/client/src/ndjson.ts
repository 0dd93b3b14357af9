/** Newline-delimited JSON, as bytes come. */
import { VoxClientError } from './errors.js';

/** Characters of the longest line that is taken; a progress event has some hundreds. */
export const MAX_LINE = 1024 * 1024;

/**
 * An incremental parser without I/O: bytes may be split anywhere, inside a character too.
 * Throws VoxClientError `broken_answer` for a line that is not JSON or passes MAX_LINE.
 */
export class NdjsonDecoder {
  #rest = '';
  readonly #text = new TextDecoder();

  /** The values whose lines these bytes end. */
  push(bytes: Uint8Array): unknown[] {
    const lines = (this.#rest + this.#text.decode(bytes, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_LINE) throw broken('a line is too long');
    return lines.flatMap(parse);
  }

  /** The stream is over: the value of a last line without a newline. */
  finish(): unknown[] {
    const last = this.#rest + this.#text.decode();
    this.#rest = '';
    return parse(last);
  }
}

function parse(line: string): unknown[] {
  if (line.trim() === '') return [];
  try {
    return [JSON.parse(line)];
  } catch (error) {
    throw broken(line.slice(0, 200), error);
  }
}

function broken(what: string, cause?: unknown): VoxClientError {
  return new VoxClientError(`the server's answer is not newline-delimited JSON: ${what}`, {
    status: 200,
    code: 'broken_answer',
    cause,
  });
}
