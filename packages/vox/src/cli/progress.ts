/** How far a pull is: a bar on a terminal, plain lines elsewhere. */
import type { PullProgress } from '@vox-speech/client';
import { formatBytes, formatDuration } from '../config/index.js';
import type { Output } from './output.js';

/** Milliseconds between two drawings of the bar. */
const REDRAW_MS = 100;
/** Milliseconds over which the rate is averaged. */
const WINDOW_MS = 5000;
/** Characters: a bar shorter than this says nothing, one longer than that needs no more. */
const MIN_BAR = 10;
const MAX_BAR = 30;
/** Characters of the name without which a line says nothing either. */
const MIN_NAME = 16;
/** On a wide terminal names get no more room than this, so that the bar stays beside them. */
const MAX_NAME = 44;
const CLEAR_LINE = '\r\x1b[2K';

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

/** Shows events as they come. `now` is in ms. */
export class PullDisplay {
  readonly #output: Output;
  readonly #now: () => number;
  #plain = '';
  #status = '';
  #drawn = Number.NEGATIVE_INFINITY;
  #open = false;
  #last: PullProgress | undefined;
  #samples: Sample[] = [];

  constructor(output: Output, now: () => number = () => performance.now()) {
    this.#output = output;
    this.#now = now;
  }

  show(event: PullProgress): void {
    const terminal = this.#output.terminal;
    if (terminal === undefined) this.#showPlain(event);
    else if (event.bytes_total === undefined) this.#showStatus(event);
    else this.#showBar(event, terminal.columns);
  }

  /** Ends an open bar's line, so that what follows starts on its own. */
  close(): void {
    if (!this.#open) return;
    const terminal = this.#output.terminal;
    if (terminal !== undefined && this.#last !== undefined) this.#draw(this.#last, terminal.columns);
    this.#output.raw('\n');
    this.#open = false;
  }

  /** The original's lines, each once: bytes alone make no new one. */
  #showPlain(event: PullProgress): void {
    const line = plainLine(event);
    if (line === this.#plain) return;
    this.#plain = line;
    this.#output.line(line);
  }

  #showStatus(event: PullProgress): void {
    const line = plainLine(event);
    if (line === this.#plain) return;
    this.close();
    this.#plain = line;
    this.#output.line(line);
  }

  #showBar(event: PullProgress, columns: number): void {
    if (event.status !== this.#status) {
      this.close();
      this.#status = event.status;
      this.#samples = [];
      this.#drawn = Number.NEGATIVE_INFINITY;
    }
    const at = this.#now();
    const bytes = event.bytes_completed ?? 0;
    this.#samples.push({ at, bytes });
    while ((this.#samples[1]?.at ?? at) < at - WINDOW_MS) this.#samples.shift();
    this.#last = event;
    this.#open = true;
    this.#plain = '';
    if (at - this.#drawn < REDRAW_MS && bytes !== event.bytes_total) return;
    this.#drawn = at;
    this.#draw(event, columns);
  }

  #draw(event: PullProgress, columns: number): void {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    const elapsed = first === undefined || last === undefined ? 0 : last.at - first.at;
    const rate =
      elapsed < 200 || first === undefined || last === undefined
        ? undefined
        : ((last.bytes - first.bytes) * 1000) / elapsed;
    this.#output.raw(CLEAR_LINE + barLine(event, columns, rate));
  }
}

/** `  {status} [{completed}/{total}]`, as the original's CLI. */
function plainLine(event: PullProgress): string {
  if (event.completed === undefined || event.total === undefined) return `  ${event.status}`;
  return `  ${event.status} [${event.completed}/${event.total}]`;
}

/** One line of at most `columns` - 1 characters: what, bar, share, bytes, rate (bytes a second), time to go. */
export function barLine(event: PullProgress, columns: number, rate: number | undefined): string {
  const total = event.bytes_total ?? 0;
  const done = Math.min(event.bytes_completed ?? 0, total);
  const share = total === 0 ? 1 : done / total;
  const toGo =
    rate === undefined || rate <= 0 || done === total
      ? ''
      : formatDuration(Math.max(1, Math.round((total - done) / rate)));
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const bytes = `${formatBytes(done)} / ${formatBytes(total)}`;
  const speed = rate === undefined || rate <= 0 ? '' : `${formatBytes(rate)}/s`;
  const room = columns - 1;
  const tail = [percent, bytes.padStart(19), speed.padStart(10), toGo.padStart(6)];
  // A narrow terminal loses the time to go, then the rate, then the bytes; the name and the share stay.
  while (tail.length > 1 && room - width(tail) < 30) tail.pop();
  const name = event.status;
  const left = room - width(tail) - 2;
  if (left < MIN_NAME + 1 + MIN_BAR)
    return `  ${fit(name, Math.max(0, left))}${tail.map((part) => ` ${part}`).join('')}`.slice(0, room);
  const bar = Math.min(MAX_BAR, Math.max(MIN_BAR, left - 1 - [...name].length));
  const filled = Math.round(share * bar);
  const drawing = `${'█'.repeat(filled)}${'░'.repeat(bar - filled)}`;
  return `  ${fit(name, Math.min(MAX_NAME, left - bar - 1))} ${drawing}${tail.map((part) => ` ${part}`).join('')}`.trimEnd();
}

function width(parts: readonly string[]): number {
  return parts.reduce((sum, part) => sum + part.length + 1, 0);
}

/** Exactly `length` characters: padded, or cut in the middle, where a file name matters least. */
function fit(text: string, length: number): string {
  const characters = [...text];
  if (characters.length <= length) return text + ' '.repeat(length - characters.length);
  const start = Math.ceil((length - 1) / 2);
  return `${characters.slice(0, start).join('')}…${characters.slice(characters.length - (length - 1 - start)).join('')}`;
}
