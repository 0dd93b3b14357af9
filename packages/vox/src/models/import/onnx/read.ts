/**
 * Reads what a test or an importer wants to know of an ONNX file (names, shapes, operators, metadata) without
 * reading its weights: raw bytes are skipped over on disk.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { VoxError } from '@vox-speech/contract';

export interface ModelConstant {
  readonly name: string;
  /** TensorProto.DataType. */
  readonly typeCode: number;
  readonly dims: readonly number[];
  /** Where the raw bytes lie in the file. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface ModelSummary {
  readonly irVersion: number;
  readonly operatorSets: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  /** Operators in the order of the nodes. */
  readonly operators: readonly string[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly constants: readonly ModelConstant[];
}

interface Field {
  readonly number: number;
  readonly value: number;
  /** Payload of a length-delimited field, in bytes of the file. */
  readonly start: number;
  readonly end: number;
}

/** Longer strings than this are no names. */
const MAX_TEXT_BYTES = 1 << 20;

class Cursor {
  private window = Buffer.alloc(0);
  private windowStart = 0;

  constructor(
    private readonly file: FileHandle,
    private readonly path: string,
  ) {}

  async bytes(start: number, length: number): Promise<Buffer> {
    if (start < this.windowStart || start + length > this.windowStart + this.window.length) {
      const buffer = Buffer.alloc(Math.max(length, 4096));
      const { bytesRead } = await this.file.read(buffer, 0, buffer.length, start);
      this.window = buffer.subarray(0, bytesRead);
      this.windowStart = start;
      if (bytesRead < length) throw broken(this.path, `it ends at byte ${start + bytesRead}`);
    }
    return this.window.subarray(start - this.windowStart, start - this.windowStart + length);
  }

  async text(field: Field): Promise<string> {
    if (field.end - field.start > MAX_TEXT_BYTES) throw broken(this.path, 'a name is longer than 1 MiB');
    return (await this.bytes(field.start, field.end - field.start)).toString('utf8');
  }

  private async varint(at: number): Promise<{ value: number; next: number }> {
    let value = 0n;
    for (let i = 0; i < 10; i++) {
      const byte = (await this.bytes(at + i, 1))[0] ?? 0;
      value |= BigInt(byte & 127) << BigInt(7 * i);
      if (byte < 128) return { value: Number(BigInt.asIntN(64, value)), next: at + i + 1 };
    }
    throw broken(this.path, `no number ends near byte ${at}`);
  }

  async *fields(start: number, end: number): AsyncGenerator<Field> {
    let at = start;
    while (at < end) {
      const tag = await this.varint(at);
      const wire = tag.value & 7;
      const number = tag.value >>> 3;
      if (wire === 0) {
        const { value, next } = await this.varint(tag.next);
        yield { number, value, start: tag.next, end: next };
        at = next;
      } else if (wire === 2) {
        const length = await this.varint(tag.next);
        at = length.next + length.value;
        if (length.value < 0 || at > end)
          throw broken(this.path, `a field at byte ${tag.next} passes its end`);
        yield { number, value: length.value, start: length.next, end: at };
      } else if (wire === 5 || wire === 1) {
        at = tag.next + (wire === 5 ? 4 : 8);
        yield { number, value: Number.NaN, start: tag.next, end: at };
      } else throw broken(this.path, `wire type ${wire} at byte ${tag.next}`);
    }
  }
}

function broken(path: string, what: string): VoxError {
  return new VoxError('model_broken', `${path} is not a whole ONNX file: ${what}; pull the model again`);
}

async function readConstant(cursor: Cursor, start: number, end: number): Promise<ModelConstant> {
  let name = '';
  let typeCode = 0;
  let offset = 0;
  let length = 0;
  const dims: number[] = [];
  for await (const field of cursor.fields(start, end)) {
    // Packed or not: the bytes of the field are one varint a dimension either way.
    if (field.number === 1) dims.push(...varints(await cursor.bytes(field.start, field.end - field.start)));
    else if (field.number === 2) typeCode = field.value;
    else if (field.number === 8) name = await cursor.text(field);
    else if (field.number === 9) {
      offset = field.start;
      length = field.end - field.start;
    }
  }
  return { name, typeCode, dims, offset, byteLength: length };
}

function varints(bytes: Uint8Array): number[] {
  const values: number[] = [];
  let value = 0;
  let factor = 1;
  for (const byte of bytes) {
    value += (byte & 127) * factor;
    factor *= 128;
    if (byte < 128) {
      values.push(value);
      value = 0;
      factor = 1;
    }
  }
  return values;
}

/** What the file holds. Throws VoxError `model_broken` when it is no ONNX file or ends too early. */
export async function inspectModel(path: string): Promise<ModelSummary> {
  const file = await open(path, 'r');
  try {
    const cursor = new Cursor(file, path);
    const operatorSets = new Map<string, number>();
    const metadata = new Map<string, string>();
    const operators: string[] = [];
    const inputs: string[] = [];
    const outputs: string[] = [];
    const constants: ModelConstant[] = [];
    let irVersion = 0;
    const text = async (within: Field, number: number): Promise<string> => {
      for await (const field of cursor.fields(within.start, within.end))
        if (field.number === number) return cursor.text(field);
      return '';
    };
    const { size } = await file.stat();
    for await (const field of cursor.fields(0, size)) {
      if (field.number === 1) irVersion = field.value;
      else if (field.number === 8) {
        let version = 0;
        for await (const part of cursor.fields(field.start, field.end))
          if (part.number === 2) version = part.value;
        operatorSets.set(await text(field, 1), version);
      } else if (field.number === 14) metadata.set(await text(field, 1), await text(field, 2));
      else if (field.number === 7) {
        for await (const part of cursor.fields(field.start, field.end)) {
          if (part.number === 1) operators.push(await text(part, 4));
          else if (part.number === 5) constants.push(await readConstant(cursor, part.start, part.end));
          else if (part.number === 11) inputs.push(await text(part, 1));
          else if (part.number === 12) outputs.push(await text(part, 1));
        }
      }
    }
    if (irVersion === 0 || operatorSets.size === 0) throw broken(path, 'it has no version');
    return { irVersion, operatorSets, metadata, operators, inputs, outputs, constants };
  } finally {
    await file.close();
  }
}
