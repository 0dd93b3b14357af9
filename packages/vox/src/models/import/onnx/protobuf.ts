/**
 * The protobuf wire format, as much of it as ONNX needs. Lengths of nested messages are known before a byte is
 * written, so a message may hold a gigabyte of weights that never is in memory.
 * Format: https://protobuf.dev/programming-guides/encoding/
 */

const WIRE_VARINT = 0;
const WIRE_LENGTH_DELIMITED = 2;
const WIRE_FIXED32 = 5;

/** The bytes of an integer as a varint. Negative numbers take ten bytes (two's complement of 64 bits). */
export function varint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** The parts one after the other. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

/** Field of an integer. */
export function integerField(field: number, value: number | bigint): Uint8Array {
  return concatenate([varint((field << 3) | WIRE_VARINT), varint(value)]);
}

/** Field of a 32-bit float. */
export function floatField(field: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return concatenate([varint((field << 3) | WIRE_FIXED32), bytes]);
}

/** Tag and length of a field whose payload of `length` bytes follows. */
export function lengthPrefix(field: number, length: number): Uint8Array {
  return concatenate([varint((field << 3) | WIRE_LENGTH_DELIMITED), varint(length)]);
}

/** Field of bytes, a nested message, or a packed list. */
export function bytesField(field: number, payload: Uint8Array): Uint8Array {
  return concatenate([lengthPrefix(field, payload.length), payload]);
}

/** Field of a string. */
export function stringField(field: number, text: string): Uint8Array {
  return bytesField(field, Buffer.from(text, 'utf8'));
}
