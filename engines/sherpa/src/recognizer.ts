/**
 * A model of the offline recogniser, whatever its family: windows in, segments out. What a family's files are and what
 * it can do is the row it is made from.
 */
import {
  type DecodeKey,
  describeModel,
  type LaneDecoder,
  Lanes,
  type LoadOptions,
  type Model,
  type ModelFiles,
  type ModelInfo,
  type Pcm,
  requireRate,
  requireTask,
  type Segment,
  type TranscribeOptions,
  VoxError,
  wordsOf,
} from '@vox-speech/contract';
import type {
  Native,
  OfflineRecognizer,
  RecognizerConfig,
  RecognizerFiles,
  RecognizerResult,
} from './native.js';
import { scoresOf } from './scores.js';

/** Hz: what every family hears. */
const SAMPLE_RATE = 16_000;
/** Bins that the families take whose library does not read the number from the model. */
const FEATURES = 80;
/** Whisper is cut by sherpa beyond 2950 frames of 10 ms; the others were trained on pieces of about this length. */
const MAX_WINDOW_MS = 29_500;
/** Below this a mel spectrogram has nothing to say, and sherpa complains. */
const MIN_SAMPLES = SAMPLE_RATE / 10;

/** One family of recognisers, its files checked. */
export interface RecognizerRow {
  /** ISO 639-1 (639-3 where there is none). */
  readonly languages: readonly string[];
  readonly canTranslate: boolean;
  readonly canDetectLanguage: boolean;
  readonly canTimeWords: boolean;
  readonly canPrompt: boolean;
  /** It is told words to expect with each stream. Absent = no. */
  readonly canBias?: true;
  /** Characters of prompt and words to expect together; absent = no limit that is known. */
  readonly promptCharacters?: number;
  /** It tells how likely each token is. Absent = no. */
  readonly canScore?: true;
  /** Mel bins; absent = 80, or what the library reads from the model. */
  readonly features?: number;
  /**
   * How a recogniser is told language and task: `never` (it hears for itself, or with each stream), by `setConfig`, or by
   * `reload` (the recogniser is made anew, which takes a load's time, and the old one's memory is given back).
   */
  readonly changes: 'never' | 'setConfig' | 'reload';
  files(key: DecodeKey): RecognizerFiles;
  /** What is taken where a request names no language and the model does not detect it. */
  readonly defaultLanguage?: string;
  /**
   * Options of one stream, for the families that take them there.
   * @throws VoxError `invalid_request` naming the field
   */
  streamOptions?(options: TranscribeOptions): Readonly<Record<string, string>>;
}

/** What one decode hears. */
interface Job {
  readonly samples: Float32Array;
  /** Options of its stream. */
  readonly options: Readonly<Record<string, string>>;
}

/** One native recogniser behind the lanes: it is told language and task right before each decode. */
class RowDecoder implements LaneDecoder<Job, RecognizerResult> {
  readonly #native: Native;
  readonly #row: RecognizerRow;
  readonly #threads: number;
  #recognizer: Promise<OfflineRecognizer>;
  #key: DecodeKey;

  constructor(native: Native, row: RecognizerRow, threads: number, key: DecodeKey) {
    this.#native = native;
    this.#row = row;
    this.#threads = threads;
    this.#key = key;
    this.#recognizer = this.#create(key);
  }

  /** Resolves when it can decode. */
  async ready(): Promise<this> {
    await this.#recognizer;
    return this;
  }

