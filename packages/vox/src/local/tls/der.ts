/** The few forms of DER (ITU-T X.690) that a certificate is written in. Pure. */

/** One value: tag, length, content. */
export function value(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

function lengthOf(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  const digits = bytes.toString(16);
  const encoded = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return Buffer.concat([Buffer.from([0x80 | encoded.length]), encoded]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => value(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => value(0x31, ...items);
export const octets = (content: Uint8Array): Buffer => value(0x04, content);
export const utf8 = (text: string): Buffer => value(0x0c, Buffer.from(text));
export const TRUE = value(0x01, Buffer.from([0xff]));

/** @param explicit values within; else bytes of a primitive type */
export function tagged(number: number, explicit: boolean, content: Uint8Array): Buffer {
  return value((explicit ? 0xa0 : 0x80) | number, content);
}

/** Not below zero; `bytes` big-endian. */
export function integer(bytes: Uint8Array): Buffer {
  const from = bytes.findIndex((byte) => byte !== 0);
  const digits = from < 0 ? Uint8Array.of(0) : bytes.subarray(from);
  return value(0x02, (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits);
}

/** @param unused bits at the end that do not count */
export function bits(content: Uint8Array, unused = 0): Buffer {
  return value(0x03, Buffer.from([unused]), content);
}

/** An object identifier such as `2.5.4.3`. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return value(0x06, Buffer.from([40 * first + second, ...rest.flatMap(base128)]));
}

function base128(number: number): number[] {
  const digits = [number & 0x7f];
  for (let rest = number >>> 7; rest > 0; rest >>>= 7) digits.unshift(0x80 | (rest & 0x7f));
  return digits;
}

/** RFC 5280, 4.1.2.5: two digits of the year up to 2049, four from then on. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050
    ? value(0x17, Buffer.from(digits.slice(2)))
    : value(0x18, Buffer.from(digits));
}
