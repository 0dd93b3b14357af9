/**
 * The `model.bin` of CTranslate2 (binary version 6): a header, then every tensor with its name, shape, type and bytes,
 * then aliases. Only the index is kept; tensors are read from disk when they are asked for.
 * Layout: https://github.com/OpenNMT/CTranslate2/blob/master/python/ctranslate2/specs/model_spec.py
 */
import { type FileHandle, open } from 'node:fs/promises';
import { VoxError } from '@vox-speech/contract';
import { toFloats } from '../onnx/index.js';

/** Element types by their number in the file. */
const TYPES = {
  0: { name: 'float32', bytes: 4 },
  1: { name: 'int8', bytes: 1 },
  2: { name: 'int16', bytes: 2 },
  3: { name: 'int32', bytes: 4 },
  4: { name: 'float16', bytes: 2 },
  5: { name: 'bfloat16', bytes: 2 },
} as const;

export type Ct2Type = (typeof TYPES)[keyof typeof TYPES]['name'];

interface Ct2Tensor {
  readonly name: string;
  readonly type: Ct2Type;
  readonly dims: readonly number[];
  /** Where the tensor's bytes lie in the file. */
  readonly offset: number;
  readonly byteLength: number;
}

/** Whisper has a few hundred tensors; large has 1265. A file that says more is damaged. */
const MAX_TENSORS = 100_000;
const SUPPORTED_VERSION = 6;

/** Sequential reads of the small things between the tensors. */
class Header {
  private window = Buffer.alloc(0);
  private windowStart = 0;
  position = 0;

  constructor(
    private readonly file: FileHandle,
    readonly size: number,
    private readonly path: string,
  ) {}

  private async take(length: number): Promise<Buffer> {
    const start = this.position;
    if (start + length > this.size) throw broken(this.path, `it ends at byte ${this.size}, inside its index`);
    if (start < this.windowStart || start + length > this.windowStart + this.window.length) {
      const buffer = Buffer.alloc(Math.max(length, 4096));
      const { bytesRead } = await this.file.read(buffer, 0, buffer.length, start);
      if (bytesRead < length) throw broken(this.path, `it ends at byte ${start + bytesRead}`);
      this.window = buffer.subarray(0, bytesRead);
      this.windowStart = start;
    }
    this.position += length;
    return this.window.subarray(start - this.windowStart, start - this.windowStart + length);
  }

  async uint8(): Promise<number> {
    return (await this.take(1)).readUInt8();
  }
  async uint32(): Promise<number> {
    return (await this.take(4)).readUInt32LE();
  }
  /** Length of 16 bits, that many bytes, the last of which is zero. */
  async text(): Promise<string> {
    const length = (await this.take(2)).readUInt16LE();
    if (length === 0) throw broken(this.path, `an empty name at byte ${this.position}`);
    return (await this.take(length)).toString('utf8', 0, length - 1);
  }
  skip(length: number): void {
    if (this.position + length > this.size)
      throw broken(this.path, `a tensor passes its end (${this.size} bytes)`);
    this.position += length;
  }
}

function broken(path: string, what: string): VoxError {
  return new VoxError(
    'model_broken',
    `${path} is not a CTranslate2 model that can be read: ${what}; pull the model again`,
  );
}

/** An open `model.bin`. Close it when done. */
export class Ct2Model {
  private constructor(
    private readonly file: FileHandle,
    readonly path: string,
    /** What the converter called the model, e.g. `WhisperSpec`. */
    readonly specification: string,
    private readonly tensors: ReadonlyMap<string, Ct2Tensor>,
  ) {}

