/**
 * A look into an ONNX file without an ONNX library: its metadata and the names of its inputs and outputs, found by walking over
 * the protobuf fields and skipping their contents. A file that was cut or damaged at its joints does not parse to its
 * end, which is how it is noticed before sherpa, which would end the process.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export interface OnnxFile {
  readonly metadata: ReadonlyMap<string, string>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Field numbers of onnx.proto. */
const MODEL_GRAPH = 7;
const MODEL_METADATA = 14;
const GRAPH_INPUT = 11;
const GRAPH_OUTPUT = 12;
/** `key` of a metadata entry and `name` of an input or output. */
const FIRST = 1;
const SECOND = 2;

/** Metadata and output descriptions are short; anything longer is not what it says. */
const MAX_TEXT_BYTES = 1024 * 1024;
/** A tag and a length take at most this. */
const HEAD_BYTES = 20;

interface Field {
  readonly number: number;
  /** Where the content lies, in bytes from the start of the file; of a varint, `end` alone matters. */
  readonly start: number;
  readonly end: number;
}

/**
 * Reads what a model file says of itself.
 * @throws Error when the bytes are not a whole ONNX model, or a file system error
 */
export function readOnnxFile(path: string): OnnxFile {
  const descriptor = openSync(path, 'r');
  try {
    const size = fstatSync(descriptor).size;
    const reader = new FieldReader(descriptor);
    const metadata = new Map<string, string>();
    const inputs: string[] = [];
    const outputs: string[] = [];
    let graphs = 0;
    for (const field of reader.fields(0, size)) {
      if (field.number === MODEL_METADATA) {
        const entry = reader.texts(field);
        metadata.set(entry.get(FIRST) ?? '', entry.get(SECOND) ?? '');
      } else if (field.number === MODEL_GRAPH) {
        graphs++;
        for (const inner of reader.fields(field.start, field.end)) {
          const names =
            inner.number === GRAPH_INPUT ? inputs : inner.number === GRAPH_OUTPUT ? outputs : undefined;
          names?.push(reader.texts(inner).get(FIRST) ?? '');
        }
      }
    }
    if (graphs === 0 || outputs.length === 0) throw new Error('holds no ONNX graph');
    return { metadata, inputs, outputs };
  } finally {
    closeSync(descriptor);
  }
}

class FieldReader {
  readonly #descriptor: number;
  readonly #head = Buffer.alloc(HEAD_BYTES);

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** The fields of a message that lies at `from` up to `to`. */
  *fields(from: number, to: number): Generator<Field> {
    for (let at = from; at < to; ) {
      const read = readSync(this.#descriptor, this.#head, 0, Math.min(HEAD_BYTES, to - at), at);
      const head = this.#head.subarray(0, read);
      const tag = varint(head, 0);
      const wire = tag.value & 7;
      let start = at + tag.bytes;
      let end: number;
      if (wire === 0) end = start + varint(head, tag.bytes).bytes;
      else if (wire === 1) end = start + 8;
      else if (wire === 5) end = start + 4;
      else if (wire === 2) {
        const length = varint(head, tag.bytes);
        start += length.bytes;
        end = start + length.value;
      } else throw new Error(`is not an ONNX model (byte ${at})`);
      if (tag.value < 8 || end > to) throw new Error(`is cut short or damaged (byte ${at})`);
      yield { number: Math.floor(tag.value / 8), start, end };
      at = end;
    }
  }

  /** The text fields of a short message, by number. */
  texts(field: Field): Map<number, string> {
    const texts = new Map<number, string>();
    if (field.end - field.start > MAX_TEXT_BYTES) throw new Error('has a description of absurd length');
    for (const { number, start, end } of this.fields(field.start, field.end)) {
      const bytes = Buffer.alloc(end - start);
      readSync(this.#descriptor, bytes, 0, bytes.length, start);
      texts.set(number, bytes.toString('utf8'));
    }
    return texts;
  }
}

/** A protobuf varint up to 2^53. */
function varint(bytes: Buffer, from: number): { value: number; bytes: number } {
  let value = 0;
  for (let at = from; at < bytes.length && at < from + 10; at++) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * 2 ** (7 * (at - from));
    if (byte < 128) return { value, bytes: at - from + 1 };
  }
  throw new Error('is not an ONNX model');
}
