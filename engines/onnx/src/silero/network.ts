/** Silero's network, version 5: how likely a window of sound is speech. One session for all who listen. */
import type { BoundRun, Graph, OpenGraph } from '../runtime/index.js';
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

/** What one stream has of its own. */
export class Listener {
  /** The next window, its context first. */
  readonly input = new Float32Array(INPUT);
  readonly state = new Float32Array(LAYERS * LAYER);
}

/** What a run is given and gives: inputs one after another, and for each layer the states one after another. */
interface Room {
  readonly input: Float32Array;
  readonly state: Float32Array;
  readonly likely: Float32Array;
  readonly next: Float32Array;
  readonly run: BoundRun;
}

export class SpeechNetwork {
  readonly #graph: Graph;
  /** What the runs of so many streams are given, by their number: made once, since making it is a tenth of a run. */
  readonly #rooms = new Map<number, Room>();

  private constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** Throws Error where the file is not Silero's network of version 5; then nothing of it stays in memory. */
  static async load(open: OpenGraph, path: string): Promise<SpeechNetwork> {
    // A window is 0.2 ms of work: another thread would cost more than it takes over.
    const graph = await open(path, 1);
    const network = new SpeechNetwork(graph);
    try {
      for (const [slots, names] of [
        [graph.inputs, ['input', 'state', 'sr']],
        [graph.outputs, ['output', 'stateN']],
      ] as const)
        for (const name of names)
          if (!slots.has(name)) throw new Error(`it has no '${name}', as Silero's version 5 has`);
      // What does not work shall not wait for the first who speaks.
      network.hear([new Listener()]);
      return network;
    } catch (error) {
      network.close();
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
    for (const { run } of this.#rooms.values()) run.release();
    this.#rooms.clear();
    this.#graph.close();
  }

  /** What it returns is written over by the next run of so many. */
  #run(listeners: readonly Listener[]): Float32Array {
    const count = listeners.length;
    const { input, state, likely, next, run } = this.#room(count);
    listeners.forEach((listener, at) => {
      input.set(listener.input, at * INPUT);
      for (let layer = 0; layer < LAYERS; layer++)
        state.set(listener.state.subarray(layer * LAYER, (layer + 1) * LAYER), (layer * count + at) * LAYER);
    });
    run.runNow();
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
    const [input, likely] = [new Float32Array(count * INPUT), new Float32Array(count)];
    const [state, next] = [
      new Float32Array(LAYERS * count * LAYER),
      new Float32Array(LAYERS * count * LAYER),
    ];
    const states = [LAYERS, count, LAYER];
    const run = this.#graph.bind(
      {
        input: { data: input, shape: [count, INPUT] },
        state: { data: state, shape: states },
        sr: { data: BigInt64Array.of(BigInt(SAMPLE_RATE)), shape: [] },
      },
      { output: { data: likely, shape: [count, 1] }, stateN: { data: next, shape: states } },
    );
    const room = { input, state, likely, next, run };
    this.#rooms.set(count, room);
    return room;
  }
}
