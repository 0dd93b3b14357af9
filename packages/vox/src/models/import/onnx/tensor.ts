/** Tensors as the writer takes them: a type, a shape, and bytes that are made when they are written. */

/** Element types: number in ONNX's TensorProto.DataType, and bytes an element. */
export const DATA_TYPES = {
  float32: { code: 1, bytes: 4 },
  uint8: { code: 2, bytes: 1 },
  int8: { code: 3, bytes: 1 },
  int32: { code: 6, bytes: 4 },
  int64: { code: 7, bytes: 8 },
  bool: { code: 9, bytes: 1 },
  float16: { code: 10, bytes: 2 },
} as const;

export type DataType = keyof typeof DATA_TYPES;

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface Tensor {
  readonly type: DataType;
  readonly dims: readonly number[];
  /** Little-endian bytes in row-major order, in pieces of any size; called once, when the tensor is written. */
  chunks(): Chunks;
}

/** Bytes of a tensor of this type and shape. */
export function byteLength(tensor: Pick<Tensor, 'type' | 'dims'>): number {
  return tensor.dims.reduce((product, dim) => product * dim, DATA_TYPES[tensor.type].bytes);
}

/** The memory of a typed array as bytes, without a copy. Every machine that Node runs models on is little-endian. */
export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** A small float tensor; the shape is that of a list unless given. */
export function floats(values: ArrayLike<number>, dims: readonly number[] = [values.length]): Tensor {
  return { type: 'float32', dims, chunks: () => [bytesOf(Float32Array.from(values))] };
}

/** A small tensor of 64-bit integers; the shape is that of a list unless given. */
export function integers(values: readonly number[], dims: readonly number[] = [values.length]): Tensor {
  return { type: 'int64', dims, chunks: () => [bytesOf(BigInt64Array.from(values, BigInt))] };
}

/** A float without dimensions. */
export function scalar(value: number): Tensor {
  return floats([value], []);
}
