/** ONNX Runtime for Node, where it is installed: runs the graphs that an import writes. */
import { createRequire } from 'node:module';

export interface Value {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

export interface Session {
  run(inputs: Readonly<Record<string, Value>>): Promise<Readonly<Record<string, Value>>>;
}

export interface OnnxRuntime {
  readonly InferenceSession: { create(path: string): Promise<Session> };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => Value;
}

/** undefined where it isn't installed. */
export const onnxRuntime = ((): OnnxRuntime | undefined => {
  try {
    return createRequire(import.meta.url)('onnxruntime-node') as OnnxRuntime;
  } catch {
    return undefined;
  }
})();
