/** One request to a runner to give memory back, from the asking to its answer. */
import { VoxError } from '@vox-speech/contract';

/** A runner that has not answered by then is busy with something that it should not be. */
const DEADLINE_MS = 15_000;

export class Trimming {
  /** Bytes that the process gave back; it may have grown meanwhile, then 0. Rejects with `timeout` or what `fail` is told. */
  readonly freed: Promise<number>;
  #settle: { resolve(bytes: number): void; reject(error: VoxError): void } | undefined;

  constructor(reference: string) {
    this.freed = new Promise<number>((resolve, reject) => {
      const late = () =>
        this.fail(new VoxError('timeout', `${reference} gave no memory back within ${DEADLINE_MS / 1000} s`));
      const timer = setTimeout(late, DEADLINE_MS);
      timer.unref();
      this.#settle = {
        resolve(bytes) {
          clearTimeout(timer);
          resolve(bytes);
        },
        reject(error) {
          clearTimeout(timer);
          reject(error);
        },
      };
    });
  }

  end(freedBytes: number): void {
    this.#settle?.resolve(Math.max(0, freedBytes));
  }

  fail(error: VoxError): void {
    this.#settle?.reject(error);
  }
}
