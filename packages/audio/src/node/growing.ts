/** What the reader of a file knows of its writer. */

/** A file that a writer still adds to. The writer's side calls `end` or `fail` once, and may call `notify` meanwhile. */
export class GrowingFile {
  #ended = false;
  #error: unknown;
  readonly #waiting = new Set<() => void>();

  /** True when the writer is done: what is in the file now is all. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Call before taking what the file holds for good.
   * @throws what `fail` was given
   */
  check(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  /** The writer added something. Optional: readers look by themselves every few milliseconds. */
  notify(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** The writer has finished. */
  end(): void {
    this.#ended = true;
    this.notify();
  }

  /** The writer has failed: readers throw this error, even if bytes are left to read. Ignored after `end`. */
  fail(error: Error): void {
    if (this.#ended) return;
    this.#error = error;
    this.end();
  }

  /** Resolves at the next call of the writer's side, after `ms` milliseconds or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#ended || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal.addEventListener('abort', wake);
      this.#waiting.add(wake);
    });
  }
}
