/** A stream whose bytes are a file's: its first ones tell which, the ffmpeg program decodes it as it comes. */
import { SNIFF_BYTES, STREAM_FORMATS, sniff } from '@vox-speech/audio';
import { VoxError } from '@vox-speech/contract';
import type { Runtime, StreamDecoder } from '../../runtime/types.js';
import { DECODED_RATE } from './schema.js';

/** Bytes from which on a format that shows is taken for it: a live stream can't wait for more. */
const ENOUGH_BYTES = 64;

export class ContainerFeed {
  readonly #runtime: Pick<Runtime, 'decodeStream'>;
  readonly #hear: (pcm16: Uint8Array) => Promise<void> | void;
  readonly #signal: AbortSignal;
  /** What came before there was enough to tell. */
  #head: Uint8Array = new Uint8Array(0);
  #decoder: StreamDecoder | undefined;
  #heard: Promise<void> = Promise.resolve();

  /** @param hear takes what was decoded, in order; a promise keeps the decoder waiting */
  constructor(
    runtime: Pick<Runtime, 'decodeStream'>,
    hear: (pcm16: Uint8Array) => Promise<void> | void,
    signal: AbortSignal,
  ) {
    this.#runtime = runtime;
    this.#hear = hear;
    this.#signal = signal;
  }

  /** Resolves when more may come. Throws `unsupported_media`, `ffmpeg_missing`. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#decoder !== undefined) return this.#decoder.write(bytes);
    this.#head = Buffer.concat([this.#head, bytes]);
    const known = this.#head.length >= ENOUGH_BYTES && sniff(this.#head) !== 'unknown';
    if (known || this.#head.length >= SNIFF_BYTES) await this.#begin();
  }

  /** Resolves when everything was heard. Throws as `write`. */
  async end(): Promise<void> {
    if (this.#decoder === undefined && this.#head.length > 0) await this.#begin();
    this.#decoder?.end();
    await this.#heard;
  }

  async #begin(): Promise<void> {
    const format = STREAM_FORMATS[sniff(this.#head)];
    if (format === undefined)
      throw new VoxError(
        'unsupported_media',
        'the stream is no WAV, FLAC, MP3, Ogg or WebM: samples without a header need encoding (linear16, mulaw or alaw) and sample_rate; raw Opus packets go into Ogg',
        { param: 'encoding' },
      );
    const decoder = await this.#runtime.decodeStream({
      format,
      sampleRate: DECODED_RATE,
      signal: this.#signal,
    });
    this.#decoder = decoder;
    this.#heard = (async () => {
      for await (const bytes of decoder.output) await this.#hear(bytes);
    })();
    // Met by `write` and `end`.
    this.#heard.catch(() => {});
    await decoder.write(this.#head);
  }
}
