/** T-one's acoustic model: chunks of sound to probabilities of letters, several streams in one run. */
import type { ElementType, Graph, OpenGraph, Slot } from './runtime/index.js';

/** Hz. */
export const SAMPLE_RATE = 8000;
/** Samples of a chunk (300 ms), and frames that it is answered with (30 ms each). */
export const CHUNK = 2400;
const FRAMES = 10;
/** Largest of 16 bits: the model takes whole samples. */
const LARGEST = 32_767;
const FULL_SCALE = 32_768;

/** What goes from one chunk of a stream to its next: the model's own state, in half floats. */
export type AcousticState = Uint16Array<ArrayBuffer>;

export interface Chunk {
  /** `CHUNK` samples in [-1, 1]. */
  readonly samples: Float32Array;
  /** Absent = the stream begins; else the one that the chunk before was answered with, which is written over. */
  readonly state: AcousticState | undefined;
}

export interface Heard {
  /** Natural-log probabilities of all labels. */
  readonly frames: readonly Float32Array[];
  readonly state: AcousticState;
}

export class AcousticModel {
  readonly labels: number;
  readonly #graph: Graph;
  readonly #stateLength: number;
  /**
   * States on their way in and out, for as many streams as there were in one step: 0.9 MB each. Asked of the system anew for every
   * step they made 16 streams on 8-bit weights 93 times real time, and not 107.
   */
  #before: AcousticState = new Uint16Array(0);
  #after: AcousticState = new Uint16Array(0);

  private constructor(graph: Graph, labels: number, stateLength: number) {
    this.#graph = graph;
    this.labels = labels;
    this.#stateLength = stateLength;
  }

  /** Throws Error where the file is no model of T-one's shape; then nothing of it stays in memory. */
  static async load(open: OpenGraph, path: string, threads: number): Promise<AcousticModel> {
    const graph = await open(path, Math.max(1, threads));
    try {
      return AcousticModel.#of(graph);
    } catch (error) {
      graph.close();
      throw error;
    }
  }

  static #of(graph: Graph): AcousticModel {
    const { inputs, outputs } = graph;
    const [, samples] = shapeOf(inputs, 'signal', 'int32', 3);
    const [, state = 0] = shapeOf(inputs, 'state', 'float16', 2);
    const [, frames, labels = 0] = shapeOf(outputs, 'logprobs', 'float32', 3);
    shapeOf(outputs, 'state_next', 'float16', 2);
    if (samples !== CHUNK || frames !== FRAMES || state < 1 || labels < 1)
      throw new Error(`it answers ${samples} samples with ${frames} frames, not ${CHUNK} with ${FRAMES}`);
    return new AcousticModel(graph, labels, state);
  }

  /** One chunk of each stream, in one run of the model. */
  hear(chunks: readonly Chunk[]): Heard[] {
    const signal = new Int32Array(chunks.length * CHUNK);
    const length = this.#stateLength;
    if (this.#before.length < chunks.length * length) {
      this.#before = new Uint16Array(chunks.length * length);
      this.#after = new Uint16Array(chunks.length * length);
    }
    const before = this.#before.subarray(0, chunks.length * length);
    const after = this.#after.subarray(0, chunks.length * length);
    chunks.forEach(({ samples, state }, at) => {
      for (let n = 0; n < CHUNK; n++) {
        const value = Math.round((samples[n] ?? 0) * FULL_SCALE);
        signal[at * CHUNK + n] = Math.max(-LARGEST - 1, Math.min(LARGEST, value));
      }
      if (state === undefined) before.fill(0, at * length, (at + 1) * length);
      else before.set(state, at * length);
    });
    // Of their own for each run: who gets the frames may keep them.
    const probabilities = new Float32Array(chunks.length * FRAMES * this.labels);
    const run = this.#graph.bind(
      {
        signal: { data: signal, shape: [chunks.length, CHUNK, 1] },
        state: { data: before, shape: [chunks.length, length] },
      },
      {
        logprobs: { data: probabilities, shape: [chunks.length, FRAMES, this.labels] },
        state_next: { data: after, shape: [chunks.length, length] },
      },
    );
    try {
      run.runNow();
    } finally {
      run.release();
    }
    return chunks.map(({ state = new Uint16Array(length) }, at) => {
      state.set(after.subarray(at * length, (at + 1) * length));
      const frames = Array.from({ length: FRAMES }, (_, frame) => {
        const from = (at * FRAMES + frame) * this.labels;
        return probabilities.subarray(from, from + this.labels);
      });
      return { frames, state };
    });
  }

  close(): void {
    this.#graph.close();
  }
}

/** Throws Error where there is no such input or output. */
function shapeOf(
  slots: ReadonlyMap<string, Slot>,
  name: string,
  type: ElementType,
  rank: number,
): readonly number[] {
  const slot = slots.get(name);
  if (slot?.shape.length !== rank) throw new Error(`it has no '${name}' with ${rank} dimensions`);
  if (slot.type !== type) throw new Error(`its '${name}' is not of ${type}`);
  return slot.shape;
}
