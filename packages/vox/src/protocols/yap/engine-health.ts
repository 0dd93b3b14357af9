/** Can the engine answer? By what became of the last session, and by trying again where that failed. */
import { VoxError } from '@vox-speech/contract';
import type { Runtime } from '../../runtime/types.js';
import { blamesEngine } from './errors.js';

/** Between two tries to load a model that failed, in ms: probes come every second or so. */
const TRY_EVERY_MS = 5_000;

export class EngineHealth {
  readonly #runtime: Pick<Runtime, 'show' | 'preload'>;
  readonly #model: string;
  #failure: VoxError | undefined;
  #triedAt = 0;

  /** @param model as `Runtime.show` takes it */
  constructor(runtime: Pick<Runtime, 'show' | 'preload'>, model: string) {
    this.#runtime = runtime;
    this.#model = model;
  }

  /** A session was opened. Of a model that runs elsewhere that says nothing: it is asked only when somebody speaks. */
  opened(): void {
    if (this.#failure?.code.startsWith('upstream_') !== true) this.#failure = undefined;
  }

  /** An utterance was heard to its end. */
  worked(): void {
    this.#failure = undefined;
  }

  /** A session was not opened, or broke off. */
  failed(error: unknown): void {
    if (!blamesEngine(error)) return;
    this.#failure = VoxError.from(error);
    this.#triedAt = Date.now();
  }

  /** Why it can't; undefined where it can, as far as is known. Never rejects. */
  async problem(): Promise<string | undefined> {
    try {
      await this.#runtime.show(this.#model);
    } catch (error) {
      return VoxError.from(error).message;
    }
    if (this.#failure === undefined) return undefined;
    this.#tryAgain();
    const { code, message } = this.#failure;
    return code === 'internal' ? 'the last live session failed; the log says why' : message;
  }

  /** Beside the answer: the next probe has what came of it. An upstream is given its next chance then. */
  #tryAgain(): void {
    const now = Date.now();
    if (now - this.#triedAt < TRY_EVERY_MS) return;
    this.#triedAt = now;
    this.#runtime.preload(this.#model).then(
      () => this.worked(),
      (error: unknown) => this.failed(error),
    );
  }
}
