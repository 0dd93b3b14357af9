/**
 * Whose decode runs next. A native decode can't be stopped, so what matters is what is started: finals first, then pieces
 * of what will be one, then files, and partials only where nobody else waits.
 */
import { VoxError } from '@vox-speech/contract';

interface Waiting {
  /** Of the caller. */
  readonly signal: AbortSignal;
  /** Takes the slot and lets the caller go on. */
  readonly start: () => void;
}

export class DecodeTurns {
  readonly #slots: number;
  readonly #finals: Waiting[] = [];
  readonly #pieces: Waiting[] = [];
  readonly #files: Waiting[] = [];
  #running = 0;
  #runningFiles = 0;
  readonly #live: () => boolean;

  /**
   * @param slots decodes at once from which more only make each other slower
   * @param live whether there are live streams; without any, files need no turns
   */
  constructor(slots: number, live: () => boolean) {
    this.#slots = slots;
    this.#live = live;
  }

  /** Decodes that are running now. */
  get running(): number {
    return this.#running;
  }

  /** True where a decode of no urgency may start: a slot is free, and one more where there are several, for the next final. */
  get idle(): boolean {
    return this.#finals.length + this.#pieces.length === 0 && this.#running < Math.max(1, this.#slots - 1);
  }

  /** A decode that need not be: only to be called while `idle`. */
  spare<T>(work: () => Promise<T>): Promise<T> {
    this.#running++;
    return this.#run(work);
  }

  /** A decode that someone waits for. Rejects with `cancelled` where the signal aborts before its turn. */
  async final<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#turn(this.#finals, signal);
    return this.#run(work);
  }

  /** A decode that must be made in the next seconds: it gives way to finals only. */
  async piece<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#turn(this.#pieces, signal);
    return this.#run(work);
  }

  /** The pieces that wait for this signal's owner are waited for now: they have the turn of a final. */
  hasten(signal: AbortSignal): void {
    for (const waiting of this.#pieces.filter((piece) => piece.signal === signal)) {
      leave(this.#pieces, waiting);
      this.#finals.push(waiting);
    }
  }

  /** A window of a file: while there are live streams one at a time, and none while a final waits. */
  async file<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#live()) await this.#turn(this.#files, signal);
    else {
      this.#running++;
      this.#runningFiles++;
    }
    return this.#run(() => work().finally(() => this.#runningFiles--));
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#running--;
      this.#pump();
    }
  }

  /** Resolves when a slot is taken for the caller. */
  #turn(queue: Waiting[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        // A piece may have become a final meanwhile.
        for (const one of [queue, this.#finals]) leave(one, waiting);
        reject(new VoxError('cancelled', 'cancelled'));
      };
      const waiting: Waiting = {
        signal,
        start: () => {
          signal.removeEventListener('abort', abort);
          this.#running++;
          resolve();
        },
      };
      if (signal.aborted) {
        abort();
        return;
      }
      signal.addEventListener('abort', abort, { once: true });
      queue.push(waiting);
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#running < this.#slots) {
      const next = this.#finals.shift() ?? this.#pieces.shift() ?? this.#nextFile();
      if (next === undefined) return;
      next.start();
    }
  }

  #nextFile(): Waiting | undefined {
    if (this.#live() && this.#runningFiles > 0) return undefined;
    const next = this.#files.shift();
    if (next !== undefined) this.#runningFiles++;
    return next;
  }
}

function leave(queue: Waiting[], waiting: Waiting): void {
  const at = queue.indexOf(waiting);
  if (at >= 0) queue.splice(at, 1);
}