  async decode({ samples, options }: Job, key: DecodeKey): Promise<RecognizerResult> {
    if (this.#key.language !== key.language || this.#key.task !== key.task) await this.#change(key);
    const recognizer = await this.#recognizer;
    const stream = recognizer.createStream();
    for (const [option, value] of Object.entries(options)) stream.setOption(option, value);
    stream.acceptWaveform({ samples, sampleRate: SAMPLE_RATE });
    return recognizer.decodeAsync(stream);
  }

  /** Lanes let no decode with another key run here meanwhile. */
  async #change(key: DecodeKey): Promise<void> {
    const before = this.#recognizer;
    this.#key = key;
    if (this.#row.changes === 'setConfig') (await before).setConfig(this.#config(key));
    else if (this.#row.changes === 'reload') this.#recognizer = this.#create(key);
  }

  #create(key: DecodeKey): Promise<OfflineRecognizer> {
    return this.#native.OfflineRecognizer.createAsync(this.#config(key));
  }

  #config(key: DecodeKey): RecognizerConfig {
    return {
      featConfig: { sampleRate: SAMPLE_RATE, featureDim: this.#row.features ?? FEATURES },
      modelConfig: { ...this.#row.files(key), numThreads: this.#threads, provider: 'cpu', debug: 0 },
    };
  }
}

/** Makes the recogniser of a row and the model around it. */
export async function createRecognizer(
  native: Native,
  files: ModelFiles,
  options: LoadOptions,
  row: RecognizerRow,
): Promise<Model> {
  const threads = Math.max(1, options.threads);
  const first: DecodeKey = { language: row.defaultLanguage ?? '', task: 'transcribe' };
  const create = (width: number): Promise<RowDecoder> => new RowDecoder(native, row, width, first).ready();
  const lanes = new Lanes(await create(threads), threads, () => create(1));
  const info = describeModel({
    kind: 'stt',
    family: files.family,
    sampleRate: SAMPLE_RATE,
    languages: row.languages,
    maxWindowMs: MAX_WINDOW_MS,
    canTranslate: row.canTranslate,
    canDetectLanguage: row.canDetectLanguage,
    ...(row.changes === 'never' && row.streamOptions === undefined ? { canChooseLanguage: false } : {}),
    canTimeWords: row.canTimeWords,
    canPrompt: row.canPrompt,
    ...(row.canBias === undefined ? {} : { canBias: row.canBias }),
    ...(row.promptCharacters === undefined ? {} : { promptCharacters: row.promptCharacters }),
    ...(row.canScore === undefined ? {} : { canScore: row.canScore }),
    // Twice the lanes, so that the next decode waits at the engine and not at the other end of a pipe.
    concurrency: 2 * threads,
  });
  return new Recognizer(info, row, lanes);
}

class Recognizer implements Model {
  readonly info: ModelInfo;
  readonly #row: RecognizerRow;
  readonly #lanes: Lanes<Job, RecognizerResult>;
  readonly #closed = new AbortController();

  constructor(info: ModelInfo, row: RecognizerRow, lanes: Lanes<Job, RecognizerResult>) {
    this.info = info;
    this.#row = row;
    this.#lanes = lanes;
  }

  memory(): { bytes: number } {
    return { bytes: process.memoryUsage.rss() };
  }

  async *transcribe(pcm: Pcm, options: TranscribeOptions, signal: AbortSignal): AsyncGenerator<Segment> {
    requireRate(this.info, pcm);
    const durationMs = (pcm.samples.length / SAMPLE_RATE) * 1000;
    if (durationMs > MAX_WINDOW_MS)
      throw new VoxError('internal', `a window of ${durationMs} ms is longer than ${MAX_WINDOW_MS}`);
    const key = this.#key(options);
    const job = { samples: pcm.samples, options: this.#row.streamOptions?.(options) ?? {} };
    if (pcm.samples.length < MIN_SAMPLES) return;
    const result = await this.#lanes.decode(job, key, AbortSignal.any([signal, this.#closed.signal]));
    const text = result.text.trim();
    if (text === '') return;
    const language = this.#languageOf(result, key, options);
    const timed = options.words && this.info.canTimeWords && result.timestamps.length > 0;
    yield {
      text,
      startMs: 0,
      endMs: Math.round(durationMs),
      ...(timed ? { words: wordsOf(result, durationMs) } : {}),
      ...scoresOf(result.tokens, result.ys_log_probs, options.scores === true),
      ...(language === '' ? {} : { language }),
    };
  }

  trim(): void {
    this.#lanes.trim();
  }

  /** Waiting decodes are rejected; the memory of a native recogniser is returned by the end of the process. */
  close(): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }

  #key(options: TranscribeOptions): DecodeKey {
    requireTask(this.info, options);
    const { language, task } = options;
    return {
      ...(this.#row.changes === 'never'
        ? { language: '', task: 'transcribe' }
        : { language: language ?? this.#row.defaultLanguage ?? '', task }),
      ...(options.thrifty === true ? { thrifty: true } : {}),
    };
  }

  /** What was heard: what the model says (`en`, or `<|en|>`), else what it was told, else the only one it knows. */
  #languageOf({ lang }: RecognizerResult, key: DecodeKey, asked: TranscribeOptions): string {
    const said = lang.replace(/^<\|(.*)\|>$/, '$1');
    if (said !== '') return said;
    if (key.language !== '') return key.language;
    if (asked.language !== undefined && this.info.canChooseLanguage !== false) return asked.language;
    const [only, ...others] = this.info.languages;
    return only !== undefined && others.length === 0 ? only : '';
  }
}
