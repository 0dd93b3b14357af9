/**
 * The functions of ONNX Runtime's C interface that are called here. They are entries of one table of pointers, which only ever
 * grows: an entry's place is the same in every version since the one it came with.
 * Source of places and types: `struct OrtApi` in onnxruntime_c_api.h.
 */
import type { KoffiFunc, out, TypeObject } from 'koffi';

/** An address in this process. */
export type Pointer = bigint;
/** null = it worked. */
export type Status = Pointer | null;
/** Filled in by the call. */
export type Out<T> = [T | null];
/** Where many addresses, names or sizes go as a plain table. */
export type Table = BigUint64Array | BigInt64Array;

/** The interface version that has all of the functions below; the library gives the same table for every later one. */
export const API_VERSION = 16;

/** The part of koffi that is used. */
export interface Koffi {
  config(settings: { readonly sync_stack_size: number; readonly async_stack_size: number }): unknown;
  load(path: string): { func(name: string, result: string, parameters: string[]): () => Pointer };
  call(address: Pointer, type: TypeObject, ...parameters: unknown[]): unknown;
  proto(result: string, parameters: Parameter[]): TypeObject;
  out(type: TypeObject): Parameter;
  pointer(type: string): TypeObject;
  readonly decode: {
    (address: Pointer, type: string): Pointer;
    (address: Pointer, offset: number, type: string): Pointer;
    (address: Pointer, type: TypeObject): unknown;
    /** Copies a string that ends with a zero, of UTF-8. */
    string(address: Pointer): string;
  };
  address(memory: ArrayBufferView): Pointer;
  view(address: Pointer, bytes: number): ArrayBuffer;
}
type Parameter = string | ReturnType<typeof out>;

export interface Api {
  readonly errorMessage: (status: Pointer) => string;
  readonly createEnvironment: (logLevel: number, name: string, out: Out<Pointer>) => Status;
  readonly createSession: KoffiFunc<
    (environment: Pointer, path: string, options: Pointer, out: Out<Pointer>) => Status
  >;
  readonly run: KoffiFunc<
    (
      session: Pointer,
      options: Pointer | null,
      inputNames: Table,
      inputs: Table,
      inputCount: number,
      outputNames: Table,
      outputCount: number,
      outputs: Table,
    ) => Status
  >;
  readonly createSessionOptions: (out: Out<Pointer>) => Status;
  readonly setThreads: (options: Pointer, threads: number) => Status;
  readonly inputCount: (session: Pointer, out: Out<number>) => Status;
  readonly outputCount: (session: Pointer, out: Out<number>) => Status;
  readonly inputType: (session: Pointer, at: number, out: Out<Pointer>) => Status;
  readonly outputType: (session: Pointer, at: number, out: Out<Pointer>) => Status;
  readonly inputName: (session: Pointer, at: number, allocator: Pointer, out: Out<Pointer>) => Status;
  readonly outputName: (session: Pointer, at: number, allocator: Pointer, out: Out<Pointer>) => Status;
  readonly createRunOptions: (out: Out<Pointer>) => Status;
  readonly terminate: (options: Pointer) => Status;
  readonly createTensor: (
    memory: Pointer,
    data: ArrayBufferView,
    bytes: number,
    shape: Table,
    rank: number,
    type: number,
    out: Out<Pointer>,
  ) => Status;
  readonly tensorData: (value: Pointer, out: Out<Pointer>) => Status;
  /** Gives nothing where it is no tensor's. */
  readonly tensorType: (type: Pointer, out: Out<Pointer>) => Status;
  readonly elementType: (shape: Pointer, out: Out<number>) => Status;
  readonly rank: (shape: Pointer, out: Out<number>) => Status;
  readonly sizes: (shape: Pointer, out: Table, rank: number) => Status;
  readonly shapeOf: (value: Pointer, out: Out<Pointer>) => Status;
  readonly processorMemory: (allocator: number, type: number, out: Out<Pointer>) => Status;
  readonly free: (allocator: Pointer, memory: Pointer) => Status;
  readonly defaultAllocator: (out: Out<Pointer>) => Status;
  readonly metadata: (session: Pointer, out: Out<Pointer>) => Status;
  readonly lookUp: (metadata: Pointer, allocator: Pointer, key: string, out: Out<Pointer>) => Status;
  readonly releaseStatus: (status: Pointer) => void;
  readonly releaseSession: (session: Pointer) => void;
  readonly releaseValue: (value: Pointer) => void;
  readonly releaseRunOptions: (options: Pointer) => void;
  readonly releaseType: (type: Pointer) => void;
  readonly releaseShape: (shape: Pointer) => void;
  readonly releaseSessionOptions: (options: Pointer) => void;
  readonly releaseMetadata: (metadata: Pointer) => void;
}

/**
 * The functions, from the loaded library's table.
 * @param base what `OrtGetApiBase` gave
 * @throws Error where the library is older than `API_VERSION`
 */
export function bindApi(koffi: Koffi, base: Pointer): Api {
  const getApi = koffi.decode(base, 'void *');
  const api = koffi.call(getApi, koffi.proto('void *', ['uint32']), API_VERSION) as Pointer | null;
  if (api === null) throw new Error(`it does not have version ${API_VERSION} of the interface`);
  const [address, text, size, whole] = ['void *', 'str', 'size_t', 'int'];
  const out = koffi.out(koffi.pointer('void *'));
  const outSize = koffi.out(koffi.pointer('size_t'));
  const outWhole = koffi.out(koffi.pointer('int'));
  // On Windows a path is made of 16-bit characters.
  const path = process.platform === 'win32' ? 'str16' : text;
  const entry = <F>(place: number, parameters: Parameter[], result = address): F =>
    koffi.decode(koffi.decode(api, place * POINTER_BYTES, 'void *'), koffi.proto(result, parameters)) as F;
  const release = (place: number): ((pointer: Pointer) => void) => entry(place, [address], 'void');
  return {
    errorMessage: entry(2, [address], text),
    createEnvironment: entry(3, [whole, text, out]),
    createSession: entry(7, [address, path, address, out]),
    run: entry(9, [address, address, address, address, size, address, size, address]),
    createSessionOptions: entry(10, [out]),
    setThreads: entry(24, [address, whole]),
    inputCount: entry(30, [address, outSize]),
    outputCount: entry(31, [address, outSize]),
    inputType: entry(33, [address, size, out]),
    outputType: entry(34, [address, size, out]),
    inputName: entry(36, [address, size, address, out]),
    outputName: entry(37, [address, size, address, out]),
    createRunOptions: entry(39, [out]),
    terminate: entry(46, [address]),
    createTensor: entry(49, [address, address, size, address, size, whole, out]),
    tensorData: entry(51, [address, out]),
    tensorType: entry(55, [address, out]),
    elementType: entry(60, [address, outWhole]),
    rank: entry(61, [address, outSize]),
    sizes: entry(62, [address, address, size]),
    shapeOf: entry(65, [address, out]),
    processorMemory: entry(69, [whole, whole, out]),
    free: entry(76, [address, address]),
    defaultAllocator: entry(78, [out]),
    metadata: entry(111, [address, out]),
    lookUp: entry(116, [address, address, text, out]),
    releaseStatus: release(93),
    releaseSession: release(95),
    releaseValue: release(96),
    releaseRunOptions: release(97),
    releaseType: release(98),
    releaseShape: release(99),
    releaseSessionOptions: release(100),
    releaseMetadata: release(118),
  };
}

/** Of an address; Vox runs on 64-bit machines. */
const POINTER_BYTES = 8;
