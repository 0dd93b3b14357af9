/** One answer of a conversation: its text as it is written, its audio as it is made, and until when it is heard. */
import { randomUUID } from 'node:crypto';
import { VoxError } from '@vox-speech/contract';
import type { Runtime, SpeechStream } from '../../../runtime/types.js';

export interface ResponseVoice {
  readonly model: string;
  readonly voice: string;
  readonly language?: string;
  /** Hz of the audio. */
  readonly sampleRate: number;
}

export interface ResponseListener {
  /** PCM16 of whole samples; the next comes when this resolves. */
  audio(response: Response, pcm16: Uint8Array): Promise<void>;
  /** All was made, and by now heard. */
  done(response: Response): void;
  failed(response: Response, error: unknown): void;
}

export class Response {
  readonly id = `resp_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
  readonly allowInterruptions: boolean;
  /** Number of the next piece of audio. */
  sequence = 0;
  /** No more text will come. */
  committed = false;
  #text = '';
  #unsaid = '';
  #speech: SpeechStream | undefined;
  #samples = 0;
  #firstAt = 0;
  readonly #stop = new AbortController();
  readonly #maxCharacters: number;

  constructor(
    runtime: Runtime,
    voice: ResponseVoice,
    options: { allowInterruptions: boolean; signal: AbortSignal; listener: ResponseListener },
  ) {
    this.allowInterruptions = options.allowInterruptions;
    this.#maxCharacters = runtime.limits.textCharacters;
    const signal = AbortSignal.any([options.signal, this.#stop.signal]);
    this.#run(runtime, voice, signal, options.listener).catch((error: unknown) => {
      if (!signal.aborted) options.listener.failed(this, error);
    });
  }

  /** Of all that it was given to say. */
  get text(): string {
    return this.#text;
  }

  /** Throws `too_large` where too much waits unspoken. */
  append(text: string): void {
    if (this.#speech !== undefined) this.#speech.append(text);
    else if (this.#unsaid.length + text.length > this.#maxCharacters)
      throw new VoxError('too_large', `more than ${this.#maxCharacters} characters wait to be spoken`);
    else this.#unsaid += text;
    // What an echo is compared with need not be all of a book.
    this.#text = (this.#text + text).slice(-this.#maxCharacters);
  }

  commit(): void {
    this.committed = true;
    this.#speech?.finish();
  }

  /** Ends it at once. */
  stop(): void {
    this.#stop.abort();
  }

  async #run(
    runtime: Runtime,
    { sampleRate, ...voice }: ResponseVoice,
    signal: AbortSignal,
    listener: ResponseListener,
  ): Promise<void> {
    const speech = await runtime.speakStream(
      { ...voice, speed: 1, format: 'pcm', sampleRate, signal },
      {
        audio: (bytes) => {
          this.#firstAt ||= performance.now();
          this.#samples += bytes.length / 2;
          return signal.aborted ? Promise.resolve() : listener.audio(this, bytes);
        },
        progress: () => {},
      },
    );
    this.#speech = speech;
    if (this.#unsaid !== '') speech.append(this.#unsaid);
    this.#unsaid = '';
    if (this.committed) speech.finish();
    await speech.done;
    await heard(this.#firstAt + (this.#samples / sampleRate) * 1000, signal);
    if (!signal.aborted) listener.done(this);
  }
}

/** A client plays it as it comes, so it is heard to its end only when so much time has passed. */
function heard(at: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, at - performance.now());
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
