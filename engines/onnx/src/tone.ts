/** T-one with its probabilities: a decoding may be chosen with each request, by a language model of words where there is one. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  broken,
  type Decoder,
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
import { AcousticModel, CHUNK, SAMPLE_RATE } from './acoustic.js';
import { readArpa } from './ctc/arpa.js';
import { type BeamSearch, TONE_SEARCH } from './ctc/beam-search.js';
import type { LanguageModel } from './ctc/language-model.js';
import { LONGEST_MS } from './ctc/splitter.js';
import { openKenlm } from './kenlm/index.js';
import type { OpenGraph } from './runtime/index.js';
import { INPUT_RATE, ToneStream } from './stream.js';

const LANGUAGE = 'ru';
/** One of them is there: the weights as published, or in 8 bits. */
const MODELS = ['model.onnx', 'model.int8.onnx'] as const;
/** How the blank is written in tokens.txt. */
const BLANK = '<blk>';
/**
 * Ms of a recording that are given at once. The model has no limit of its own; this one keeps what waits in memory small, and is so
 * far away that a phrase (60 s at most) is next to never cut by it.
 */
const WINDOW_MS = 600_000;

/**
 * Loads model.onnx (or model.int8.onnx) and tokens.txt of T-one, and its language model where there is one: kenlm.bin, or a lm.arpa
 * of one's own.
 * The parameter `lateMs` says by how much the weights say letters late: 330 for the published ones.
 * @throws VoxError `model_broken`
 */
export async function loadTone(open: OpenGraph, files: ModelFiles, { threads }: LoadOptions): Promise<Model> {
  const lateMs = Number(files.parameters.lateMs ?? 0);
  if (!(lateMs >= 0)) throw broken(files, 'its parameter lateMs is not a number of ms');
  const labels = readLabels(files);
  const words = await readWords(files);
  const name = MODELS.find((one) => existsSync(join(files.directory, one))) ?? MODELS[0];
  let acoustic: AcousticModel | undefined;
  try {
    acoustic = await AcousticModel.load(open, join(files.directory, name), threads);
    if (acoustic.labels !== labels.length)
      throw new Error(`it has ${acoustic.labels} labels where tokens.txt has ${labels.length}`);
    const search = { labels, blank: labels.indexOf(BLANK), ...TONE_SEARCH };
    return new ToneModel(acoustic, words === undefined ? search : { ...search, model: words }, lateMs, files);
  } catch (error) {
    // The memory of a native session is not the garbage collector's.
    acoustic?.close();
    words?.close();
    throw broken(files, `${name}: ${(error as Error).message}`, error);
  }
}

class ToneModel implements Model {
  readonly info: ModelInfo;
  readonly #acoustic: AcousticModel;
  readonly #search: BeamSearch;
  readonly #lateMs: number;

  constructor(acoustic: AcousticModel, search: BeamSearch, lateMs: number, { family }: ModelFiles) {
    this.#acoustic = acoustic;
    this.#search = search;
    this.#lateMs = lateMs;
    this.info = describeModel({
      kind: 'stt',
      family,
      sampleRate: INPUT_RATE,
      languages: [LANGUAGE],
      maxWindowMs: WINDOW_MS,
      longestUtteranceMs: LONGEST_MS,
      canChooseLanguage: false,
      canTimeWords: true,
      decoders: search.model === undefined ? ['greedy', 'beam'] : ['beam', 'greedy'],
      // A step keeps the thread it is called on.
      concurrency: 1,
    });
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
      (stream): stream is ToneStream => stream instanceof ToneStream && stream.ready(),
    );
    if (streams.length === 0) return;
    const heard = this.#acoustic.hear(streams.map((stream) => stream.take()));
    streams.forEach((stream, at) => {
      const made = heard[at];
      if (made !== undefined) stream.heard(made);
    });
  }

  /** A recording, as a stream that comes as fast as it is heard. */
  async *transcribe(pcm: Pcm, options: TranscribeOptions, signal: AbortSignal): AsyncGenerator<Segment> {
    requireRate(this.info, pcm);
    yield* hearStream(this, this.#open(options), [pcm.samples], signal);
  }

  close(): Promise<void> {
    this.#acoustic.close();
    this.#search.model?.close();
    return Promise.resolve();
  }

  #open(options: TranscribeOptions): ToneStream {
    requireTask(this.info, options);
    const { words, decoder } = options;
    const usual: Decoder | undefined = this.info.decoders?.[0];
    return new ToneStream({
      search: this.#search,
      beam: (decoder ?? usual) === 'beam',
      // As T-one's own pipeline begins, so that the first word is heard as well as the others.
      leadMs: (CHUNK / SAMPLE_RATE) * 1000,
      lateMs: this.#lateMs,
      language: LANGUAGE,
      words,
    });
  }
}

/** Letter by its number, from tokens.txt: `letter number` lines. */
function readLabels(files: ModelFiles): string[] {
  let text: string;
  try {
    text = readFileSync(join(files.directory, 'tokens.txt'), 'utf8');
  } catch (error) {
    throw broken(files, 'tokens.txt is missing', error);
  }
  const lines = text.split('\n').filter((line) => line !== '');
  const labels = lines.map((line, at) => {
    if (!line.endsWith(` ${at}`))
      throw broken(files, `tokens.txt is not a table of letters (line ${at + 1})`);
    return line.slice(0, -` ${at}`.length);
  });
  for (const needed of [' ', BLANK])
    if (!labels.includes(needed))
      throw broken(files, `tokens.txt lacks ${needed === ' ' ? 'the space' : needed}`);
  return labels;
}

async function readWords(files: ModelFiles): Promise<LanguageModel | undefined> {
  for (const [name, read] of [
    ['kenlm.bin', async (path: string): Promise<LanguageModel> => openKenlm(path)],
    ['lm.arpa', (path: string): Promise<LanguageModel> => readArpa(path)],
  ] as const) {
    const path = join(files.directory, name);
    if (!existsSync(path)) continue;
    try {
      return await read(path);
    } catch (error) {
      throw broken(files, `${name}: it ${(error as Error).message}`, error);
    }
  }
  return undefined;
}
