/** Sound in whatever form a stream brings it, to the PCM16 of one live session. */
import { OggOpusWriter, sniff } from '@vox-speech/audio';
import { VoxError } from '@vox-speech/contract';
import { Decoding } from '../../runtime/decoding.js';
import type { DecodeStreamRequest, Runtime } from '../../runtime/types.js';
import type { EncodedAudio, OpusFrame } from './messages.js';

type Format = DecodeStreamRequest['format'];

/** Hz at which an Opus packet is taken to have been made where nothing is said. */
const OPUS_RATE = 48_000;
/** What clients call formats, and what the first bytes show. */
const FORMATS: Readonly<Record<string, Format>> = {
  wav: 'wav',
  rf64: 'wav',
  flac: 'flac',
  mp3: 'mp3',
  ogg: 'ogg',
  opus: 'ogg',
  webm: 'webm',
  matroska: 'webm',
};

export interface EarsOptions {
  readonly runtime: Runtime;
  /** Hz of the session. */
  readonly sampleRate: number;
  readonly signal: AbortSignal;
  /** Takes PCM16; a promise keeps the client waiting. */
  readonly append: (pcm16: Uint8Array) => Promise<void> | void;
}

/** One form a stream: what began as Opus packets goes on as Opus packets. */
export class Ears {
  readonly #options: EarsOptions;
  #form: 'audio' | 'opus_frame' | 'encoded_audio' | undefined;
  #decoding: Decoding | undefined;
  #pages: OggOpusWriter | undefined;

  constructor(options: EarsOptions) {
    this.#options = options;
  }

  /** Something was heard already. */
  get used(): boolean {
    return this.#form !== undefined;
  }

  pcm(bytes: Uint8Array): Promise<void> | void {
    this.#settle('audio');
    if (bytes.length > 0) return this.#options.append(bytes);
  }

  /** Throws `invalid_request`, `ffmpeg_missing`, `unsupported_media`. */
  async opus({ data, sample_rate, channels }: OpusFrame): Promise<void> {
    this.#settle('opus_frame');
    try {
      const first = this.#pages === undefined;
      this.#pages ??= new OggOpusWriter({ sampleRate: sample_rate || OPUS_RATE, channels: channels || 1 });
      const page = this.#pages.packet(data);
      await this.#decode('ogg', first ? Buffer.concat([this.#pages.header(), page]) : page);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new VoxError('invalid_request', `opus_frame: ${error.message}`, { param: 'opus_frame' });
    }
  }

  /** Throws `invalid_request`, `ffmpeg_missing`, `unsupported_media`. */
  async encoded({ data, format }: EncodedAudio): Promise<void> {
    if (data.length === 0) return;
    const found = FORMATS[format.trim().toLowerCase() || sniff(data)];
    // Of what goes on in the middle of a file the first bytes say nothing, and need not.
    if (found === undefined && (format !== '' || this.#decoding === undefined))
      throw new VoxError(
        'invalid_request',
        `format: expected wav, flac, mp3, ogg or webm; got '${format.slice(0, 60)}'`,
        { param: 'format' },
      );
    this.#settle('encoded_audio');
    await this.#decode(found ?? 'wav', data);
  }

  /** Resolves when all of it was heard. */
  async end(): Promise<void> {
    await this.#decoding?.end();
  }

  /** The format counts the first time. */
  async #decode(format: Format, bytes: Uint8Array): Promise<void> {
    const { runtime, sampleRate, signal, append } = this.#options;
    this.#decoding ??= new Decoding(
      (stop) => runtime.decodeStream({ format, sampleRate, signal: stop }),
      append,
      signal,
    );
    await this.#decoding.write(bytes);
  }

  #settle(form: 'audio' | 'opus_frame' | 'encoded_audio'): void {
    this.#form ??= form;
    if (this.#form === form) return;
    throw new VoxError(
      'invalid_request',
      `${form}: this stream began with ${this.#form}; open another one for another form`,
      { param: form },
    );
  }
}
