/** A loaded graph. Runs are made on threads of the pool, beside the event loop; several at once share its weights. */
import type { Pointer } from './api.js';
import { type Runtime, stopped } from './library.js';
import { Value } from './value.js';

export class Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly #runtime: Runtime;
  readonly #pointer: Pointer;
  #running = 0;
  #closed = false;

  private constructor(runtime: Runtime, pointer: Pointer) {
    this.#runtime = runtime;
    this.#pointer = pointer;
    const { api } = runtime;
    this.inputs = this.#names(api.inputCount, api.inputName);
    this.outputs = this.#names(api.outputCount, api.outputName);
  }

  /**
   * Loads a graph, beside the event loop.
   * @param threads that one run may use
   * @throws Error where the file is no graph that this library runs
   */
  static async open(runtime: Runtime, path: string, threads: number): Promise<Session> {
    const { api, environment } = runtime;
    const options = runtime.made((out) => api.createSessionOptions(out));
    try {
      runtime.check(api.setThreads(options, threads));
      // An arena keeps the most that runs side by side ever took; without one they take as long, and it is given back.
      runtime.check(api.disableArena(options));
      const out: [Pointer | null] = [null];
      await new Promise<void>((resolve, reject) =>
        api.createSession.async(environment, path, options, out, (error: unknown, status) => {
          try {
            if (error) throw error;
            runtime.check(status);
            resolve();
          } catch (failed) {
            reject(failed);
          }
        }),
      );
      if (out[0] === null) throw new Error('ONNX Runtime gave no session');
      return new Session(runtime, out[0]);
    } finally {
      api.releaseSessionOptions(options);
    }
  }

  /** What the graph's metadata say under a key; undefined where they don't. */
  metadata(key: string): string | undefined {
    const { api, allocator } = this.#runtime;
    const metadata = this.#runtime.made((out) => api.metadata(this.#pointer, out));
    try {
      const out: [Pointer | null] = [null];
      this.#runtime.check(api.lookUp(metadata, allocator, key, out));
      return out[0] === null ? undefined : this.#runtime.taken(out[0]);
    } finally {
      api.releaseMetadata(metadata);
    }
  }

  /**
   * Runs the graph. The inputs stay the caller's, the outputs become it: to be released both.
   * @param outputs the names of those that are wanted
   * @param signal stops it between two operators
   * @throws VoxError `cancelled`; Error with what the library says
   */
  async run<Name extends string>(
    inputs: Readonly<Record<string, Value>>,
    outputs: readonly Name[],
    signal?: AbortSignal,
  ): Promise<Record<Name, Value>> {
    if (this.#closed || signal?.aborted) throw stopped();
    const { api } = this.#runtime;
    const options = signal === undefined ? null : this.#runtime.made((out) => api.createRunOptions(out));
    const stop = (): void => {
      if (options !== null) api.terminate(options);
    };
    signal?.addEventListener('abort', stop, { once: true });
    this.#running++;
    try {
      const made = await this.#call(Object.entries(inputs), outputs, options);
      const values = outputs.map((name, at) => [name, new Value(this.#runtime, made[at] ?? 0n)] as const);
      return Object.fromEntries(values) as Record<Name, Value>;
    } catch (error) {
      throw signal?.aborted ? stopped() : error;
    } finally {
      signal?.removeEventListener('abort', stop);
      if (options !== null) api.releaseRunOptions(options);
      this.#running--;
      this.#release();
    }
  }

  /** Its memory is given back as soon as no run is under way. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
  }

  #release(): void {
    if (this.#closed && this.#running === 0) this.#runtime.api.releaseSession(this.#pointer);
  }

  #call(
    inputs: readonly (readonly [string, Value])[],
    outputs: readonly string[],
    options: Pointer | null,
  ): Promise<BigUint64Array> {
    const runtime = this.#runtime;
    const names = addresses(inputs.map(([name]) => runtime.name(name)));
    const values = addresses(inputs.map(([, value]) => value.pointer));
    const wanted = addresses(outputs.map((name) => runtime.name(name)));
    const made = addresses(outputs.map(() => 0n));
    return new Promise((resolve, reject) =>
      runtime.api.run.async(
        this.#pointer,
        options,
        names,
        values,
        inputs.length,
        wanted,
        outputs.length,
        made,
        (error: unknown, status) => {
          try {
            if (error) throw error;
            runtime.check(status);
            resolve(made);
          } catch (failed) {
            reject(failed);
          }
        },
      ),
    );
  }

  #names(count: Runtime['api']['inputCount'], nameAt: Runtime['api']['inputName']): string[] {
    const runtime = this.#runtime;
    const length = Number(runtime.made<number>((out) => count(this.#pointer, out)));
    return Array.from({ length }, (_, at) =>
      runtime.taken(runtime.made((out) => nameAt(this.#pointer, at, runtime.allocator, out))),
    );
  }
}

/** Of a buffer of its own: that of a small array would move. */
function addresses(pointers: readonly Pointer[]): BigUint64Array {
  const made = new BigUint64Array(new ArrayBuffer(pointers.length * BigUint64Array.BYTES_PER_ELEMENT));
  made.set(pointers);
  return made;
}
