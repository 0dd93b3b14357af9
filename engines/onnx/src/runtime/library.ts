/**
 * ONNX Runtime by its C interface. The package's own binding keeps the thread it is called on for as long as a model runs, and
 * copies every value that goes in or out; called by its C functions, it runs beside the event loop, several runs share one
 * model's weights, and what goes from one step to the next stays where it is (decision 0010).
 */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Availability, importPackage, probePackage, VoxError } from '@vox-speech/contract';
import { type Api, bindApi, type Koffi, type Out, type Pointer, type Status } from './api.js';

const require = createRequire(import.meta.url);
const PACKAGE = 'onnxruntime-node';
/** Calls functions of libraries that have no binding for Node. */
const CALLER = 'koffi';
/** Folder of the library in its package. */
const FOLDER = join('bin', 'napi-v6', process.platform, process.arch);
/** libonnxruntime.so.1, libonnxruntime.1.30.0.dylib, onnxruntime.dll. */
const LIBRARY = /^(libonnxruntime\.so\.\d+|libonnxruntime\.[\d.]+\.dylib|onnxruntime\.dll)$/;
/** Of its log: errors. */
const LOG_LEVEL = 3;
/**
 * Bytes of stack that a call has, as a thread of its own would: a graph that is run by one thread is run on it. koffi gives 2 MiB to
 * a call and 128 KiB to one beside the event loop, which are too few.
 */
const STACK = 8 * 1024 * 1024;
/** OrtArenaAllocator, OrtMemTypeDefault. */
const ARENA = 1;
const DEFAULT_MEMORY = 0;

/** Looks whether the library and what calls it are there for this machine, importing neither. */
export function probeRuntime(): Availability {
  let folder: string;
  try {
    // It does not tell where its manifest is.
    folder = dirname(require.resolve(CALLER));
  } catch {
    return { available: false, reason: `${CALLER} is not installed: npm install ${CALLER}` };
  }
  if (!isBuilt(folder))
    return {
      available: false,
      reason: `${noLibrary(CALLER)}: npm install --include=optional ${CALLER}`,
    };
  return probePackage(require, PACKAGE, (manifest) =>
    libraryIn(manifest) === undefined ? noLibrary(PACKAGE) : undefined,
  );
}

/** Its native part comes as a package beside it, or is built in its own folder where npm ran its script. */
function isBuilt(caller: string): boolean {
  const beside = join(dirname(caller), '@koromix', `koffi-${process.platform}-${process.arch}`);
  return existsSync(beside) || existsSync(join(caller, 'build', 'koffi'));
}

function noLibrary(name: string): string {
  return `${name} has no library for ${process.platform}-${process.arch}`;
}

/** Path of the library of an installed package, by the path of its manifest; undefined = none for this machine. */
function libraryIn(manifest: string): string | undefined {
  const folder = join(dirname(manifest), FOLDER);
  try {
    const name = readdirSync(folder).find((file) => LIBRARY.test(file));
    return name === undefined ? undefined : join(folder, name);
  } catch {
    return undefined;
  }
}

let caller: Koffi | undefined;
let loaded: Runtime | undefined;

/**
 * The library, loaded once in a process, which carries it from then on.
 * @throws VoxError `engine_missing` when it is not installed or can't be loaded here
 */
export function loadRuntime(): Runtime {
  loaded ??= importPackage(PACKAGE, probeRuntime(), () => {
    const path = libraryIn(require.resolve(`${PACKAGE}/package.json`));
    caller ??= importCaller();
    return new Runtime(caller, path ?? PACKAGE);
  });
  return loaded;
}

/** Set up once: it refuses to be when it has called a library, of which one that can't be loaded is the first. */
function importCaller(): Koffi {
  const koffi = require(CALLER) as Koffi;
  koffi.config({ sync_stack_size: STACK, async_stack_size: STACK });
  return koffi;
}

/** The loaded library. */
export class Runtime {
  readonly api: Api;
  readonly koffi: Koffi;
  /** Held: a library that nobody holds is unloaded with the next garbage. */
  readonly library: ReturnType<Koffi['load']>;
  readonly environment: Pointer;
  /** What tells the library that values lie in this process's own memory. */
  readonly memory: Pointer;
  readonly allocator: Pointer;
  /** The bytes are held: a table of addresses holds nothing. */
  readonly #names = new Map<string, { readonly bytes: Buffer; readonly address: Pointer }>();

  /** Throws Error where the file is no such library. */
  constructor(koffi: Koffi, path: string) {
    this.koffi = koffi;
    this.library = koffi.load(path);
    this.api = bindApi(koffi, this.library.func('OrtGetApiBase', 'void *', [])());
    this.environment = this.made((out) => this.api.createEnvironment(LOG_LEVEL, 'vox', out));
    this.memory = this.made((out) => this.api.processorMemory(ARENA, DEFAULT_MEMORY, out));
    this.allocator = this.made((out) => this.api.defaultAllocator(out));
  }

  /** What a call made. Throws Error with what the library says where it failed. */
  made<T = Pointer>(call: (out: Out<T>) => Status): T {
    const out: Out<T> = [null];
    this.check(call(out));
    if (out[0] === null) throw new Error('ONNX Runtime gave nothing');
    return out[0];
  }

  /** Throws Error with what the library says of a call that failed. */
  check(status: Status): void {
    if (status === null) return;
    const message = this.api.errorMessage(status);
    this.api.releaseStatus(status);
    throw new Error(message);
  }

  /** A string of the library's that is the caller's now. */
  taken(text: Pointer): string {
    const copy = this.koffi.decode.string(text);
    this.check(this.api.free(this.allocator, text));
    return copy;
  }

  /** Address of a name that stays where it is as long as the process lives. */
  name(text: string): Pointer {
    const known = this.#names.get(text);
    if (known !== undefined) return known.address;
    const bytes = Buffer.from(`${text}\0`);
    const address = this.koffi.address(bytes);
    this.#names.set(text, { bytes, address });
    return address;
  }
}

/** The error of a run that was stopped. */
export function stopped(): VoxError {
  return new VoxError('cancelled', 'cancelled');
}
