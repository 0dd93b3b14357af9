/** Values that go into a model and come out of it. They lie outside of JavaScript's memory, and are released by hand. */

import type { Pointer } from './api.js';
import type { Runtime } from './library.js';

/** ONNX_TENSOR_ELEMENT_DATA_TYPE_*. */
const TYPES = { float32: 1, int64: 7 } as const;
const FLOAT_BYTES = 4;

export class Value {
  readonly pointer: Pointer;
  readonly #runtime: Runtime;
  /** What it lies in, where that is JavaScript's: kept from the garbage collector as long as the value is. */
  readonly data: Float32Array | BigInt64Array | undefined;
  #released = false;

  constructor(runtime: Runtime, pointer: Pointer, data?: Float32Array | BigInt64Array) {
    this.#runtime = runtime;
    this.pointer = pointer;
    this.data = data;
  }

  /** Numbers without copying them: the array must stay as it is until the value is released. */
  static floats(runtime: Runtime, data: Float32Array, shape: readonly number[]): Value {
    // An empty array has no address.
    return Value.#of(runtime, data.length === 0 ? new Float32Array(1) : data, shape, TYPES.float32);
  }

  /** Whole numbers of 64 bits, copied. */
  static integers(runtime: Runtime, data: readonly number[], shape: readonly number[]): Value {
    return Value.#of(runtime, table(data), shape, TYPES.int64);
  }

  static #of(
    runtime: Runtime,
    data: Float32Array | BigInt64Array,
    shape: readonly number[],
    type: number,
  ): Value {
    const { api, memory } = runtime;
    const pointer = runtime.made((out) =>
      api.createTensor(memory, data, data.byteLength, table(shape), shape.length, type, out),
    );
    return new Value(runtime, pointer, data);
  }

  get shape(): number[] {
    const { api } = this.#runtime;
    const info = this.#runtime.made((out) => api.shapeOf(this.pointer, out));
    const sizes = new BigInt64Array(Number(this.#runtime.made<number>((out) => api.rank(info, out))));
    this.#runtime.check(api.sizes(info, sizes, sizes.length));
    api.releaseShape(info);
    return Array.from(sizes, Number);
  }

  /** The numbers of a float32 value where they lie: not to be looked at after `release`. */
  get numbers(): Float32Array {
    const { api, koffi } = this.#runtime;
    const count = this.shape.reduce((product, size) => product * size, 1);
    const at = this.#runtime.made((out) => api.tensorData(this.pointer, out));
    return new Float32Array(koffi.view(at, count * FLOAT_BYTES));
  }

  /** Idempotent. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#runtime.api.releaseValue(this.pointer);
  }
}

/** Numbers as the library reads them. Of a buffer of its own: that of a small array would move. */
function table(numbers: readonly number[]): BigInt64Array {
  const made = new BigInt64Array(new ArrayBuffer(numbers.length * BigInt64Array.BYTES_PER_ELEMENT));
  numbers.forEach((value, at) => {
    made[at] = BigInt(value);
  });
  return made;
}
