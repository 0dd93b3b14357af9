/** The pools of a runner's neural detectors: one of those that are as sure as they are of themselves, and one for each other wish. */
import { type SpeechDetector, type SpeechThresholds, VoxError } from '@vox-speech/contract';
import { DetectorPool } from './detector-pool.js';
import type { Clock } from './stream.js';

export type OpenDetector = (speech?: SpeechThresholds) => Promise<SpeechDetector>;

/** Wishes at once: each takes 22 MB or more, and clients choose them. */
const MAX_WISHES = 4;
/** Detectors of one wish at most. With two thresholds they are two in one. */
const LIMIT = 8;

export class DetectorPools {
  readonly #open: OpenDetector;
  readonly #clock: Clock;
  readonly #usual: DetectorPool;
  readonly #wished = new Map<string, DetectorPool>();

  constructor(open: OpenDetector, clock: Clock) {
    this.#open = open;
    this.#clock = clock;
    this.#usual = new DetectorPool(() => open(), clock);
  }

  /** Makes the first detector of a wish, unless there is one. Throws `overloaded` where too many wishes differ, and what opening throws. */
  prepare(speech: SpeechThresholds | undefined): Promise<void> {
    return this.of(speech).prepare();
  }

  /** Throws `overloaded`. */
  of(speech: SpeechThresholds | undefined): DetectorPool {
    if (speech?.threshold === undefined && speech?.leave === undefined) return this.#usual;
    const key = `${speech.threshold} ${speech.leave}`;
    const found = this.#wished.get(key);
    if (found !== undefined) return found;
    if (this.#wished.size >= MAX_WISHES)
      throw new VoxError(
        'overloaded',
        `speech is listened for with ${MAX_WISHES} other pairs of thresholds now; use one of those, or none`,
      );
    const pool = new DetectorPool(() => this.#open(speech), this.#clock, LIMIT);
    this.#wished.set(key, pool);
    return pool;
  }

  /** No stream is left: all detectors are given back to the engine. */
  clear(): void {
    this.#usual.clear();
    for (const pool of this.#wished.values()) pool.clear();
    this.#wished.clear();
  }
}
