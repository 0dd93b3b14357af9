/** One context of a socket: a text as it is written, spoken from its first sentence on. */
import { VoxError, type Warning } from '@vox-speech/contract';
import type { Runtime, SpeakStreamRequest, SpeechStream } from '../../runtime/types.js';

export interface ContextOptions {
  readonly runtime: Pick<Runtime, 'speakStream'>;
  readonly request: Omit<SpeakStreamRequest, 'signal' | 'speed'>;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  /** In order, one at a time; the next comes when this resolves. `warnings` are not empty once at most. */
  audio(bytes: Uint8Array, warnings: readonly Warning[]): Promise<void>;
  /** All was said; the last that is told of the context. */
  done(): void;
  /** What ended it instead. */
  failed(error: unknown): void;
}

export class Context {
  readonly #options: ContextOptions;
  readonly #stop = new AbortController();
  #speech: SpeechStream | undefined;
  #warnings: readonly Warning[] = [];
  #speed = 1;
  #finished = false;

  constructor(options: ContextOptions) {
    this.#options = options;
  }

  /** Settings of the voice count until the first word. */
  set speed(speed: number) {
    this.#speed = speed;
  }

  /** What the first audio is to say. */
  warn(warnings: readonly Warning[]): void {
    this.#warnings = [...this.#warnings, ...warnings];
  }

  /**
   * More text. Resolves once it is taken: the first one waits for the model. Throws what `speakStream` and `append` throw.
   */
  async append(text: string): Promise<void> {
    if (this.#finished) return;
    // Clients begin with a blank, which is nothing to load a model for.
    if (this.#speech === undefined && text.trim() === '') return;
    this.#speech ??= await this.#open();
    this.#speech.append(text);
  }

  /** What was written so far is spoken now. */
  flush(): void {
    this.#speech?.flush();
  }

  /** No more text. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    if (this.#speech === undefined) this.#options.done();
    else this.#speech.finish();
  }

  /** Ends it at once and in silence. Idempotent. */
  stop(): void {
    this.#finished = true;
    this.#stop.abort();
  }

  async #open(): Promise<SpeechStream> {
    const { runtime, request, audio, done, failed } = this.#options;
    const stopped = this.#stop.signal;
    const signal = AbortSignal.any([this.#options.signal, stopped]);
    const speech = await runtime.speakStream(
      { ...request, speed: this.#speed, signal },
      {
        audio: (bytes) => audio(bytes, this.#told()),
        progress: () => {},
      },
    );
    this.warn(speech.warnings);
    speech.done.then(
      () => done(),
      (error: unknown) => {
        if (stopped.aborted) return;
        if (nothingToSay(error)) done();
        else failed(error);
      },
    );
    return speech;
  }

  #told(): readonly Warning[] {
    const warnings = this.#warnings;
    this.#warnings = [];
    return warnings;
  }
}

/** A text of signs alone makes no sound, and no error either: it may be one part of a conversation. */
function nothingToSay(error: unknown): boolean {
  return VoxError.is(error) && error.code === 'invalid_request' && error.param === 'text';
}
