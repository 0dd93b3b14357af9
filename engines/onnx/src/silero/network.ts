/** Silero's network, version 5: how likely a window of sound is speech. One session for all who listen. */
import type { Native, Session, Tensor } from '../native.js';
import { SAMPLE_RATE, WINDOW } from './rules.js';

/** Samples before a window that the network hears with it: 4 ms. */
export const CONTEXT = 64;
/** Samples of a window with its context. */
export const INPUT = CONTEXT + WINDOW;
/** What goes from a window to the next of its stream: two layers of so many floats. */
const LAYERS = 2;
const LAYER = 128;
/** Streams in one run at most: of more, each costs what it costs of 32. */
const LARGEST_RUN = 32;

const WANTED = { output: null, stateN: null } as const;

/** What one stream has of its own. */
export class Listener {
  /** The next window, its context first. */
  readonly input = new Float32Array(INPUT);
  readonly state = new Float32Array(LAYERS * LAYER);
}

/** What a run is given: inputs one after another, and for each layer the states one after another. */
interface Room {
  readonly input: Float32Array;
  readonly state: Float32Array;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

export class SpeechNetwork {
  readonly #native: Native;
  readonly #session: Session;
  readonly #rate: Tensor;
  /** What the runs of so many streams are given, by their number: made once, since making it is a tenth of a run. */
  readonly #rooms = new Map<number, Room>();

  private constructor(native: Native, session: Session) {
    this.#native = native;
    this.#session = session;
    this.#rate = new native.Tensor('int64', BigInt64Array.of(BigInt(SAMPLE_RATE)), []);
  }

  /** Throws Error where the file is not Silero's network of version 5; then nothing of it stays in memory. */
  static load(native: Native, path: string): SpeechNetwork {
    const session = new native.Session();
    session.loadModel(path, {
      // A window is 0.2 ms of work: another thread would cost more than it takes over.
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
    });
    try {
      for (const [values, names] of [
        [session.inputMetadata, ['input', 'state', 'sr']],
        [session.outputMetadata, ['output', 'stateN']],
      ] as const)
        for (const name of names)
          if (!values.some((value) => value.name === name))
            throw new Error(`it has no '${name}', as Silero's version 5 has`);
      const network = new SpeechNetwork(native, session);
      // What does not work shall not wait for the first who speaks.
      network.hear([new Listener()]);
      return network;
    } catch (error) {
      session.dispose();
      throw error;
    }
  }

  /** The next window of each stream, in one run of the network. Returns how likely each is speech, 0..1; `state` goes on. */
  hear(listeners: readonly Listener[]): number[] {
    const likely: number[] = [];
    for (let at = 0; at < listeners.length; at += LARGEST_RUN)
      likely.push(...this.#run(listeners.slice(at, at + LARGEST_RUN)));
    return likely;
  }

  close(): void {
    this.#session.dispose();
  }

  #run(listeners: readonly Listener[]): Float32Array {
    const count = listeners.length;
    const { input, state, feeds } = this.#room(count);
    listeners.forEach((listener, at) => {
      input.set(listener.input, at * INPUT);
      for (let layer = 0; layer < LAYERS; layer++)
        state.set(listener.state.subarray(layer * LAYER, (layer + 1) * LAYER), (layer * count + at) * LAYER);
    });
    const { output, stateN } = this.#session.run(feeds, WANTED, {});
    const likely = floats(output, count);
    const next = floats(stateN, LAYERS * count * LAYER);
    listeners.forEach((listener, at) => {
      for (let layer = 0; layer < LAYERS; layer++) {
        const from = (layer * count + at) * LAYER;
        listener.state.set(next.subarray(from, from + LAYER), layer * LAYER);
      }
    });
    return likely;
  }

  #room(count: number): Room {
    const known = this.#rooms.get(count);
    if (known !== undefined) return known;
    const { Tensor } = this.#native;
    const input = new Float32Array(count * INPUT);
    const state = new Float32Array(LAYERS * count * LAYER);
    const feeds = {
      input: new Tensor('float32', input, [count, INPUT]),
      state: new Tensor('float32', state, [LAYERS, count, LAYER]),
      sr: this.#rate,
    };
    const room = { input, state, feeds };
    this.#rooms.set(count, room);
    return room;
  }
}

function floats(tensor: Tensor | undefined, length: number): Float32Array {
  if (tensor?.data instanceof Float32Array && tensor.data.length === length) return tensor.data;
  throw new Error(`it gave no ${length} numbers where Silero's version 5 does`);
}
