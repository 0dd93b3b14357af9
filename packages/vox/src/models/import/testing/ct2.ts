/** Writes CTranslate2 `model.bin` files for tests. */
import { writeFile } from 'node:fs/promises';

/** Element types by name: number in the file and bytes an element. */
const CODES = { float32: 0, int8: 1, int16: 2, int32: 3, float16: 4, bfloat16: 5 } as const;

export interface Ct2TestTensor {
  readonly type: keyof typeof CODES;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(`${value}\0`, 'utf8');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** The file's bytes, binary version 6. */
export function ct2Bytes(
  tensors: Readonly<Record<string, Ct2TestTensor>>,
  aliases: Readonly<Record<string, string>> = {},
  specification = 'WhisperSpec',
): Buffer {
  const parts: Uint8Array[] = [
    uint32(6),
    text(specification),
    uint32(3),
    uint32(Object.keys(tensors).length),
  ];
  for (const [name, tensor] of Object.entries(tensors)) {
    parts.push(text(name), Uint8Array.of(tensor.dims.length), ...tensor.dims.map(uint32));
    parts.push(Uint8Array.of(CODES[tensor.type]), uint32(tensor.bytes.length), tensor.bytes);
  }
  parts.push(uint32(Object.keys(aliases).length));
  for (const [alias, name] of Object.entries(aliases)) parts.push(text(alias), text(name));
  return Buffer.concat(parts);
}

/** A float32 tensor. */
export function ct2Floats(
  values: ArrayLike<number>,
  dims: readonly number[] = [values.length],
): Ct2TestTensor {
  const floats = Float32Array.from(values);
  return { type: 'float32', dims, bytes: new Uint8Array(floats.buffer) };
}

export async function writeCt2(
  path: string,
  tensors: Readonly<Record<string, Ct2TestTensor>>,
): Promise<void> {
  await writeFile(path, ct2Bytes(tensors));
}
