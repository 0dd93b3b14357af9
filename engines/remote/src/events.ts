/** Server-sent events (WHATWG HTML, 9.2): bytes that come cut anywhere to events. */
import { VoxError } from '@vox-speech/contract';

export interface ServerEvent {
  /** The `event:` field; '' = none. */
  readonly event: string;
  /** All `data:` lines, joined by newlines. */
  readonly data: string;
}

/** Characters of one event: a minute of audio in base64, and more. */
const MAX_EVENT = 16 * 1024 * 1024;

/** Push bytes, get the events that they complete. No I/O. */
export class EventParser {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #event = '';
  #data: string[] = [];
  #size = 0;

  /** @throws VoxError `upstream_failed` for an event of more than 16 MiB */
  push(bytes: Uint8Array): ServerEvent[] {
    const events: ServerEvent[] = [];
    // What was held back has no end of a line in it, but its last character may be half of one.
    let from = Math.max(0, this.#rest.length - 1);
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    let at = 0;
    for (;;) {
      const end = lineEnd(text, from);
      if (end === undefined) break;
      this.#line(text.slice(at, end.at), events);
      at = end.next;
      from = at;
    }
    this.#rest = text.slice(at);
    this.#limit(this.#size + this.#rest.length);
    return events;
  }

  /** The stream is over: an event whose empty line never came is given all the same. */
  end(): ServerEvent[] {
    const events: ServerEvent[] = [];
    if (this.#rest !== '') this.#line(this.#rest.replace(/\r$/, ''), events);
    this.#rest = '';
    this.#line('', events);
    return events;
  }

  #line(line: string, events: ServerEvent[]): void {
    if (line === '') {
      if (this.#data.length > 0) events.push({ event: this.#event, data: this.#data.join('\n') });
      this.#event = '';
      this.#data = [];
      this.#size = 0;
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event = value;
    if (field !== 'data') return;
    this.#size += value.length;
    this.#limit(this.#size);
    this.#data.push(value);
  }

  #limit(size: number): void {
    if (size > MAX_EVENT)
      throw new VoxError(
        'upstream_failed',
        `the upstream sent an event of more than ${MAX_EVENT} characters`,
      );
  }
}

/** Lines end with CRLF, LF or CR; a CR at the very end may be half of a CRLF. */
function lineEnd(text: string, from: number): { at: number; next: number } | undefined {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10) return { at, next: at + 1 };
    if (code !== 13) continue;
    if (at + 1 === text.length) return undefined;
    return { at, next: text.charCodeAt(at + 1) === 10 ? at + 2 : at + 1 };
  }
  return undefined;
}

/** The events of an answer, each as soon as it is whole. Throws what `bytes` throws. */
export async function* eventsOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const parser = new EventParser();
  for await (const piece of bytes) yield* parser.push(piece);
  yield* parser.end();
}
