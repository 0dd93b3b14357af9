/** A loaded graph. Runs are made on threads of the pool, beside the event loop; several at once share its weights. */
import type { Api, Pointer } from './api.js';
import { Binding } from './binding.js';
import type { BoundRun, Graph } from './graph.js';
import { type Runtime, stopped } from './library.js';
import { readSlot, type Slot, type Tensor, typeOf } from './tensor.js';
import { Value } from './value.js';

export class Session implements Graph {
  readonly inputs: ReadonlyMap<string, Slot>;
  readonly outputs: ReadonlyMap<string, Slot>;
  readonly #runtime: Runtime;
  readonly #pointer: Pointer;
  #running = 0;
  #closed = false;

  private constructor(runtime: Runtime, pointer: Pointer) {
    this.#runtime = runtime;
    this.#pointer = pointer;
    const { api } = runtime;
    this.inputs = this.#slots({ count: api.inputCount, name: api.inputName, type: api.inputType });
    this.outputs = this.#slots({ count: api.outputCount, name: api.outputName, type: api.outputType });
  }

  /**
   * Loads a graph, beside the event loop.
   * @param threads that one run may use
   * @throws Error where the file is no graph that this library runs; then nothing of it stays in memory
   */
  static async open(runtime: Runtime, path: string, threads: number): Promise<Session> {
    const { api, environment } = runtime;
    const options = runtime.made((out) => api.createSessionOptions(out));
    try {
      runtime.check(api.setThreads(options, threads));
      const out: [Pointer | null] = [null];
      const status = await new Promise<Pointer | null>((resolve, reject) =>
        api.createSession.async(environment, path, options, out, (error: unknown, made) =>
          error ? reject(error) : resolve(made),
        ),
      );
      runtime.check(status);
      if (out[0] === null) throw new Error('ONNX Runtime gave no session');
      return Session.#of(runtime, out[0]);
    } finally {
      api.releaseSessionOptions(options);
    }
  }

  static #of(runtime: Runtime, pointer: Pointer): Session {
    try {
      return new Session(runtime, pointer);
    } catch (error) {
      runtime.api.releaseSession(pointer);
      throw error;
    }
  }

  /** What the graph's metadata say under a key; undefined where they don't. */
  metadata(key: string): string | undefined {
    const { api, allocator } = this.#runtime;
    const metadata = this.#runtime.made((out) => api.metadata(this.#open(), out));
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
    const binding = new Binding(this.#runtime, inputs, outputs);
    let options: Pointer | null = null;
    const stop = (): void => {
      if (options !== null) api.terminate(options);
    };
    this.#running++;
    try {
      if (signal !== undefined) options = this.#runtime.made((out) => api.createRunOptions(out));
      signal?.addEventListener('abort', stop, { once: true });
      await this.#call(binding, options);
      const made = Array.from(binding.outputs, (pointer) => new Value(this.#runtime, pointer));
      return Object.fromEntries(outputs.map((name, at) => [name, made[at]])) as Record<Name, Value>;
    } catch (error) {
      throw signal?.aborted ? stopped() : error;
    } finally {
      signal?.removeEventListener('abort', stop);
      if (options !== null) api.releaseRunOptions(options);
      binding.letGo();
      this.#running--;
      this.#release();
    }
  }

  bind(inputs: Readonly<Record<string, Tensor>>, outputs: Readonly<Record<string, Tensor>>): BoundRun {
    for (const [name, { data }] of Object.entries(outputs)) {
      const type = typeOf(data);
      // The library asks for the sizes alone: numbers of a wider type would be written past the end.
      if (this.outputs.get(name)?.type !== type) throw new Error(`it has no output '${name}' of ${type}`);
    }
    const values: Value[] = [];
    const take = ({ data, shape }: Tensor): Value => {
      const value = Value.of(this.#runtime, data, shape);
      values.push(value);
      return value;
    };
    let binding: Binding | undefined;
    try {
      const given = Object.entries(inputs).map(([name, tensor]) => [name, take(tensor)] as const);
      const filled = Object.values(outputs).map(take);
      binding = new Binding(this.#runtime, Object.fromEntries(given), Object.keys(outputs), filled);
    } finally {
      // Until `letGo` the binding holds them.
      for (const value of values) value.release();
    }
    return new Bound(this.#runtime, binding, () => this.#open());
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

  #open(): Pointer {
    if (this.#closed) throw stopped();
    return this.#pointer;
  }

  async #call(binding: Binding, options: Pointer | null): Promise<void> {
    const { api } = this.#runtime;
    const status = await new Promise<Pointer | null>((resolve, reject) =>
      api.run.async(this.#pointer, options, ...binding.parameters, (error: unknown, made) =>
        error ? reject(error) : resolve(made),
      ),
    );
    this.#runtime.check(status);
  }

  #slots({ count, name, type }: Side): Map<string, Slot> {
    const runtime = this.#runtime;
    const { api, allocator } = runtime;
    const length = Number(runtime.made<number>((out) => count(this.#pointer, out)));
    const slots = Array.from({ length }, (_, at) => {
      const text = runtime.taken(runtime.made((out) => name(this.#pointer, at, allocator, out)));
      const info = runtime.made((out) => type(this.#pointer, at, out));
      try {
        const tensor: [Pointer | null] = [null];
        // What it gives belongs to `info`.
        runtime.check(api.tensorType(info, tensor));
        const slot = tensor[0] === null ? { type: undefined, shape: [] } : readSlot(runtime, tensor[0]);
        return [text, slot] as const;
      } finally {
        api.releaseType(info);
      }
    });
    return new Map(slots);
  }
}

class Bound implements BoundRun {
  readonly #runtime: Runtime;
  readonly #session: () => Pointer;
  /** undefined = released. */
  #binding: Binding | undefined;

  /** @param session throws where it is closed */
  constructor(runtime: Runtime, binding: Binding, session: () => Pointer) {
    this.#runtime = runtime;
    this.#binding = binding;
    this.#session = session;
  }

  runNow(): void {
    if (this.#binding === undefined) throw new Error('the run was released');
    this.#runtime.check(this.#runtime.api.run(this.#session(), null, ...this.#binding.parameters));
  }

  release(): void {
    this.#binding?.letGo();
    this.#binding = undefined;
  }
}

/** How the library tells of inputs, or of outputs. */
interface Side {
  readonly count: Api['inputCount'];
  readonly name: Api['inputName'];
  readonly type: Api['inputType'];
}
