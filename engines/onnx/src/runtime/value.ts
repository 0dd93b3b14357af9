/** Values that go into a model and come out of it. They lie outside of JavaScript's memory, and are released by hand. */
import type { Pointer } from './api.js';
import type { Runtime } from './library.js';
import { readSlot, type Slot, sizeTable, type TensorData, TYPE_CODES, typeOf } from './tensor.js';

/** As wide as any number. */
const SOMETHING = new BigInt64Array(new ArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT));

export class Value {
  readonly #pointer: Pointer;
  readonly #runtime: Runtime;
  /** What it lies in, where that is JavaScript's: kept from the garbage collector as long as the value is. */
  readonly data: TensorData | undefined;
  /** Runs that are under way with it. */
  #held = 0;
  #released = false;

  constructor(runtime: Runtime, pointer: Pointer, data?: TensorData) {
    this.#runtime = runtime;
    this.#pointer = pointer;
    this.data = data;
  }

  /**
   * Numbers without copying them: a run reads them, or writes them, where they are.
   * @throws Error where there are fewer of them than the shape has
   */
  static of(runtime: Runtime, data: TensorData, shape: readonly number[]): Value {
    const { api, memory } = runtime;
    // An empty array has no address.
    const held = data.length === 0 ? SOMETHING : data;
    const code = TYPE_CODES[typeOf(data)];
    const sizes = sizeTable(shape);
    const pointer = runtime.made((out) =>
      api.createTensor(memory, held, held.byteLength, sizes, sizes.length, code, out),
    );
    return new Value(runtime, pointer, held);
  }

  /** Whole numbers of 64 bits, copied. */
  static integers(runtime: Runtime, data: readonly number[], shape: readonly number[]): Value {
    return Value.of(runtime, sizeTable(data), shape);
  }

  get shape(): readonly number[] {
    return this.#slot().shape;
  }

  /**
   * The numbers of a float32 value where they lie: not to be looked at after `release`.
   * @throws Error where it is released, or of another type
   */
  get numbers(): Float32Array {
    const { type, shape } = this.#slot();
    // Others are of another size: what was read would not be theirs.
    if (type !== 'float32') throw new Error('the model gave a value that is not of float32');
    const { api, koffi } = this.#runtime;
    const count = shape.reduce((product, size) => product * size, 1);
    // Nothing may lie nowhere.
    if (count === 0) return new Float32Array(0);
    const at = this.#runtime.made((out) => api.tensorData(this.#pointer, out));
    return new Float32Array(koffi.view(at, count * Float32Array.BYTES_PER_ELEMENT));
  }

  /**
   * Its address, for a run: until `letGo` its memory stays, whoever releases it.
   * @throws Error where it is released
   */
  hold(): Pointer {
    this.#requireHeld();
    this.#held++;
    return this.#pointer;
  }

  /** The run is over. */
  letGo(): void {
    this.#held--;
    this.#free();
  }

  /** Idempotent. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#free();
  }

  #free(): void {
    if (this.#released && this.#held === 0) this.#runtime.api.releaseValue(this.#pointer);
  }

  #requireHeld(): void {
    if (this.#released) throw new Error('the value was released');
  }

  #slot(): Slot {
    this.#requireHeld();
    const { api } = this.#runtime;
    const info = this.#runtime.made((out) => api.shapeOf(this.#pointer, out));
    try {
      return readSlot(this.#runtime, info);
    } finally {
      api.releaseShape(info);
    }
  }
}
