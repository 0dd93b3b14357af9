/** Whisper: windows of at most 30 s in, a segment each out, with the times of words from where the decoder looked. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  broken,
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
  type TimedTokens,
  type TranscribeOptions,
  VoxError,
  wordsOf,
} from '@vox-speech/contract';
import type { Runtime } from '../runtime/index.js';
import { tokenTimes } from './alignment.js';
import { WhisperGraphs } from './graphs.js';
import { type Hearing, SAMPLE_RATE, type Transcript, transcribe } from './greedy.js';
import { scoresOf } from './scores.js';
import { TokenList } from './tokens.js';

/** Whisper hears 30 s at once; some of it is the silence that says that nothing more comes. */
const MAX_WINDOW_MS = 29_500;
/** Below this a mel spectrogram has nothing to say. */
const MIN_SAMPLES = SAMPLE_RATE / 10;
/** Samples that one position of the encoder stands for: 20 ms. */
const POSITION = SAMPLE_RATE / 50;
/** Decodes differ in nothing that belongs to the graphs. */
const SAME = { language: '', task: 'transcribe' } as const;

interface Job {
  readonly samples: Float32Array;
  readonly hearing: Hearing;
}

/**
 * Loads features.onnx, encoder.int8.onnx, decoder.int8.onnx and tokens.txt, as the import of Whisper makes them.
 * @throws VoxError `model_broken`
 */
export async function loadWhisper(runtime: Runtime, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const threads = Math.max(1, options.threads);
  const tokens = readTokens(files);
  const open = async (width: number): Promise<WhisperLane> => {
    try {
      return new WhisperLane(await WhisperGraphs.open(runtime, files.directory, width));
    } catch (error) {
      throw broken(files, (error as Error).message, error);
    }
  };
  return new WhisperModel(files, await open(threads), threads, () => open(1), tokens);
}

/** The graphs at one width. */
class WhisperLane implements LaneDecoder<Job, Transcript> {
  readonly graphs: WhisperGraphs;

  constructor(graphs: WhisperGraphs) {
    this.graphs = graphs;
  }

  decode({ samples, hearing }: Job, _key: DecodeKey, signal: AbortSignal): Promise<Transcript> {
    return transcribe(this.graphs, samples, hearing, signal);
  }

  close(): void {
    this.graphs.close();
  }
}

class WhisperModel implements Model {
  readonly info: ModelInfo;
  readonly #wide: WhisperLane;
  readonly #lanes: Lanes<Job, Transcript>;
  readonly #tokens: TokenList;
  readonly #closed = new AbortController();
  #narrow: WhisperLane | undefined;

  constructor(
    { family }: ModelFiles,
    wide: WhisperLane,
    threads: number,
    openNarrow: () => Promise<WhisperLane>,
    tokens: TokenList,
  ) {
    const { many } = wide.graphs.facts;
    this.#wide = wide;
    this.#lanes = new Lanes(wide, threads, async () => this.#keep(await openNarrow()));
    this.#tokens = tokens;
    this.info = describeModel({
      kind: 'stt',
      family,
      sampleRate: SAMPLE_RATE,
      languages: many === undefined ? ['en'] : [...many.languages.keys()],
      maxWindowMs: MAX_WINDOW_MS,
      canTranslate: many !== undefined,
      canDetectLanguage: many !== undefined,
      canTimeWords: wide.graphs.canAlign,
      canPrompt: true,
      canBias: true,
      canScore: true,
      // Twice the lanes, so that the next decode waits at the engine and not at the other end of a pipe.
      concurrency: 2 * threads,
    });
  }

  memory(): { bytes: number } {
    return { bytes: process.memoryUsage.rss() };
  }

  async *transcribe(pcm: Pcm, options: TranscribeOptions, signal: AbortSignal): AsyncGenerator<Segment> {
    requireRate(this.info, pcm);
    requireTask(this.info, options);
    const { samples } = pcm;
    const durationMs = (samples.length / SAMPLE_RATE) * 1000;
    if (durationMs > MAX_WINDOW_MS)
      throw new VoxError('internal', `a window of ${durationMs} ms is longer than ${MAX_WINDOW_MS}`);
    if (samples.length < MIN_SAMPLES) return;
    const align = options.words && this.info.canTimeWords;
    const hearing = {
      language: options.language ?? '',
      task: options.task,
      before: this.#promptOf(options),
      align,
    };
    const key = options.thrifty === true ? { ...SAME, thrifty: true } : SAME;
    const any = AbortSignal.any([signal, this.#closed.signal]);
    const said = await this.#lanes.decode({ samples, hearing }, key, any);
    const text = this.#tokens.textOf(said.tokens).trim();
    if (text === '') return;
    const language = said.language === '' ? 'en' : said.language;
    yield {
      text,
      startMs: 0,
      endMs: Math.round(durationMs),
      ...(align ? { words: wordsOf(await this.#timed(said, text, samples.length), durationMs) } : {}),
      ...scoresOf(said, this.#tokens, options.scores === true),
      language,
    };
  }

  trim(): void {
    this.#lanes.trim();
  }

  close(): Promise<void> {
    this.#closed.abort();
    this.#wide.close();
    this.#narrow?.close();
    return Promise.resolve();
  }

  /** The narrow lane is to be closed with the model, also while it decodes and where it was made too late. */
  #keep(narrow: WhisperLane): WhisperLane {
    this.#narrow = narrow;
    if (this.#closed.signal.aborted) narrow.close();
    return narrow;
  }

  /** Words that are likely, then what was said before; of too much the end. */
  #promptOf({ prompt = '', hotwords = [] }: TranscribeOptions): number[] {
    const trimmed = (parts: readonly string[]): string[] =>
      parts.map((part) => part.trim()).filter((part) => part !== '');
    const text = trimmed([trimmed(hotwords).join(', '), prompt]);
    if (text.length === 0) return [];
    // As in Whisper's own training half of the decoder's positions, less the token that begins it.
    const room = this.#wide.graphs.facts.textContext / 2 - 1;
    return this.#tokens.encode(` ${text.join(' ')}`).slice(-room);
  }

  async #timed({ tokens, attention, heads }: Transcript, text: string, length: number): Promise<TimedTokens> {
    const times = await tokenTimes(attention, heads, Math.floor(length / POSITION));
    const timestamps = times.slice(0, tokens.length);
    return {
      text,
      tokens: this.#tokens.textsOf(tokens),
      timestamps,
      durations: timestamps.map((start, at) => (times[at + 1] ?? start) - start),
    };
  }
}

function readTokens(files: ModelFiles): TokenList {
  try {
    return TokenList.parse(readFileSync(join(files.directory, 'tokens.txt'), 'utf8'));
  } catch (error) {
    throw broken(files, `tokens.txt: ${(error as Error).message}`, error);
  }
}
