/** A model and a detector for tests: what is said is written in the samples themselves. */
import type {
  Model,
  ModelInfo,
  Pcm,
  Segment,
  SpeechDetector,
  SpeechSpan,
  TranscribeOptions,
} from '@vox-speech/contract';

import { Detectors } from './detectors.js';

export const RATE = 16_000;
/** Above this a sample is speech. */
const LOUD = 0.05;

export const STT: ModelInfo = {
  kind: 'stt',
  family: 'fake',
  sampleRate: RATE,
  languages: ['en', 'de'],
  voices: [],
  maxWindowMs: 13_000,
  canTranslate: true,
  canDetectLanguage: true,
  canTimeWords: true,
  canPrompt: false,
  concurrency: 2,
};

/** A "word" is 400 ms of tone whose amplitude is 0.1 + its number / 1000; 200 ms of silence follow. */
export function sayNumbers(
  numbers: readonly number[],
  silenceAfter: (index: number) => number = () => 0.2,
): Float32Array {
  const parts: Float32Array[] = [];
  numbers.forEach((number, index) => {
    parts.push(new Float32Array(0.4 * RATE).map((_, at) => (0.1 + number / 1000) * (at % 2 === 0 ? 1 : -1)));
    parts.push(new Float32Array(silenceAfter(index) * RATE));
  });
  const samples = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return samples;
}

/** The number of the word that begins at a sample. */
export function numberAt(samples: Float32Array, start: number): number {
  return Math.round((Math.abs(samples[start] ?? 0) - 0.1) * 1000);
}

/** Runs of loud samples. */
export function speechOf(samples: Float32Array): SpeechSpan[] {
  const spans: SpeechSpan[] = [];
  let start: number | undefined;
  for (let at = 0; at <= samples.length; at++) {
    const loud = Math.abs(samples[at] ?? 0) > LOUD;
    if (loud) start ??= at;
    else if (start !== undefined) {
      spans.push({ start, end: at });
      start = undefined;
    }
  }
  return spans;
}

/** Reads the numbers back. `hook` sees each call and may wait or throw. */
export function listener(
  hook: (
    pcm: Pcm,
    options: TranscribeOptions,
    signal: AbortSignal,
  ) => Promise<string | undefined> = async () => undefined,
  info: ModelInfo = STT,
): Model {
  return {
    info,
    memory: () => ({ bytes: 1 }),
    async *transcribe(pcm, options, signal): AsyncGenerator<Segment> {
      const instead = await hook(pcm, options, signal);
      const words = speechOf(pcm.samples).map(({ start, end }) => ({
        text: String(numberAt(pcm.samples, start)),
        startMs: (start / RATE) * 1000,
        endMs: (end / RATE) * 1000,
      }));
      const text = instead ?? words.map((word) => word.text).join(' ');
      const endMs = (pcm.samples.length / RATE) * 1000;
      const timed = options.words && instead === undefined;
      if (text !== '')
        yield { text, startMs: 0, endMs, language: options.language ?? 'de', ...(timed ? { words } : {}) };
    },
    close: async () => {},
  };
}

/** A runner's detectors, each made by `open`. */
export const detectorsOf = (open: () => SpeechDetector): Detectors =>
  new Detectors(async () => ({ ...listener(), openDetector: open }));

/** Finds the same runs, as they come. */
export function detector(): SpeechDetector & { closed: boolean } {
  let samples = new Float32Array(0);
  let told = 0;
  const take = (spans: SpeechSpan[]): SpeechSpan[] => {
    const fresh = spans.slice(told);
    told = spans.length;
    return fresh;
  };
  return {
    closed: false,
    accept(more) {
      const joined = new Float32Array(samples.length + more.length);
      joined.set(samples);
      joined.set(more, samples.length);
      samples = joined;
      return take(speechOf(samples).filter((span) => span.end < samples.length));
    },
    flush: () => take(speechOf(samples)),
    openSince: () => speechOf(samples).find((span) => span.end === samples.length)?.start,
    reset() {
      samples = new Float32Array(0);
      told = 0;
    },
    close() {
      this.closed = true;
    },
  };
}

export async function* blocksOf(samples: Float32Array, size = RATE): AsyncGenerator<Float32Array> {
  for (let at = 0; at < samples.length; at += size) yield samples.slice(at, at + size);
}
