/**
 * A model of the offline synthesiser, whatever its family: one sentence a call, pieces as they are made. What a
 * family's files are and what it can do is the row it is made from.
 */
import {
  describeModel,
  type LoadOptions,
  type Model,
  type ModelFiles,
  type ModelInfo,
  type Pcm,
  type SynthesizeOptions,
  VoxError,
} from '@vox-speech/contract';
import type { GenerationConfig, Native, OfflineTts, TtsFiles } from './native.js';
import { Turns } from './turns.js';
import type { Speakers } from './voices.js';

/** The range of OpenAI's `speed`; the families that stretch by their durations stay intelligible in it. */
const SPEED = { min: 0.25, max: 4 } as const;

/** What sherpa says when it finds nothing in a sentence that it could speak. */
const NOTHING_TO_SPEAK = /no audio/;

/** One family of voices, its files checked. */
export interface SynthesizerRow {
  readonly files: TtsFiles;
  /** Rules that write out numbers and dates: paths, joined by commas. */
  readonly ruleFsts?: string;
  readonly speakers: Speakers;
  /** ISO 639-1. */
  readonly languages: readonly string[];
  /** Absent = 0.25 to 4. */
  readonly speed?: { readonly min: number; readonly max: number };
  /** Speaks with the voice of a recording: with its words, or without. Absent = does not. */
  readonly cloning?: 'with-text' | 'without-text';
  /** Steps of a flow model; absent = the library's. */
  readonly steps?: number;
  /**
   * What goes along with a call beside text, speaker and speed.
   * @throws VoxError `invalid_request` naming the field
   */
  extra?(options: SynthesizeOptions, text: string): Readonly<Record<string, string | number>>;
  /** The recording that is the voice's, for the families whose voices are recordings. */
  recordingOf?(voice: string): Recording | undefined;
}

export interface Recording {
  readonly samples: Float32Array;
  /** Hz. */
  readonly sampleRate: number;
}

/** Makes the synthesiser of a row and the model around it. */
export async function createSynthesizer(
  native: Native,
  files: ModelFiles,
  options: LoadOptions,
  row: SynthesizerRow,
): Promise<Model> {
  const tts = await native.OfflineTts.createAsync({
    model: { ...row.files, numThreads: Math.max(1, options.threads), provider: 'cpu', debug: 0 },
    ...(row.ruleFsts === undefined ? {} : { ruleFsts: row.ruleFsts }),
    maxNumSentences: 1,
  });
  const info = describeModel({
    kind: 'tts',
    family: files.family,
    sampleRate: tts.sampleRate,
    languages: row.languages,
    voices: row.speakers.voices,
    speed: row.speed ?? SPEED,
    ...(row.cloning === undefined ? {} : { cloning: true, cloningNeedsText: row.cloning === 'with-text' }),
    // One speaks at a time; the others' sentences take turns with it.
    concurrency: 4,
  });
  return new Synthesizer(info, row, tts);
}

class Synthesizer implements Model {
  readonly info: ModelInfo;
  readonly #row: SynthesizerRow;
  readonly #tts: OfflineTts;
  readonly #turns = new Turns();
  readonly #closed = new AbortController();

  constructor(info: ModelInfo, row: SynthesizerRow, tts: OfflineTts) {
    this.info = info;
    this.#row = row;
    this.#tts = tts;
  }

  memory(): { bytes: number } {
    return { bytes: process.memoryUsage.rss() };
  }

  /** A turn is one call, so requests that speak at once are served sentence by sentence. */
  async *synthesize(text: string, options: SynthesizeOptions, signal: AbortSignal): AsyncGenerator<Pcm> {
    const generationConfig = this.#generation(options, text);
    const either = AbortSignal.any([signal, this.#closed.signal]);
    const endTurn = await this.#turns.take(either);
    const pieces: Float32Array[] = [];
    let wake: () => void = () => {};
    let stopped = false;
    let finished = false;
    let failure: unknown;
    const running = this.#tts
      .generateAsync({
        text,
        enableExternalBuffer: false,
        generationConfig,
        onProgress: ({ samples }) => {
          if (!stopped && !either.aborted) pieces.push(samples);
          wake();
          return stopped || either.aborted ? 0 : 1;
        },
      })
      .catch((error: unknown) => {
        // A smiley alone, or a script the voice can't read: the sentences around it are spoken all the same.
        if (!NOTHING_TO_SPEAK.test((error as Error).message)) failure = error;
      })
      .then(() => {
        finished = true;
        endTurn();
        wake();
      });
    const onAbort = (): void => wake();
    either.addEventListener('abort', onAbort, { once: true });
    try {
      for (;;) {
        if (either.aborted) throw new VoxError('cancelled', 'cancelled');
        const samples = pieces.shift();
        if (samples !== undefined) yield { samples, sampleRate: this.info.sampleRate };
        else if (finished) break;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
      await running;
      if (failure !== undefined) throw failure;
    } finally {
      // What still runs natively is told to stop at its next piece; its turn ends then.
      stopped = true;
      either.removeEventListener('abort', onAbort);
    }
  }

  close(): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }

  #generation(options: SynthesizeOptions, text: string): GenerationConfig {
    const { speakers, steps, extra } = this.#row;
    const recording = this.#recording(options);
    const sid = recording === undefined ? speakers.ids.get(options.voice) : 0;
    if (sid === undefined)
      throw new VoxError('invalid_request', `voice '${options.voice}' is not one of this model's`, {
        param: 'voice',
      });
    return {
      sid,
      speed: options.speed,
      ...(steps === undefined ? {} : { numSteps: steps }),
      ...(extra === undefined ? {} : { extra: extra(options, text) }),
      ...recording,
    };
  }

  /** The recording to speak like; undefined for a family that has speakers. */
  #recording({
    voice,
    reference,
  }: SynthesizeOptions):
    | Pick<GenerationConfig, 'referenceAudio' | 'referenceSampleRate' | 'referenceText'>
    | undefined {
    const { cloning, recordingOf } = this.#row;
    if (cloning === undefined) {
      if (reference === undefined) return undefined;
      throw new VoxError('invalid_request', 'this model does not speak with the voice of a recording', {
        param: 'voice',
      });
    }
    const recording = reference ?? recordingOf?.(voice);
    if (recording === undefined)
      throw new VoxError(
        'invalid_request',
        `this model speaks with the voice of a recording, and there is none for '${voice}': create a voice first`,
        { param: 'voice' },
      );
    const text = reference?.text.trim() ?? '';
    if (cloning === 'with-text' && text === '')
      throw new VoxError('invalid_request', 'this model needs the words that are said in the recording', {
        param: 'voice',
      });
    if (recording.samples.length === 0)
      throw new VoxError('invalid_request', 'the recording of the voice is empty', { param: 'voice' });
    return {
      referenceAudio: recording.samples,
      referenceSampleRate: recording.sampleRate,
      ...(text === '' ? {} : { referenceText: text }),
    };
  }
}
