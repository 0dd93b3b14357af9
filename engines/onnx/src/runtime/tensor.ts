/** Numbers as the library sees them: what type they have, and in how many dimensions they lie. */
import type { Pointer } from './api.js';
import type { Runtime } from './library.js';

/** Half floats are seen as their bits. */
export type TensorData = Float32Array | Int32Array | Uint16Array | BigInt64Array;
export type ElementType = 'float32' | 'int32' | 'int64' | 'float16';

/** Numbers of JavaScript's, and how they lie. */
export interface Tensor {
  readonly data: TensorData;
  readonly shape: readonly number[];
}

/** What a graph takes or gives. */
export interface Slot {
  /** undefined = none of ours, or no tensor. */
  readonly type: ElementType | undefined;
  /** Sizes; -1 = any. */
  readonly shape: readonly number[];
}

/** Of ONNX_TENSOR_ELEMENT_DATA_TYPE_*. */
export const TYPE_CODES: Readonly<Record<ElementType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  float16: 10,
};

/** The type that an array is of. */
export function typeOf(data: TensorData): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Int32Array) return 'int32';
  return data instanceof Uint16Array ? 'float16' : 'int64';
}

/**
 * Reads an OrtTensorTypeAndShapeInfo, which stays the caller's.
 * @throws Error with what the library says
 */
export function readSlot(runtime: Runtime, info: Pointer): Slot {
  const { api } = runtime;
  const code = runtime.made<number>((out) => api.elementType(info, out));
  const sizes = sizeTable(Array(Number(runtime.made<number>((out) => api.rank(info, out)))).fill(0));
  runtime.check(api.sizes(info, sizes, sizes.length));
  const type = (Object.keys(TYPE_CODES) as ElementType[]).find((name) => TYPE_CODES[name] === code);
  return { type, shape: Array.from(sizes, Number) };
}

/** Whole numbers as the library reads them. Of a buffer of its own: that of a small array would move. */
export function sizeTable(numbers: readonly number[]): BigInt64Array {
  const made = new BigInt64Array(new ArrayBuffer(numbers.length * BigInt64Array.BYTES_PER_ELEMENT));
  numbers.forEach((value, at) => {
    made[at] = BigInt(value);
  });
  return made;
}

/** Addresses as the library reads them. Of a buffer of its own: that of a small array would move. */
export function addressTable(pointers: readonly Pointer[]): BigUint64Array {
  const made = new BigUint64Array(new ArrayBuffer(pointers.length * BigUint64Array.BYTES_PER_ELEMENT));
  made.set(pointers);
  return made;
}
