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
import { splitSegment } from './segments.js';
import { longestWindowMs, windowsOf } from './windows.js';

export interface TranscribeJob {
  readonly model: Listens;
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
 * Yields segments on the source's clock as they are decoded; returns the summary. One window is decoded at a time while
 * the next one is cut: two at once would need the memory of a second recogniser for one client.
 * @throws VoxError `cancelled`, what the source throws, what the model throws
 */
export async function* transcribe(job: TranscribeJob): AsyncGenerator<Segment, TranscriptSummary> {
  const { model, signal, now } = job;
  const begun = now();
  const { info } = model;
  const warnings = warningsOf(job);
  let language = job.options.language;
  let length = 0;
  const windowLength = Math.floor((longestWindowMs(info) / 1000) * SAMPLE_RATE);
  const windows = windowsOf(job.source, {
    window: windowLength,
    openDetector: job.openDetector,
    ...(job.patchy === undefined ? {} : { patchy: job.patchy }),
    ...(job.options.chunking === undefined ? {} : { chunking: job.options.chunking }),
    onLength: (samples) => {
      length = samples;
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
      const options: TranscribeOptions = {
        task: job.options.task,
        words: info.canTimeWords,
        ...(language === undefined ? {} : { language }),
        ...biasFor(info, job.options),
        ...(job.options.scores === true && info.canScore === true ? { scores: true } : {}),
      };
      const clip = length <= windowLength;
      const doubtAt = clip ? MIN_UNCOVERED.clip : MIN_UNCOVERED.recording;
      const startMs = (window.start / SAMPLE_RATE) * 1000;
      const decode = (told: TranscribeOptions) => decodeWindow(model, window.samples, told, signal, doubtAt);
      for (const decoded of await decodeAmong(decode, options, job.options.languages)) {
        language ??= decoded.language;
        for (const part of splitSegment(shift(decoded, startMs))) yield withWords(part, job.options.words);
      }
    }
  } catch (error) {
    throw signal.aborted ? new VoxError('cancelled', 'cancelled') : error;
  } finally {
    // Closes the source and gives the detector back, also when the consumer left early.
    await windows.return(undefined);
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
