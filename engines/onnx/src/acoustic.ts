/** T-one's acoustic model: chunks of sound to probabilities of letters, several streams in one run. */
import type { Native, Session, Tensor } from './native.js';

/** Hz. */
export const SAMPLE_RATE = 8000;
/** Samples of a chunk (300 ms), and frames that it is answered with (30 ms each). */
export const CHUNK = 2400;
const FRAMES = 10;
/** Largest of 16 bits: the model takes whole samples. */
const LARGEST = 32_767;
const FULL_SCALE = 32_768;

/** What goes from one chunk of a stream to its next: the model's own state, in half floats. */
export type AcousticState = Uint16Array;

export interface Chunk {
  /** `CHUNK` samples in [-1, 1]. */
  readonly samples: Float32Array;
  /** Absent = the stream begins. */
  readonly state: AcousticState | undefined;
}

export interface Heard {
  /** Natural-log probabilities of all labels. */
  readonly frames: readonly Float32Array[];
  readonly state: AcousticState;
}

export class AcousticModel {
  readonly labels: number;
  readonly #native: Native;
  readonly #session: Session;
  readonly #stateLength: number;

  private constructor(native: Native, session: Session, labels: number, stateLength: number) {
    this.#native = native;
    this.#session = session;
    this.labels = labels;
    this.#stateLength = stateLength;
  }

  /** Throws Error where the file is no model of T-one's shape; then nothing of it stays in memory. */
  static load(native: Native, path: string, threads: number): AcousticModel {
    const session = new native.Session();
    session.loadModel(path, {
      intraOpNumThreads: Math.max(1, threads),
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
    });
    try {
      return AcousticModel.#of(native, session);
    } catch (error) {
      session.dispose();
      throw error;
    }
  }

  static #of(native: Native, session: Session): AcousticModel {
    const shapeOf = (values: Session['inputMetadata'], name: string, rank: number): readonly number[] => {
      const shape = values.find((value) => value.name === name)?.shape;
      if (shape?.length !== rank) throw new Error(`it has no '${name}' with ${rank} dimensions`);
      return shape;
    };
    const [, samples] = shapeOf(session.inputMetadata, 'signal', 3);
    const [, state = 0] = shapeOf(session.inputMetadata, 'state', 2);
    const [, frames, labels = 0] = shapeOf(session.outputMetadata, 'logprobs', 3);
    shapeOf(session.outputMetadata, 'state_next', 2);
    if (samples !== CHUNK || frames !== FRAMES || state < 1 || labels < 1)
      throw new Error(`it answers ${samples} samples with ${frames} frames, not ${CHUNK} with ${FRAMES}`);
    return new AcousticModel(native, session, labels, state);
  }

  /** One chunk of each stream, in one run of the model. */
  hear(chunks: readonly Chunk[]): Heard[] {
    const signal = new Int32Array(chunks.length * CHUNK);
    const states = new Uint16Array(chunks.length * this.#stateLength);
    chunks.forEach(({ samples, state }, at) => {
      for (let n = 0; n < CHUNK; n++) {
        const value = Math.round((samples[n] ?? 0) * FULL_SCALE);
        signal[at * CHUNK + n] = Math.max(-LARGEST - 1, Math.min(LARGEST, value));
      }
      if (state !== undefined) states.set(state, at * this.#stateLength);
    });
    const { Tensor } = this.#native;
    const outputs = this.#session.run(
      {
        signal: new Tensor('int32', signal, [chunks.length, CHUNK, 1]),
        state: new Tensor('float16', states, [chunks.length, this.#stateLength]),
      },
      { logprobs: null, state_next: null },
      {},
    );
    const probabilities = floats(outputs.logprobs);
    const next = bits(outputs.state_next);
    return chunks.map((_, at) => ({
      frames: Array.from({ length: FRAMES }, (_, frame) => {
        const from = (at * FRAMES + frame) * this.labels;
        return probabilities.subarray(from, from + this.labels);
      }),
      // Of its own, so that one stream doesn't keep the states of all that were in its step.
      state: next.slice(at * this.#stateLength, (at + 1) * this.#stateLength),
    }));
  }

  close(): void {
    this.#session.dispose();
  }
}

function floats(tensor: Tensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new Error('the model gave no probabilities');
}

/** Half floats as their bits, whatever this version of Node has for them. */
function bits(tensor: Tensor | undefined): Uint16Array {
  if (tensor === undefined) throw new Error('the model gave no state');
  const { buffer, byteOffset, length } = tensor.data;
  return new Uint16Array(buffer, byteOffset, length);
}
