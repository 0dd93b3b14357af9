/**
 * The part of onnxruntime-node that this engine calls, typed by hand. Its public `run` is the call below put off to a later turn of
 * the event loop; a step of the model must be over when it returns, so the call itself is taken, from the module that makes it. The
 * package is pinned to one version. Nothing here imports the native library until `loadNative`.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Availability, importPackage, probePackage } from '@vox-speech/contract';

/** Half floats are seen as their bits. */
export type TensorData = Float32Array | Int32Array | Uint16Array | BigInt64Array;

export interface Tensor {
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** What a model takes or gives. */
export interface ValueInfo {
  readonly name: string;
  /** Sizes; -1 = any. */
  readonly shape: readonly number[];
}

export interface Session {
  readonly inputMetadata: readonly ValueInfo[];
  readonly outputMetadata: readonly ValueInfo[];
  /** Throws Error where the file is no model. */
  loadModel(path: string, options: SessionOptions): void;
  /** Works on the calling thread and the session's own. `null` = the output is wanted. */
  run(
    inputs: Readonly<Record<string, Tensor>>,
    outputs: Readonly<Record<string, null>>,
    options: object,
  ): Readonly<Record<string, Tensor>>;
  dispose(): void;
}

export interface SessionOptions {
  readonly intraOpNumThreads: number;
  readonly interOpNumThreads: 1;
  readonly executionMode: 'sequential';
  /** 3 = errors. */
  readonly logSeverityLevel: 3;
}

export interface Native {
  readonly Session: new () => Session;
  readonly Tensor: new (
    type: 'float16' | 'float32' | 'int32' | 'int64',
    data: TensorData,
    dims: readonly number[],
  ) => Tensor;
}

interface Binding {
  readonly binding: { readonly InferenceSession: Native['Session'] };
  initOrt(): void;
}

const require = createRequire(import.meta.url);
const PACKAGE = 'onnxruntime-node';
/** As the package itself finds it. */
const LIBRARY = join('bin', 'napi-v6', process.platform, process.arch, 'onnxruntime_binding.node');

/** Looks whether the package and its library for this machine are there, importing neither. */
export function probeNative(): Availability {
  return probePackage(require, PACKAGE, (manifest) =>
    existsSync(join(dirname(manifest), LIBRARY))
      ? undefined
      : `${PACKAGE} has no library for ${process.platform}-${process.arch}`,
  );
}

/**
 * Imports the native library; the process carries it from then on.
 * @throws VoxError `engine_missing` when it is not installed or can't be loaded here
 */
export function loadNative(): Native {
  return importPackage(PACKAGE, probeNative(), () => {
    const { binding, initOrt } = require(`${PACKAGE}/dist/binding.js`) as Binding;
    const { Tensor } = require(PACKAGE) as Pick<Native, 'Tensor'>;
    initOrt();
    return { Session: binding.InferenceSession, Tensor };
  });
}
