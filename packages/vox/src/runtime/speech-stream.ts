/** Speech of a text that is still being written: each sentence is a job of its own, the audio one stream. */
import { type Encoder, encodeStream } from '@vox-speech/audio/node';
import { VoxError, type Warning } from '@vox-speech/contract';
import type { SpeechSummary } from '../messages/index.js';
import type { LeasedHost } from '../scheduler/model-spec.js';
import { type Piece, SentenceStream } from '../text/sentence-stream.js';
import type {
  SpeakRequest,
  SpeakStreamRequest,
  Speech,
  SpeechStream,
  SpeechStreamListener,
} from './types.js';

/** A writer that has paused so long after a full stop has ended the sentence, in ms: tokens of a language model come faster. */
const WRITER_PAUSE_MS = 300;

export interface SpeechStreamParts {
  /** Keeps the model loaded; given back at the end. */
  readonly held: LeasedHost;
  /** The program, for formats that need it. */
  readonly ffmpeg: string | undefined;
  /** Characters that may wait unspoken. */
  readonly maxWaiting: number;
  readonly warnings: readonly Warning[];
  /** Speaks one sentence, in its turn. */
  speak(request: SpeakRequest): Promise<Speech>;
}

export class SpeechStreamRun implements SpeechStream {
  readonly model: string;
  readonly sampleRate: number;
  readonly warnings: readonly Warning[];
  readonly done: Promise<SpeechSummary>;
  readonly #request: SpeakStreamRequest;
  readonly #listener: SpeechStreamListener;
  readonly #parts: SpeechStreamParts;
  readonly #text: SentenceStream;
  readonly #pieces: Piece[] = [];
  #finished = false;
  #wake: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #written = 0;
  #spoken = { characters: 0, sentences: 0, durationMs: 0, processingMs: 0, aloud: 0 };
  #encoder: { readonly encoder: Encoder; readonly drained: Promise<void> } | undefined;

  constructor(request: SpeakStreamRequest, listener: SpeechStreamListener, parts: SpeechStreamParts) {
    this.#request = request;
    this.#listener = listener;
    this.#parts = parts;
    const { reference, info } = parts.held.host;
    this.model = reference;
    this.warnings = parts.warnings;
    this.sampleRate = request.sampleRate ?? info.sampleRate;
    this.#text = new SentenceStream(request.maxSentence);
    request.signal.addEventListener('abort', this.#onAbort, { once: true });
    this.done = this.#run().finally(() => {
      clearTimeout(this.#timer);
      request.signal.removeEventListener('abort', this.#onAbort);
      parts.held.release();
    });
    // Whoever only listens learns of the end by its silence.
    this.done.catch(() => {});
  }

  append(text: string): void {
    if (this.#finished || this.#request.signal.aborted) return;
    const waiting = this.#written - this.#spoken.characters + text.length;
    if (waiting > this.#parts.maxWaiting)
      throw new VoxError(
        'too_large',
        `text: ${waiting} characters would wait to be spoken; at most ${this.#parts.maxWaiting} may: send more after the next progress message`,
        { param: 'text' },
      );
    this.#written += text.length;
    this.#add(this.#text.push(text));
    clearTimeout(this.#timer);
    if (this.#text.looksWhole) this.#timer = setTimeout(() => this.#add(this.#text.flush()), WRITER_PAUSE_MS);
  }

  flush(): void {
    if (this.#finished || this.#request.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#add(this.#text.flush());
  }

  finish(): void {
    if (this.#finished) return;
    clearTimeout(this.#timer);
    this.#finished = true;
    this.#add(this.#text.flush());
  }

  readonly #onAbort = (): void => this.#wake();

  #add(pieces: readonly Piece[]): void {
    this.#pieces.push(...pieces);
    this.#wake();
  }

  async #run(): Promise<SpeechSummary> {
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#request.signal, stop.signal]);
    try {
      for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) {
        await this.#speak(piece, signal);
        this.#spoken.sentences++;
        this.#spoken.characters += piece.characters;
        this.#listener.progress({
          completedCharacters: this.#last ? this.#written : this.#spoken.characters,
          totalCharacters: this.#written,
          completedSentences: this.#spoken.sentences,
          totalSentences: this.#spoken.sentences + this.#pieces.length,
        });
      }
      if (this.#spoken.aloud === 0)
        throw new VoxError('invalid_request', 'text holds nothing that this voice can speak', {
          param: 'text',
        });
      this.#encoder?.encoder.end();
      await this.#encoder?.drained;
    } catch (error) {
      throw this.#request.signal.aborted ? new VoxError('cancelled', 'cancelled') : error;
    } finally {
      stop.abort();
    }
    const { durationMs, processingMs } = this.#spoken;
    return { durationMs, processingMs, warnings: [] };
  }

  /** The next piece when there is one; undefined after the last. */
  async #next(): Promise<Piece | undefined> {
    for (;;) {
      this.#request.signal.throwIfAborted();
      const piece = this.#pieces.shift();
      if (piece !== undefined || this.#finished) return piece;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Nothing will follow what was taken last. */
  get #last(): boolean {
    return this.#finished && this.#pieces.length === 0;
  }

  async #speak(piece: Piece, signal: AbortSignal): Promise<void> {
    const { voice, speed, language, keepAlive } = this.#request;
    try {
      const speech = await this.#parts.speak({
        model: this.model,
        text: piece.text,
        voice,
        speed,
        // What an encoder is to join comes to it as samples; the others need none.
        format: this.#parts.ffmpeg === undefined ? this.#request.format : 'pcm',
        sampleRate: this.sampleRate,
        signal,
        ...(language === undefined ? {} : { language }),
        ...(keepAlive === undefined ? {} : { keepAlive }),
        ...(this.#last ? {} : { pauseAfter: piece.endsParagraph ? 'paragraph' : 'sentence' }),
      });
      for await (const bytes of speech.audio) await this.#write(bytes, signal);
      const { durationMs, processingMs } = await speech.summary;
      this.#spoken.aloud++;
      this.#spoken.durationMs += durationMs;
      this.#spoken.processingMs += processingMs;
    } catch (error) {
      // A sentence that the voice can't read is left out, as it is in the middle of a text given whole.
      if (!(VoxError.is(error) && error.code === 'invalid_request' && error.param === 'input')) throw error;
    }
  }

  async #write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const { ffmpeg } = this.#parts;
    const { format } = this.#request;
    if (format === 'pcm' || format === 'mulaw' || format === 'alaw' || ffmpeg === undefined)
      return this.#listener.audio(bytes);
    this.#encoder ??= this.#startEncoder(ffmpeg, format, signal);
    const { encoder, drained } = this.#encoder;
    try {
      await encoder.write(bytes);
    } catch (error) {
      // Where it is the output that failed, its error is the cause.
      await drained;
      throw error;
    }
  }

  #startEncoder(ffmpeg: string, format: 'mp3' | 'opus', signal: AbortSignal) {
    const encoder = encodeStream({ ffmpeg, format, sampleRate: this.sampleRate, signal });
    const drained = (async () => {
      for await (const bytes of encoder.output) await this.#listener.audio(bytes);
    })();
    drained.catch(() => {});
    return { encoder, drained };
  }
}
