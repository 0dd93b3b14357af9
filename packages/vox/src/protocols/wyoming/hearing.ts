/** One transcription: audio in, chunks of text as they become certain, the transcript once. */
import { wavHeader } from '@vox-speech/audio';
import type { LiveEvent } from '@vox-speech/contract';
import { VoxError } from '@vox-speech/contract';
import { Transcript } from '../../runtime/transcript.js';
import type { LiveListener, LiveSession, Runtime, StreamDecoder } from '../../runtime/types.js';
import type { Data } from './codec.js';
import { type About, transcript } from './render.js';
import { type HearingSettings, liveRequest } from './request.js';
import type { AudioFormat, Transcribe } from './schema.js';

export interface HearingOwner {
  say(type: string, data?: Data): void;
  /** Its transcript was said. Nothing is called after this or `failed`. */
  answered(): void;
  failed(error: unknown): void;
}

export class Hearing implements LiveListener {
  readonly format: AudioFormat;
  readonly #wanted: Transcribe;
  readonly #owner: HearingOwner;
  readonly #stop = new AbortController();
  readonly #text: Transcript;
  readonly #done: Promise<void>;
  #settle: () => void = () => {};
  #session: LiveSession | undefined;
  #converting: { readonly decoder: StreamDecoder; readonly heard: Promise<void> } | undefined;
  #started = false;
  #resume: () => void = () => {};

  constructor(wanted: Transcribe, format: AudioFormat, owner: HearingOwner) {
    this.#wanted = wanted;
    this.format = format;
    this.#owner = owner;
    this.#text = new Transcript(wanted.language);
    for (const warning of wanted.warnings) this.#text.warn(warning);
    this.#done = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /**
   * Takes its place.
   * @param model '' = the default
   * @throws what `Runtime.listen` throws; `ffmpeg_missing` for samples that are not PCM16 mono
   */
  async open(
    runtime: Pick<Runtime, 'listen' | 'decodeStream'>,
    model: string,
    settings: HearingSettings,
  ): Promise<void> {
    const { signal } = this.#stop;
    const { rate, encoding, channels } = this.format;
    this.#session = await runtime.listen(liveRequest(this.#wanted, model, rate, settings, signal), this);
    if (encoding === 's16' && channels === 1) return;
    // Samples are not looked at in this process.
    const decoder = await runtime.decodeStream({ format: 'wav', sampleRate: rate, signal });
    const heard = (async () => {
      for await (const bytes of decoder.output) await this.#hear(bytes);
    })();
    heard.catch((error: unknown) => this.onError(VoxError.from(error)));
    this.#converting = { decoder, heard };
    await decoder.write(wavHeader({ encoding, sampleRate: rate, channels }));
  }

  /** Takes any number of bytes; resolves, where it returns a promise, when there is room for more. */
  append(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#stop.signal.aborted) return undefined;
    return this.#converting === undefined ? this.#hear(bytes) : this.#converting.decoder.write(bytes);
  }

  /** No more audio; resolves when the transcript was said, or it failed. */
  async finish(): Promise<void> {
    const converting = this.#converting;
    converting?.decoder.end();
    await converting?.heard.catch(() => {});
    this.#session?.finish();
    await this.#done;
  }

  /** Ends it at once and in silence; its place is free. Idempotent. */
  end(): void {
    this.#stop.abort();
    this.#resume();
    this.#settle();
  }

  onEvent(event: LiveEvent): void {
    if (this.#stop.signal.aborted) return;
    if (event.type === 'partial') this.#chunk(this.#text.partial(event));
    else if (event.type === 'warning') this.#text.warn(event.warning);
    else if (event.type === 'final') {
      this.#chunk(this.#text.final(event));
      if (this.#wanted.sensitivity !== undefined && this.#text.text !== '') this.#answer();
    }
  }

  onDrain(): void {
    this.#resume();
  }

  onEnd(): void {
    if (!this.#stop.signal.aborted) this.#answer();
  }

  onError(error: Error): void {
    if (this.#stop.signal.aborted) return;
    this.end();
    this.#owner.failed(error);
  }

  #hear(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#stop.signal.aborted || this.#session?.append(bytes) !== false) return undefined;
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  #chunk(text: string): void {
    if (text === '') return;
    this.#start();
    this.#owner.say('transcript-chunk', { text });
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#owner.say('transcript-start', { ...this.#about });
  }

  #answer(): void {
    this.#start();
    const { text, warnings } = this.#text.end();
    this.#owner.say('transcript', transcript(text, this.#about, warnings));
    this.#owner.say('transcript-stop');
    this.end();
    this.#owner.answered();
  }

  get #about(): About {
    const { context } = this.#wanted;
    const { language } = this.#text;
    return {
      ...(language === undefined ? {} : { language }),
      ...(context === undefined ? {} : { context }),
    };
  }
}
