/** What a model of ours needs of a loaded graph that it runs on the thread that it is called on. */
import type { Slot, Tensor } from './tensor.js';

export interface Graph {
  /** By name. */
  readonly inputs: ReadonlyMap<string, Slot>;
  readonly outputs: ReadonlyMap<string, Slot>;
  /**
   * A run whose numbers stay where they are: each run of it reads the inputs anew and writes the outputs.
   * @param outputs those that are wanted; of the sizes that the graph will give them
   * @throws Error where the graph has no such output, or numbers are fewer than their shape says
   */
  bind(inputs: Readonly<Record<string, Tensor>>, outputs: Readonly<Record<string, Tensor>>): BoundRun;
  /** Idempotent. What is bound is still to be released. */
  close(): void;
}

export interface BoundRun {
  /**
   * Runs the graph on this thread and the session's own: it is over when this returns.
   * @throws Error with what the library says, of sizes that don't fit too; VoxError `cancelled` where the graph is closed
   */
  runNow(): void;
  /** Its memory is not the garbage collector's. Idempotent. */
  release(): void;
}

/** Loads a graph of which one run may use so many threads. */
export type OpenGraph = (path: string, threads: number) => Promise<Graph>;
