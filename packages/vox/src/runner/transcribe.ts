/** A recording to segments: cut, decode, split, in order and in constant memory. */
import {
  type DetectorOptions,
  type Segment,
  type SpeechDetector,
  type TranscribeOptions,
  VoxError,
  type Warning,
} from '@vox-speech/contract';
import type { TranscriptSummary } from '../messages/index.js';
import { biasFor } from './bias.js';
import { MIN_UNCOVERED } from './coverage.js';
import { decodeWindow, type Listens, SAMPLE_RATE, shift } from './decode-window.js';
import type { StreamingModel } from './live/batched-engine.js';
import { splitSegment } from './segments.js';
import { hearStreamed } from './streamed.js';
import { longestWindowMs, windowsOf } from './windows.js';

export interface TranscribeJob {
  readonly model: Listens;
  /** The same, where it is a streaming one: it hears the recording as a stream. Absent = it hears windows of it. */
  readonly streaming?: StreamingModel;
  /** Mono blocks at 16 kHz. */
  readonly source: AsyncIterable<Float32Array>;
  readonly options: TranscribeOptions;
  openDetector(options?: DetectorOptions): Promise<SpeechDetector>;
  /** Long silences are to be expected. */
  readonly patchy?: boolean;
  readonly signal: AbortSignal;
  /** Wall clock in ms. */
  now(): number;
}

/**
 * Yields segments on the source's clock as they are decoded; returns the summary.
 * @throws VoxError `cancelled`, what the source throws, what the model throws
 */
export async function* transcribe(job: TranscribeJob): AsyncGenerator<Segment, TranscriptSummary> {
  const { model, signal, now } = job;
  const begun = now();
  const { info } = model;
  const warnings = warningsOf(job);
  let language = job.options.language;
  let length = 0;
  const onLength = (samples: number): void => {
    length = samples;
  };
  const decodes =
    job.streaming === undefined
      ? hearWindows(job, onLength)
      : hearStreamed({
          model: job.streaming,
          source: job.source,
          options: optionsFor(job, language),
          signal,
          onLength,
        });
  try {
    for await (const decoded of decodes) {
      language ??= decoded.language;
      for (const part of splitSegment(decoded)) yield withWords(part, job.options.words);
    }
  } catch (error) {
    throw signal.aborted ? new VoxError('cancelled', 'cancelled') : error;
  }
  const heard = language ?? (info.languages.length === 1 ? info.languages[0] : undefined);
  return {
    ...(heard === undefined ? {} : { language: heard }),
    durationMs: Math.round((length / SAMPLE_RATE) * 1000),
    processingMs: Math.round(now() - begun),
    warnings,
  };
}

/**
 * Segments of one window after another, on the source's clock. One is decoded at a time while the next one is cut: two at once would
 * need the memory of a second recogniser for one client.
 */
async function* hearWindows(
  job: TranscribeJob,
  onLength: (samples: number) => void,
): AsyncGenerator<Segment> {
  const { model, signal } = job;
  let language = job.options.language;
  let length = 0;
  const windowLength = Math.floor((longestWindowMs(model.info) / 1000) * SAMPLE_RATE);
  const windows = windowsOf(job.source, {
    window: windowLength,
    openDetector: job.openDetector,
    ...(job.patchy === undefined ? {} : { patchy: job.patchy }),
    ...(job.options.chunking === undefined ? {} : { chunking: job.options.chunking }),
    onLength: (samples) => {
      length = samples;
      onLength(samples);
    },
  });
  try {
    let next = windows.next();
    for (;;) {
      const { value: window, done } = await next;
      if (done) break;
      signal.throwIfAborted();
      next = windows.next();
      // Its failure is met at its turn; until then it must not count as unhandled.
      next.catch(() => {});
      const options = optionsFor(job, language);
      const clip = length <= windowLength;
      const doubtAt = clip ? MIN_UNCOVERED.clip : MIN_UNCOVERED.recording;
      const startMs = (window.start / SAMPLE_RATE) * 1000;
      const decode = (told: TranscribeOptions) => decodeWindow(model, window.samples, told, signal, doubtAt);
      for (const decoded of await decodeAmong(decode, options, job.options.languages)) {
        language ??= decoded.language;
        yield shift(decoded, startMs);
      }
    }
  } finally {
    // Closes the source and gives the detector back, also when the consumer left early.
    await windows.return(undefined);
  }
}

/** What the model is asked; a language that was heard is kept. */
function optionsFor(
  { model: { info }, options }: TranscribeJob,
  language: string | undefined,
): TranscribeOptions {
  return {
    task: options.task,
    words: info.canTimeWords,
    ...(language === undefined ? {} : { language }),
    ...biasFor(info, options),
    ...(options.scores === true && info.canScore === true ? { scores: true } : {}),
    ...(options.decoder === undefined ? {} : { decoder: options.decoder }),
  };
}

/**
 * What is heard where one of some languages is spoken: the engine detects, and where it takes the speech for another one
 * the likeliest is told to it. No engine here can detect among some alone.
 */
async function decodeAmong(
  decode: (options: TranscribeOptions) => Promise<Segment[]>,
  options: TranscribeOptions,
  languages: readonly string[] | undefined,
): Promise<Segment[]> {
  const segments = await decode(options);
  const [likeliest] = languages ?? [];
  const detected = segments.find(({ language }) => language !== undefined)?.language;
  if (likeliest === undefined || options.language !== undefined || detected === undefined) return segments;
  return languages?.includes(detected) === true ? segments : decode({ ...options, language: likeliest });
}

/** The segment, without its words where they are not wanted. */
export function withWords(segment: Segment, wanted: boolean): Segment {
  if (wanted || segment.words === undefined) return segment;
  const { words: _, ...rest } = segment;
  return rest;
}

/** What the runtime can't know of a model that was pulled before its abilities were written down. */
function warningsOf({ model: { info }, options }: TranscribeJob): Warning[] {
  if (!options.words || info.canTimeWords) return [];
  return [{ type: 'unsupported', option: 'words', message: 'this model gives no word times' }];
}
