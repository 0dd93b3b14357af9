/** One live stream on a streaming recogniser: utterance after utterance, all times since its first sample. */
import type { Segment, StreamPart, TranscriptionStream } from '@vox-speech/contract';
import { findPhrases, LETTER_MS } from './letter-phrases.js';
import type { OnlineRecognizer, OnlineResult, OnlineStream } from './native-online.js';
import { segmentOf } from './online-words.js';

/**
 * Bytes that a native stream takes (measured: 0.6-1 MB, the model's state and the audio not yet heard). The library frees
 * it when the garbage collector finds its handle, whose size the collector doesn't know: streams that come and go fast
 * (one a commit) took 0.2 MB each for good. So each brings an untouched buffer of this size, which the collector does
 * see and the machine never has to fill.
 */
const NATIVE_BYTES = 1 << 20;

/** Tokens from which on the library forgets those that were told, in the next silence: it tells all of them each time. */
const MOST_TOKENS = 256;

export interface OnlineStreamOptions {
  /** Hz of what is pushed. */
  readonly sampleRate: number;
  /** See `OnlineRow`. */
  readonly slowClock: number;
  /** See `OnlineRow`. */
  readonly slowTokens: number;
  /** Ms of silence before the first sample, which is not part of the clock. */
  readonly leadMs: number;
  /** Ms by which tokens are said late. */
  readonly lateMs: number;
  /** Ms of silence after the end. */
  readonly tailMs: number;
  /** ISO 639-1; '' = unknown. */
  readonly language: string;
  /** Word times wanted. */
  readonly words: boolean;
  /** See `OnlineRow`. */
  readonly timesTokens: boolean;
  /** See `OnlineRow`. */
  readonly phraseFrames?: number;
  /** Tokens with their probabilities wanted. */
  readonly scores: boolean;
}

export class OnlineTranscription implements TranscriptionStream {
  readonly #recognizer: OnlineRecognizer;
  readonly #options: OnlineStreamOptions;
  #held: { readonly stream: OnlineStream; readonly weight: ArrayBuffer } | undefined;
  /** Samples pushed. */
  #pushed = 0;
  #finished = false;
  #concluded = false;
  /** Of the open utterance, as it was last said. */
  #text = '';
  /** Ms heard when the open utterance began: where a family without times lets it begin. */
  #since = 0;
  /** Frames heard, and tokens in phrases that are over, since the library last forgot its text. */
  #frames = 0;
  #told = 0;
  #partial: StreamPart | undefined;
  #finals: StreamPart[] = [];

  constructor(recognizer: OnlineRecognizer, options: OnlineStreamOptions) {
    this.#recognizer = recognizer;
    this.#options = options;
    const stream = recognizer.createStream();
    this.#held = { stream, weight: new ArrayBuffer(NATIVE_BYTES) };
    const { sampleRate, leadMs } = options;
    if (leadMs > 0)
      stream.acceptWaveform({ samples: new Float32Array((sampleRate * leadMs) / 1000), sampleRate });
  }

