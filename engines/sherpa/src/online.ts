/**
 * A streaming recogniser, whatever its family: it is fed as somebody speaks, and all streams that have a chunk to hear are
 * decoded in one run of the model. What a family's files are and what it can do is the row it is made from.
 */
import {
  describeModel,
  hearStream,
  type LoadOptions,
  type Model,
  type ModelFiles,
  type ModelInfo,
  type Pcm,
  requireRate,
  requireTask,
  type Segment,
  type TranscribeOptions,
  type TranscriptionStream,
} from '@vox-speech/contract';
import { LONGEST_MS } from './letter-phrases.js';
import type { Native } from './native.js';
import type { Hotwords, OnlineFiles, OnlineRecognizer } from './native-online.js';
import { OnlineTranscription } from './online-stream.js';

/** Hz: what streams are fed, as everywhere in the runner. */
const SAMPLE_RATE = 16_000;
/** Mel features a frame, of all families. */
const FEATURES = 80;
/** Seconds of silence that end an utterance; shorter than the library's own 1.2, because somebody waits for the answer. */
const SILENCE = 0.8;
/** Seconds without a word after which a stream is reset; the library's own default. */
const EMPTY_SILENCE = 2.4;
/** Seconds after which an utterance is ended in any case; the library's own default. */
const LONGEST = 20;

/** One family of streaming recognisers, its files checked. */
export interface OnlineRow {
  /** ISO 639-1. */
  readonly languages: readonly string[];
  /** Hz: what the model hears. */
  readonly sampleRate: number;
  /**
   * By how much the library counts the time since a stream's or utterance's beginning too short; 1 = it is right. It
   * counts silence right. (An utterance then never seems longer than its silence, so that the library's rule for the end
   * of speech can't hold, and its rule for silence of any kind takes its place.)
   */
  readonly slowClock: number;
  /** By how much the library counts a token, said or not, too short; 1 = it is right. */
  readonly slowTokens: number;
  /** Ms of silence before the first sample; absent = none. */
  readonly leadMs?: number;
  /** Ms by which the model says tokens late; absent = none. */
  readonly lateMs?: number;
  /** Ms of silence after the last sample that bring out the last word. */
  readonly tailMs: number;
  readonly files: OnlineFiles;
  /** The library says when tokens were said. */
  readonly timesTokens: boolean;
  /** Utterances end by `findPhrases`, and not by the library's rules: frames of a chunk. Absent = by the library's. */
  readonly phraseFrames?: number;
  /** It tells how likely each token is. Absent = no. */
  readonly canScore?: true;
  /** Words to expect, by a search with a beam; absent = greedy. */
  readonly hotwords?: Hotwords;
}

/** Makes the recogniser of a row and the model around it. */
export function createOnlineRecognizer(
  native: Native,
  files: ModelFiles,
  { threads }: LoadOptions,
  row: OnlineRow,
): Model {
  const recognizer = new native.OnlineRecognizer({
    featConfig: { sampleRate: row.sampleRate, featureDim: FEATURES },
    modelConfig: { ...row.files, numThreads: Math.max(1, threads), provider: 'cpu', debug: 0 },
    enableEndpoint: 1,
    rule1MinTrailingSilence: (row.slowClock > 1 ? SILENCE : EMPTY_SILENCE) / row.slowTokens,
    rule2MinTrailingSilence: SILENCE / row.slowTokens,
    rule3MinUtteranceLength: LONGEST / row.slowClock,
    ...(row.hotwords === undefined
      ? {}
      : {
          decodingMethod: 'modified_beam_search' as const,
          hotwordsFile: row.hotwords.file,
          hotwordsScore: row.hotwords.score,
        }),
  });
  const info = describeModel({
    kind: 'stt',
    family: files.family,
    sampleRate: SAMPLE_RATE,
    languages: row.languages,
    canChooseLanguage: false,
    canTimeWords: row.timesTokens,
    ...(row.phraseFrames === undefined ? {} : { longestUtteranceMs: LONGEST_MS }),
    ...(row.canScore === undefined ? {} : { canScore: row.canScore }),
    // A decode keeps the thread it is called on.
    concurrency: 1,
  });
  return new OnlineModel(recognizer, row, info);
}

class OnlineModel implements Model {
  readonly info: ModelInfo;
  readonly #recognizer: OnlineRecognizer;
  readonly #row: OnlineRow;

  constructor(recognizer: OnlineRecognizer, row: OnlineRow, info: ModelInfo) {
    this.#recognizer = recognizer;
    this.#row = row;
    this.info = info;
  }

  memory(): { bytes: number } {
    return { bytes: process.memoryUsage.rss() };
  }

  openTranscription(options: TranscribeOptions): TranscriptionStream {
    return this.#open(options);
  }

  /** One chunk of every stream that has one, in one run of the model; the others are left as they are. */
  step(ready: readonly TranscriptionStream[]): void {
    const streams = ready.filter(
      (stream): stream is OnlineTranscription => stream instanceof OnlineTranscription && stream.ready(),
    );
    if (streams.length === 0) return;
    this.#recognizer.decodeStreams(streams.map(({ native }) => native));
    for (const stream of streams) stream.decoded();
  }

  /** A recording, as a stream that comes as fast as it is heard. */
  async *transcribe(pcm: Pcm, options: TranscribeOptions, signal: AbortSignal): AsyncGenerator<Segment> {
    requireRate(this.info, pcm);
    yield* hearStream(this, this.#open(options), [pcm.samples], signal);
  }

  /** The memory of a native recogniser is returned by the end of the process. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #open(options: TranscribeOptions): OnlineTranscription {
    requireTask(this.info, options);
    const { words, scores } = options;
    const [only, ...others] = this.info.languages;
    return new OnlineTranscription(this.#recognizer, {
      sampleRate: SAMPLE_RATE,
      slowClock: this.#row.slowClock,
      slowTokens: this.#row.slowTokens,
      leadMs: this.#row.leadMs ?? 0,
      lateMs: this.#row.lateMs ?? 0,
      tailMs: this.#row.tailMs,
      language: only !== undefined && others.length === 0 ? only : '',
      words: words && this.#row.timesTokens,
      timesTokens: this.#row.timesTokens,
      ...(this.#row.phraseFrames === undefined ? {} : { phraseFrames: this.#row.phraseFrames }),
      scores: scores === true,
    });
  }
}
