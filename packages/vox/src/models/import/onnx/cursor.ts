/** Walks over the protobuf fields of an ONNX file on disk, wherever they are nested. */
import type { FileHandle } from 'node:fs/promises';
import { VoxError } from '@vox-speech/contract';

export interface Field {
  readonly number: number;
  readonly value: number;
  /** Where its tag is, in bytes of the file. */
  readonly from: number;
  /** Payload of a length-delimited field, in bytes of the file. */
  readonly start: number;
  readonly end: number;
}

/** Longer strings than this are no names. */
const MAX_TEXT_BYTES = 1 << 20;

export class Cursor {
  private window: Buffer = Buffer.alloc(0);
  private windowStart = 0;

  constructor(
    private readonly file: FileHandle,
    private readonly path: string,
  ) {}

  /** Valid until the next call. */
  async bytes(start: number, length: number): Promise<Buffer> {
    if (start < this.windowStart || start + length > this.windowStart + this.window.length) {
      this.window = await this.read(start, Math.max(length, 4096));
      this.windowStart = start;
      if (this.window.length < length)
        throw broken(this.path, `it ends at byte ${start + this.window.length}`);
    }
    return this.window.subarray(start - this.windowStart, start - this.windowStart + length);
  }

  /** Bytes in memory of their own; fewer where the file ends. */
  async read(start: number, length: number): Promise<Buffer> {
    const buffer = Buffer.from(new ArrayBuffer(length));
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.file.read(buffer, filled, length - filled, start + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
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
      const from = at;
      const tag = await this.varint(at);
      const wire = tag.value & 7;
      const number = tag.value >>> 3;
      if (wire === 0) {
        const { value, next } = await this.varint(tag.next);
        yield { number, value, from, start: tag.next, end: next };
        at = next;
      } else if (wire === 2) {
        const length = await this.varint(tag.next);
        at = length.next + length.value;
        if (length.value < 0 || at > end)
          throw broken(this.path, `a field at byte ${tag.next} passes its end`);
        yield { number, value: length.value, from, start: length.next, end: at };
      } else if (wire === 5 || wire === 1) {
        at = tag.next + (wire === 5 ? 4 : 8);
        yield { number, value: Number.NaN, from, start: tag.next, end: at };
      } else throw broken(this.path, `wire type ${wire} at byte ${tag.next}`);
    }
  }
}

export function broken(path: string, what: string): VoxError {
  return new VoxError('model_broken', `${path} is not a whole ONNX file: ${what}; pull the model again`);
}

/** The numbers of a packed list. */
export function varints(bytes: Uint8Array): number[] {
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
