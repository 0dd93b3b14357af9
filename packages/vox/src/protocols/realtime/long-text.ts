/** Messages of megabytes, looked over as the bytes that they came in: to make strings of them would keep everybody waiting. Pure. */

/**
 * Of a message that carries audio: quotes, those within strings among them; all that stands outside of strings, blanks among it;
 * backslashes in a row. Beyond, looking it over would take long as well, and parsing brackets and commas seconds.
 */
const MAX = { quotes: 10_000, values: 1_000, outside: 64 * 1024, backslashes: 100 } as const;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BLANK = 0x20;

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where the longest string of a JSON text stands, without its quotes. Undefined for what is too much, or no JSON. */
export function longestString(utf8: Buffer): Span | undefined {
  let longest: Span = { from: 0, to: 0 };
  let quotes = 0;
  let values = 0;
  let outside = 0;
  for (let at = 0; at < utf8.length; at++) {
    const byte = utf8[at] ?? 0;
    if (byte !== QUOTE) {
      if (++outside > MAX.outside || (byte > BLANK && ++values > MAX.values + quotes)) return undefined;
      continue;
    }
    const from = at + 1;
    let backslashes: number;
    do {
      at = utf8.indexOf(QUOTE, at + 1);
      backslashes = backslashesBefore(utf8, at);
      if (at < 0 || ++quotes > MAX.quotes || backslashes === MAX.backslashes) return undefined;
    } while (backslashes % 2 === 1);
    if (at - from > longest.to - longest.from) longest = { from, to: at };
  }
  return longest;
}

/** How many there are in a row, up to the most that are taken. */
function backslashesBefore(utf8: Buffer, at: number): number {
  let count = 0;
  while (count < MAX.backslashes && utf8[at - 1 - count] === BACKSLASH) count++;
  return count;
}
