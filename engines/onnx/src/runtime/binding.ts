/** What one run reads and writes, as the library's own tables; held from the garbage collector and from `release` until `letGo`. */
import type { Runtime } from './library.js';
import { addressTable } from './tensor.js';
import type { Value } from './value.js';

export class Binding {
  /** Filled in by a run where no values were given: theirs who asked. */
  readonly outputs: BigUint64Array;
  readonly #inputNames: BigUint64Array;
  readonly #inputs: BigUint64Array;
  readonly #outputNames: BigUint64Array;
  readonly #held: Value[] = [];

  /**
   * @param names of the outputs that are wanted
   * @param filled values that the outputs are written into; absent = the library makes them
   * @throws Error where a value is released
   */
  constructor(
    runtime: Runtime,
    inputs: Readonly<Record<string, Value>>,
    names: readonly string[],
    filled?: readonly Value[],
  ) {
    const hold = (value: Value): bigint => {
      const pointer = value.hold();
      this.#held.push(value);
      return pointer;
    };
    try {
      this.#inputNames = addressTable(Object.keys(inputs).map((name) => runtime.name(name)));
      this.#inputs = addressTable(Object.values(inputs).map(hold));
      this.#outputNames = addressTable(names.map((name) => runtime.name(name)));
      this.outputs = addressTable(filled === undefined ? names.map(() => 0n) : filled.map(hold));
    } catch (error) {
      this.letGo();
      throw error;
    }
  }

  /** The last parameters of the library's call. */
  get parameters() {
    const [names, inputs, wanted, outputs] = [
      this.#inputNames,
      this.#inputs,
      this.#outputNames,
      this.outputs,
    ];
    return [names, inputs, inputs.length, wanted, outputs.length, outputs] as const;
  }

  /** Idempotent. */
  letGo(): void {
    for (const value of this.#held.splice(0)) value.letGo();
  }
}
