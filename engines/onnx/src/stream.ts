/** One live stream on T-one: chunks as they fill, phrases as they end, all times since its first sample. */
import { Resampler } from '@vox-speech/audio';
import type { StreamPart, TranscriptionStream } from '@vox-speech/contract';
import { type AcousticState, CHUNK, type Chunk, type Heard, SAMPLE_RATE } from './acoustic.js';
import { type EndedPhrase, type PhraseOptions, Phrases } from './phrases.js';

/** Hz: what streams are fed, as everywhere in the runner. */
export const INPUT_RATE = 16_000;

export class ToneStream implements TranscriptionStream {
  readonly #resampler = new Resampler(INPUT_RATE, SAMPLE_RATE);
  readonly #phrases: Phrases;
  /** Samples that are not heard yet: as they came, at the model's rate. */
  readonly #waiting: Float32Array[] = [];
  #count = 0;
  #state: AcousticState | undefined;
  #finished = false;
  #closed = false;
  #concluded = false;
  #text = '';
  #partial: StreamPart | undefined;
  #finals: StreamPart[] = [];

  constructor(options: PhraseOptions) {
    this.#phrases = new Phrases(options);
    this.#wait(new Float32Array((SAMPLE_RATE * options.leadMs) / 1000));
  }

  push(samples: Float32Array): void {
    if (this.#finished || this.#closed) return;
    this.#wait(this.#resampler.push(samples));
  }

  ready(): boolean {
    return !this.#closed && this.#count >= CHUNK;
  }

  /** The last sound is followed by a chunk of silence, which brings out the last letter, and by what fills up the last chunk. */
  finish(): void {
    if (this.#finished || this.#closed) return;
    this.#wait(this.#resampler.flush());
    this.#finished = true;
    const whole = Math.ceil(this.#count / CHUNK) * CHUNK + CHUNK;
    this.#wait(new Float32Array(whole - this.#count));
  }

  /** The next chunk. To be called when it is ready, and followed by `heard`. */
  take(): Chunk {
    const samples = new Float32Array(CHUNK);
    let filled = 0;
    while (filled < CHUNK) {
      const [first] = this.#waiting;
      if (first === undefined) break;
      const part = first.subarray(0, CHUNK - filled);
      samples.set(part, filled);
      filled += part.length;
      if (part.length === first.length) this.#waiting.shift();
      else this.#waiting[0] = first.subarray(part.length);
    }
    this.#count -= filled;
    return { samples, state: this.#state };
  }

  /** What the model made of the chunk that was taken. */
  heard({ frames, state }: Heard): void {
    this.#state = state;
    for (const frame of frames) {
      const phrase = this.#phrases.hear(frame);
      if (phrase !== undefined) this.#end(phrase);
    }
    const segment = this.#phrases.partial();
    if (segment === undefined || segment.text === this.#text) return;
    this.#text = segment.text;
    this.#partial = { type: 'transcript-partial', text: segment.text, segment };
  }

  /** Finals, then the latest partial. The last final comes when the stream was finished and is not ready any more. */
  poll(): StreamPart[] {
    if (this.#finished && !this.#concluded && !this.#closed && !this.ready()) {
      this.#concluded = true;
      const phrase = this.#phrases.finish();
      this.#partial = undefined;
      if (phrase !== undefined) this.#end(phrase);
    }
    const parts = this.#partial === undefined ? this.#finals : [...this.#finals, this.#partial];
    this.#finals = [];
    this.#partial = undefined;
    return parts;
  }

  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
    this.#count = 0;
    this.#state = undefined;
    this.#finals = [];
    this.#partial = undefined;
  }

  #end({ segment, cut }: EndedPhrase): void {
    this.#text = '';
    this.#partial = undefined;
    const final = { type: 'transcript-final', text: segment.text, segment } as const;
    this.#finals.push(cut ? { ...final, cut } : final);
  }

  #wait(samples: Float32Array): void {
    if (samples.length === 0) return;
    this.#waiting.push(samples);
    this.#count += samples.length;
  }
}
