/**
 * Which recogniser decodes what, and when.
 *
 * Measured on 2 cores (base, 11 s clip): one recogniser of 2 threads answers a lone client in 0.60 s against 0.99 s with
 * 1 thread; two decodes at once on ONE recogniser of 1 thread serve 1.5-2.6 requests a second, as many as two recognisers
 * would, for 330 MB less; two at once on a recogniser of 2 threads fight and are slower than one after the other.
 * So: a lone decode goes to the wide recogniser, concurrent ones share the narrow one, which is made when
 * a decode has ended with others waiting.
 *
 * Language and task belong to a recogniser: the start of a decode overwrites what a running one will read when its
 * encoder is done. So one recogniser never runs two decodes of different (language, task) at once.
 */
import { VoxError } from './errors.js';

/** What belongs to the recogniser during a decode. */
export interface DecodeKey {
  /** '' = detect. */
  readonly language: string;
  readonly task: 'transcribe' | 'translate';
  /** One thread, also where more are free: less processor time in all. Absent = no. */
  readonly thrifty?: boolean;
}

/**
 * A recogniser, as far as lanes know it.
 * @typeParam Job what is to be decoded, with what belongs to this decode alone
 */
export interface LaneDecoder<Job, Result> {
  /**
   * `key` holds for this decode and until the next call. Who aborts has gone on already: a decode that can be stopped should be,
   * and what comes of it is thrown away.
   */
  decode(job: Job, key: DecodeKey, signal: AbortSignal): Promise<Result>;
  /** Gives its memory back, where the garbage collector does not. Nothing runs then. */
  close?(): void;
}

interface Waiting<Job, Result> {
  readonly job: Job;
  readonly key: DecodeKey;
  readonly signal: AbortSignal;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
  readonly leave: () => void;
}

interface Lane<Job, Result> {
  readonly decoder: LaneDecoder<Job, Result>;
  running: number;
  key: DecodeKey | undefined;
}

const sameKey = (a: DecodeKey | undefined, b: DecodeKey): boolean =>
  a !== undefined && a.language === b.language && a.task === b.task;

export class Lanes<Job, Result> {
  readonly #wide: Lane<Job, Result>;
  readonly #threads: number;
  readonly #createNarrow: () => Promise<LaneDecoder<Job, Result>>;
  #narrow: Lane<Job, Result> | undefined;
  #creating = false;
  readonly #queue: Waiting<Job, Result>[] = [];

  /**
   * @param wide uses all `threads` for one decode
   * @param createNarrow makes the recogniser that uses one thread a decode; called at most once, unless it fails
   */
  constructor(
    wide: LaneDecoder<Job, Result>,
    threads: number,
    createNarrow: () => Promise<LaneDecoder<Job, Result>>,
  ) {
    this.#wide = { decoder: wide, running: 0, key: undefined };
    this.#threads = threads;
    this.#createNarrow = createNarrow;
  }

  /**
   * Decodes when its turn comes. Whether a running decode can be stopped or not: on abort the caller is free at once and
   * the result is thrown away.
   * @throws VoxError `cancelled`, or what the recogniser throws
   */
  decode(job: Job, key: DecodeKey, signal: AbortSignal): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (signal.aborted) {
        reject(new VoxError('cancelled', 'cancelled'));
        return;
      }
      const abort = (): void => {
        const at = this.#queue.indexOf(waiting);
        if (at >= 0) this.#queue.splice(at, 1);
        reject(new VoxError('cancelled', 'cancelled'));
        // Who waited for a change of language behind this one may go now.
        this.#pump();
      };
      const waiting: Waiting<Job, Result> = {
        job,
        key,
        signal,
        resolve,
        reject,
        leave: () => signal.removeEventListener('abort', abort),
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#queue.push(waiting);
      this.#pump();
    });
  }

  /** Lets go of the narrow recogniser while it has nothing to do; the next concurrent decodes make it again. */
  trim(): void {
    if (this.#narrow === undefined || this.#narrow.running > 0) return;
    this.#narrow.decoder.close?.();
    this.#narrow = undefined;
    this.#creating = false;
  }

  get #running(): number {
    return this.#wide.running + (this.#narrow?.running ?? 0);
  }

  /** Starts what may start, strictly in the order of arrival, so that no language waits for ever. */
  #pump(): void {
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      const lane = this.#laneFor(head.key);
      if (lane === undefined) return;
      this.#queue.shift();
      void this.#run(lane, head);
    }
  }

  #laneFor(key: DecodeKey): Lane<Job, Result> | undefined {
    const running = this.#running;
    if (key.thrifty === true && this.#threads > 1 && this.#narrow === undefined) this.#create();
    const alone = running === 0 && this.#queue.length === 1;
    if (alone && (key.thrifty !== true || this.#narrow === undefined)) return this.#wide;
    if (this.#threads === 1) return running === 0 ? this.#wide : undefined;
    if (running >= this.#threads) return undefined;
    // Until the narrow one is there the wide one works on, one decode after the other.
    if (this.#narrow === undefined) return this.#wide.running === 0 ? this.#wide : undefined;
    const free = this.#narrow.running === 0 || sameKey(this.#narrow.key, key);
    if (free) return this.#narrow;
    // Another language is at work there; the wide one need not wait for it.
    return this.#wide.running === 0 ? this.#wide : undefined;
  }

  #create(): void {
    if (this.#creating) return;
    this.#creating = true;
    this.#createNarrow().then(
      (decoder) => {
        this.#narrow = { decoder, running: 0, key: undefined };
        this.#pump();
      },
      () => {
        // The wide one serves alone; the next concurrent request tries again.
        this.#creating = false;
      },
    );
  }

  async #run(
    lane: Lane<Job, Result>,
    { job, key, signal, resolve, reject, leave }: Waiting<Job, Result>,
  ): Promise<void> {
    lane.running++;
    lane.key = key;
    try {
      resolve(await lane.decoder.decode(job, key, signal));
    } catch (error) {
      reject(error);
    } finally {
      leave();
      lane.running--;
      // Not before: making it takes as long as a short decode, and the first answer must not wait for that.
      if (this.#queue.length > 0 && this.#narrow === undefined && this.#threads > 1) this.#create();
      this.#pump();
    }
  }
}
