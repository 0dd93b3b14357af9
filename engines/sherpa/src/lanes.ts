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
import { VoxError } from '@vox-speech/contract';

/** What belongs to the recogniser during a decode. */
export interface DecodeKey {
  /** '' = detect. */
  readonly language: string;
  readonly task: 'transcribe' | 'translate';
  /** One thread, also where more are free: less processor time in all. Absent = no. */
  readonly thrifty?: boolean;
  /** What belongs to this decode alone; two decodes at once may differ in it. */
  readonly stream?: Readonly<Record<string, string>>;
}

/** A recogniser, as far as lanes know it. */
export interface Decoder<R> {
  /** `key` holds for this decode and until the next call. */
  decode(samples: Float32Array, key: DecodeKey): Promise<R>;
}

interface Waiting<R> {
  readonly samples: Float32Array;
  readonly key: DecodeKey;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
  readonly leave: () => void;
}

interface Lane<R> {
  readonly decoder: Decoder<R>;
  running: number;
  key: DecodeKey | undefined;
}

const sameKey = (a: DecodeKey | undefined, b: DecodeKey): boolean =>
  a !== undefined && a.language === b.language && a.task === b.task;

export class Lanes<R> {
  readonly #wide: Lane<R>;
  readonly #threads: number;
  readonly #createNarrow: () => Promise<Decoder<R>>;
  #narrow: Lane<R> | undefined;
  #creating = false;
  readonly #queue: Waiting<R>[] = [];

  /**
   * @param wide uses all `threads` for one decode
   * @param createNarrow makes the recogniser that uses one thread a decode; called at most once, unless it fails
   */
  constructor(wide: Decoder<R>, threads: number, createNarrow: () => Promise<Decoder<R>>) {
    this.#wide = { decoder: wide, running: 0, key: undefined };
    this.#threads = threads;
    this.#createNarrow = createNarrow;
  }

  /**
   * Decodes when its turn comes. A running native decode can't be stopped: on abort the caller is free at once and
   * the result is thrown away.
   * @throws VoxError `cancelled`, or what the recogniser throws
   */
  decode(samples: Float32Array, key: DecodeKey, signal: AbortSignal): Promise<R> {
    return new Promise<R>((resolve, reject) => {
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
      const waiting: Waiting<R> = {
        samples,
        key,
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

  #laneFor(key: DecodeKey): Lane<R> | undefined {
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

  async #run(lane: Lane<R>, { samples, key, resolve, reject, leave }: Waiting<R>): Promise<void> {
    lane.running++;
    lane.key = key;
    try {
      resolve(await lane.decoder.decode(samples, key));
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
