/** Number formats of weights, as 32-bit floats. */

let halfTable: Float32Array | undefined;

/** All 65536 half-precision numbers (IEEE 754 binary16), by their bits: a look-up is several times faster than arithmetic. */
function halves(): Float32Array {
  if (halfTable !== undefined) return halfTable;
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) table[bits] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    else if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  halfTable = table;
  return table;
}

/** The numbers in `bytes` (little-endian, starting at an even multiple of their size) as a new list of floats. */
export function toFloats(bytes: Uint8Array, type: 'float32' | 'float16' | 'bfloat16' | 'int8'): Float32Array {
  if (type === 'float32')
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4).slice();
  if (type === 'int8')
    return Float32Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const bits = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const values = new Float32Array(bits.length);
  if (type === 'float16') {
    const table = halves();
    for (let i = 0; i < bits.length; i++) values[i] = table[bits[i] ?? 0] ?? 0;
  } else {
    // A bfloat16 is the upper half of a float32.
    const words = new Uint32Array(values.buffer);
    for (let i = 0; i < bits.length; i++) words[i] = (bits[i] ?? 0) << 16;
  }
  return values;
}
