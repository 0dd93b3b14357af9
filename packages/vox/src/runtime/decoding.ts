/**
 * Encoded audio as it comes, to PCM16: one decoder for the whole stream, however it is cut into messages. Earlier clients
 * sent a file a message; a message that begins a file ends the decoder before it, and the sound goes on.
 */
import { sniff } from '@vox-speech/audio';
import type { StreamDecoder } from './types.js';

interface Running {
  readonly decoder: StreamDecoder;
  /** Settles when all of its output was heard. */
  readonly heard: Promise<void>;
  written: boolean;
}

/** Containers that know one beginning only; the others (mp3, ogg) may be joined as they are. */
const BEGIN_ONCE: ReadonlySet<string> = new Set(['wav', 'rf64', 'flac', 'webm', 'matroska']);

export class Decoding {
  readonly #open: (signal: AbortSignal) => Promise<StreamDecoder>;
  readonly #hear: (pcm16: Uint8Array) => Promise<void> | void;
  readonly #signal: AbortSignal;
  #running: Running | undefined;

  /** @param hear takes what was decoded, in order; a promise keeps the decoder waiting */
  constructor(
    open: (signal: AbortSignal) => Promise<StreamDecoder>,
    hear: (pcm16: Uint8Array) => Promise<void> | void,
    signal: AbortSignal,
  ) {
    this.#open = open;
    this.#hear = hear;
    this.#signal = signal;
  }

  /** Throws `ffmpeg_missing`. */
  async start(): Promise<void> {
    const decoder = await this.#open(this.#signal);
    const heard = (async () => {
      for await (const bytes of decoder.output) await this.#hear(bytes);
    })();
    // Met by `write` and `end`.
    heard.catch(() => {});
    this.#running = { decoder, heard, written: false };
  }

  /** Resolves when more may come. Throws `unsupported_media`. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#running?.written === true && BEGIN_ONCE.has(sniff(bytes))) await this.#finish();
    if (this.#running === undefined) await this.start();
    const running = this.#running;
    if (running === undefined) return;
    running.written = true;
    await running.decoder.write(bytes);
  }

  /** Resolves when everything was heard. */
  async end(): Promise<void> {
    if (this.#running?.written === true) await this.#finish();
  }

  async #finish(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.decoder.end();
    await running?.heard;
  }
}
