/** A runner's live streams in a test: a clock that the test moves, and everything that the hub says. */
import { floatToInt16 } from '@vox-speech/audio';
import type { LiveEvent, LiveOptions } from '@vox-speech/contract';
import type { FromRunner } from '../../messages/index.js';
import { LiveHub } from './hub.js';
import type { Clock, LiveEngine } from './stream.js';

export const LIVE: LiveOptions = {
  sampleRate: 16_000,
  task: 'transcribe',
  words: true,
  hotwords: [],
  endpointing: {
    detector: 'energy',
    silenceMs: 500,
    minSpeechMs: 100,
    preRollMs: 100,
    maxUtteranceMs: 30_000,
  },
  partialMs: 200,
};

export class TestClock implements Clock {
  #now = 0;
  #timers: { readonly at: number; readonly call: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  cpuMs(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + ms, call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** Time goes by while somebody works. */
  spend(ms: number): void {
    this.#now += ms;
  }

  /** Moves on, ms by ms as far as there are timers; what they start without waiting is done meanwhile. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      await settle();
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.at);
      this.#timers = this.#timers.filter((one) => one !== next);
      next.call();
    }
    this.#now = Math.max(this.#now, until);
  }
}

/** Lets promises run. */
export const settle = (): Promise<void> =>
  new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

export class LiveBench {
  readonly clock = new TestClock();
  readonly said: FromRunner[] = [];
  readonly hub: LiveHub;

  constructor(engine: (clock: Clock) => LiveEngine) {
    this.hub = new LiveHub(
      engine(this.clock),
      this.clock,
      (message) => this.said.push(message),
      () => {},
    );
  }

  /** Sends samples in real time. @param packetMs audio of a packet */
  async send(id: number, samples: Float32Array, packetMs = 20, rate = 16_000): Promise<void> {
    const size = Math.round((packetMs * rate) / 1000);
    for (let at = 0; at < samples.length; at += size) {
      const bytes = floatToInt16(samples.subarray(at, at + size));
      this.hub.frames(
        [id],
        [bytes.byteLength],
        new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      );
      await this.clock.advance(packetMs);
    }
  }

  events(id = 1): LiveEvent[] {
    return this.said.flatMap((message) =>
      message.type === 'live' ? message.events.filter((one) => one.id === id).map(({ event }) => event) : [],
    );
  }

  of<T extends LiveEvent['type']>(type: T, id = 1): Extract<LiveEvent, { type: T }>[] {
    return this.events(id).filter((event): event is Extract<LiveEvent, { type: T }> => event.type === type);
  }

  /** The last word about a stream. */
  last(id = 1): FromRunner | undefined {
    return this.said.find(
      (message) => (message.type === 'end' || message.type === 'error') && message.id === id,
    );
  }
}

export const silence = (seconds: number): Float32Array => new Float32Array(seconds * 16_000);

export function joined(...parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