  /** For `decodeStreams`. Throws Error when it was closed. */
  get native(): OnlineStream {
    if (this.#held === undefined) throw new Error('this stream was closed');
    return this.#held.stream;
  }

  push(samples: Float32Array): void {
    if (this.#finished || this.#held === undefined || samples.length === 0) return;
    this.#pushed += samples.length;
    this.#held.stream.acceptWaveform({ samples, sampleRate: this.#options.sampleRate });
  }

  ready(): boolean {
    return this.#held !== undefined && this.#recognizer.isReady(this.#held.stream);
  }

  finish(): void {
    if (this.#finished || this.#held === undefined) return;
    this.#finished = true;
    const { sampleRate, tailMs } = this.#options;
    const samples = new Float32Array((sampleRate * tailMs) / 1000);
    this.#held.stream.acceptWaveform({ samples, sampleRate });
    this.#held.stream.inputFinished();
  }

  /** To be called when a chunk was decoded: takes what is new, and ends the utterance where it is over. */
  decoded(): void {
    const stream = this.native;
    if (this.#options.phraseFrames !== undefined) {
      this.#phrases(stream, this.#options.phraseFrames);
      return;
    }
    const over = this.#recognizer.isEndpoint(stream);
    const segment = this.#segment(this.#recognizer.getResult(stream));
    if (over) {
      this.#end(segment);
      this.#recognizer.reset(stream);
      this.#since = this.#heardMs();
    } else this.#grow(segment);
  }

  /** Finals, then the latest partial. The last final comes when the stream was finished and is not ready any more. */
  poll(): StreamPart[] {
    if (this.#finished && !this.#concluded && this.#held !== undefined && !this.ready()) {
      this.#concluded = true;
      const result = this.#recognizer.getResult(this.#held.stream);
      this.#end(this.#segment(partOf(result, this.#told, result.tokens.length)));
    }
    const parts = this.#partial === undefined ? this.#finals : [...this.#finals, this.#partial];
    this.#finals = [];
    this.#partial = undefined;
    return parts;
  }

  close(): void {
    this.#held = undefined;
    this.#finals = [];
    this.#partial = undefined;
  }

  #end(segment: Segment | undefined, cut = false): void {
    this.#text = '';
    this.#partial = undefined;
    if (segment === undefined) return;
    const final = { type: 'transcript-final', text: segment.text, segment } as const;
    this.#finals.push(cut ? { ...final, cut } : final);
  }

  #grow(segment: Segment | undefined): void {
    if (segment === undefined || segment.text === this.#text) return;
    this.#text = segment.text;
    this.#partial = { type: 'transcript-partial', text: segment.text, segment };
  }

  /** Ends what is over by the times of its letters. */
  #phrases(stream: OnlineStream, frames: number): void {
    this.#frames += frames;
    const result = this.#recognizer.getResult(stream);
    const { over, next, silent } = findPhrases(result, this.#told, this.#frames);
    for (const { from, to, cut } of over) this.#end(this.#segment(partOf(result, from, to)), cut);
    this.#told = next;
    if (next < result.tokens.length) this.#grow(this.#segment(partOf(result, next, result.tokens.length)));
    // With its text the library forgets what it has heard and not said yet, so it does that seldom.
    if (!silent || next < MOST_TOKENS) return;
    this.#recognizer.reset(stream);
    this.#frames = 0;
    this.#told = 0;
  }

  #segment(result: OnlineResult): Segment | undefined {
    const { slowClock, slowTokens, leadMs, lateMs, language, words, timesTokens, scores } = this.#options;
    const startMs = timesTokens ? result.start_time * 1000 * slowClock - leadMs - lateMs : this.#since;
    const segment = segmentOf(
      timesTokens
        ? { ...result, timestamps: result.timestamps.map((seconds) => seconds * slowTokens) }
        : { ...result, tokens: [], timestamps: [] },
      startMs,
      this.#heardMs(),
      language,
      scores,
      ...(this.#options.phraseFrames === undefined ? [] : [LETTER_MS]),
    );
    if (segment === undefined || words) return segment;
    const { words: _, ...wordless } = segment;
    return wordless;
  }

  #heardMs(): number {
    return Math.round((this.#pushed / this.#options.sampleRate) * 1000);
  }
}

/** Tokens of a result, as a result; the whole is as it was. */
function partOf(result: OnlineResult, from: number, to: number): OnlineResult {
  if (from === 0 && to === result.tokens.length) return result;
  const tokens = result.tokens.slice(from, to);
  return {
    ...result,
    text: tokens.join(''),
    tokens,
    timestamps: result.timestamps.slice(from, to),
    ...(result.ys_probs === undefined ? {} : { ys_probs: result.ys_probs.slice(from, to) }),
  };
}
