/**
 * G.711 companding (ITU-T G.711, 11/1988): one byte a sample, logarithmic. Values are on the 16-bit scale, as
 * telephony software has them: mu-law's 14 bits and A-law's 13 bits shifted up to the top of an int16.
 */

/** Added to a mu-law magnitude so that segment borders fall on powers of two (33 on the 14-bit scale, times 4). */
const MULAW_BIAS = 132;
/** Every second bit of an A-law byte is inverted on the line. */
const ALAW_TOGGLE = 0x55;

function expandMulaw(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + MULAW_BIAS) << ((bits >> 4) & 7)) - MULAW_BIAS;
  return (bits & 0x80) !== 0 ? -magnitude : magnitude;
}

function expandAlaw(code: number): number {
  const bits = code ^ ALAW_TOGGLE;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return (bits & 0x80) !== 0 ? magnitude : -magnitude;
}

function decodeTable(expand: (code: number) => number): Int16Array {
  return Int16Array.from({ length: 256 }, (_, code) => expand(code));
}

/** int16 value of each mu-law byte. */
export const MULAW_TO_INT16: Int16Array = decodeTable(expandMulaw);
/** int16 value of each A-law byte. */
export const ALAW_TO_INT16: Int16Array = decodeTable(expandAlaw);

/**
 * The byte whose value is nearest, for every int16 value that differs at the law's resolution. Built from the
 * decoding table, so that the two can not disagree: the decision thresholds of G.711 are the midpoints.
 */
function encodeTable(decoded: Int16Array, shift: number, zero: number): Uint8Array {
  const codes = Array.from({ length: 256 }, (_, code) => code)
    .filter((code) => decoded[code] !== 0 || code === zero)
    .sort((a, b) => (decoded[a] ?? 0) - (decoded[b] ?? 0));
  const table = new Uint8Array(0x10000 >> shift);
  let at = 0;
  for (let index = 0; index < table.length; index++) {
    // The middle of the values that share this index.
    const value = (index << shift) - 0x8000 + ((1 << shift) - 1) / 2;
    const distance = (position: number) => Math.abs((decoded[codes[position] ?? 0] ?? 0) - value);
    while (at + 1 < codes.length && distance(at + 1) < distance(at)) at++;
    table[index] = codes[at] ?? zero;
  }
  return table;
}

let mulawTable: Uint8Array | undefined;
let alawTable: Uint8Array | undefined;

/**
 * The mu-law byte of a sample on the int16 scale (14 bits of it count). Negative zero is never written.
 * The table is made at the first call.
 */
export function encodeMulaw(sample: number): number {
  mulawTable ??= encodeTable(MULAW_TO_INT16, 2, 0xff);
  return mulawTable[(sample + 0x8000) >> 2] ?? 0xff;
}

/** The A-law byte of a sample on the int16 scale (13 bits of it count). The table is made at the first call. */
export function encodeAlaw(sample: number): number {
  alawTable ??= encodeTable(ALAW_TO_INT16, 3, -1);
  return alawTable[(sample + 0x8000) >> 3] ?? 0xd5;
}