  /** Reads the index. Throws VoxError `model_broken` when the file is another one, damaged or cut off. */
  static async open(path: string): Promise<Ct2Model> {
    const file = await open(path, 'r');
    try {
      const header = new Header(file, (await file.stat()).size, path);
      const version = await header.uint32();
      if (version !== SUPPORTED_VERSION)
        throw broken(path, `binary version ${version}, and only ${SUPPORTED_VERSION} is known`);
      const specification = await header.text();
      await header.uint32();
      const count = await header.uint32();
      if (count > MAX_TENSORS) throw broken(path, `it says it has ${count} tensors`);
      const tensors = new Map<string, Ct2Tensor>();
      for (let i = 0; i < count; i++) {
        const tensor = await readEntry(header, path);
        tensors.set(tensor.name, tensor);
        header.skip(tensor.byteLength);
      }
      // Files of old converters end here; newer ones list other names of the same tensors.
      if (header.position < header.size) {
        const aliases = await header.uint32();
        for (let i = 0; i < aliases; i++) {
          const alias = await header.text();
          const target = tensors.get(await header.text());
          if (target === undefined) throw broken(path, `${alias} means a tensor that isn't there`);
          tensors.set(alias, target);
        }
      }
      return new Ct2Model(file, path, specification, tensors);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  get names(): IterableIterator<string> {
    return this.tensors.keys();
  }

  /** Shape of a tensor. Throws VoxError `model_broken` when it isn't there. */
  dims(name: string): readonly number[] {
    return this.tensor(name).dims;
  }

  private tensor(name: string): Ct2Tensor {
    const tensor = this.tensors.get(name);
    if (tensor === undefined) throw broken(this.path, `tensor ${name} is missing`);
    return tensor;
  }

  /** Values of one row of the first dimension. */
  rowLength(name: string): number {
    return this.dims(name)
      .slice(1)
      .reduce((product, dim) => product * dim, 1);
  }

  /** A whole tensor as floats, in row-major order; int8 weights are multiplied out. */
  async floats(name: string): Promise<Float32Array> {
    const rows = this.dims(name)[0] ?? 1;
    return this.rows(name, 0, rows);
  }

  /** A number that the converter stored as a tensor without dimensions. */
  async number(name: string): Promise<number> {
    const tensor = this.tensor(name);
    const bytes = await this.read(tensor, 0, tensor.byteLength);
    if (tensor.type === 'int8') return bytes.readInt8();
    if (tensor.type === 'int16') return bytes.readInt16LE();
    if (tensor.type === 'int32') return bytes.readInt32LE();
    return toFloats(bytes, tensor.type)[0] ?? Number.NaN;
  }

  /** Rows `first` to `first + count - 1` of the first dimension, as floats. */
  async rows(name: string, first: number, count: number): Promise<Float32Array> {
    const tensor = this.tensor(name);
    const length = this.rowLength(name);
    const bytesPerRow = tensor.byteLength / (tensor.dims[0] ?? 1);
    const bytes = await this.read(tensor, first * bytesPerRow, count * bytesPerRow);
    if (tensor.type === 'int16' || tensor.type === 'int32')
      throw broken(
        this.path,
        `tensor ${name} is stored as ${tensor.type}; float32, float16, bfloat16 and int8 can be imported`,
      );
    const values = toFloats(bytes, tensor.type);
    if (tensor.type !== 'int8') return values;
    // CTranslate2 keeps one factor a row by which the float was multiplied.
    const scaleName = `${name}_scale`;
    const scales = await this.rows(scaleName, first, count);
    for (let row = 0; row < count; row++) {
      const inverse = 1 / (scales[row] ?? Number.NaN);
      for (let i = row * length; i < (row + 1) * length; i++) values[i] = (values[i] ?? 0) * inverse;
    }
    return values;
  }

  private async read(tensor: Ct2Tensor, start: number, length: number): Promise<Buffer> {
    const bytes = Buffer.from(new ArrayBuffer(length));
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.file.read(bytes, done, length - done, tensor.offset + start + done);
      if (bytesRead === 0) throw broken(this.path, `it ends inside tensor ${tensor.name}`);
      done += bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

async function readEntry(header: Header, path: string): Promise<Ct2Tensor> {
  const name = await header.text();
  const rank = await header.uint8();
  const dims: number[] = [];
  for (let i = 0; i < rank; i++) dims.push(await header.uint32());
  const code = await header.uint8();
  const byteLength = await header.uint32();
  const type = TYPES[code as keyof typeof TYPES];
  if (type === undefined) throw broken(path, `tensor ${name} has the unknown type ${code}`);
  const expected = dims.reduce((product, dim) => product * dim, type.bytes);
  if (expected !== byteLength)
    throw broken(path, `tensor ${name} has ${byteLength} bytes where its shape needs ${expected}`);
  return { name, type: type.name, dims, offset: header.position, byteLength };
}
