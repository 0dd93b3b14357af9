/** Piper and Kokoro on sherpa-onnx's offline synthesiser: one sentence a call, pieces as they are made. */
import {
  type LoadOptions,
  type Model,
  type ModelFiles,
  type ModelInfo,
  type Pcm,
  type SynthesizeOptions,
  VoxError,
} from '@vox-speech/contract';
import { requireFile, requireModel, requirePhonemeData, requireTokens } from './model-files.js';
import type { Native, OfflineTts, TtsConfig } from './native.js';
import { Turns } from './turns.js';
import { type Speakers, speakersOf } from './voices.js';

/** The range of OpenAI's `speed`; both families stretch by their duration predictor and stay intelligible in it. */
const SPEED = { min: 0.25, max: 4 } as const;

/**
 * Loads model.onnx and tokens.txt of a Piper voice, with espeak-ng's phoneme data.
 * @throws VoxError `model_broken`
 */
export function loadPiper(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const { path, onnx } = requireModel(files, 'model.onnx', [
    'sample_rate',
    'n_speakers',
    'language',
    'comment',
  ]);
  const vits = {
    model: path,
    tokens: requireTokens(files, 'tokens.txt'),
    dataDir: requirePhonemeData(files),
  };
  return create(native, files, options, { vits }, speakersOf(files, onnx.metadata), onnx.metadata);
}

/**
 * Loads model.onnx, tokens.txt and voices.bin of Kokoro, with espeak-ng's phoneme data.
 * @throws VoxError `model_broken`
 */
export function loadKokoro(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const keys = ['sample_rate', 'n_speakers', 'style_dim', 'version', 'has_espeak'];
  const { path, onnx } = requireModel(files, 'model.onnx', keys);
  const kokoro = {
    model: path,
    tokens: requireTokens(files, 'tokens.txt'),
    voices: requireFile(files, 'voices.bin'),
    dataDir: requirePhonemeData(files),
    lang: String(files.parameters.language ?? 'en-us'),
  };
  return create(native, files, options, { kokoro }, speakersOf(files, onnx.metadata), onnx.metadata);
}

async function create(
  native: Native,
  files: ModelFiles,
  options: LoadOptions,
  family: Pick<TtsConfig['model'], 'vits' | 'kokoro'>,
  speakers: Speakers,
  metadata: ReadonlyMap<string, string>,
): Promise<Model> {
  const tts = await native.OfflineTts.createAsync({
    model: { ...family, numThreads: Math.max(1, options.threads), provider: 'cpu', debug: 0 },
    maxNumSentences: 1,
  });
  const code = (metadata.get('voice') ?? '').split('-')[0] ?? '';
  const info: ModelInfo = {
    kind: 'tts',
    family: files.family,
    sampleRate: tts.sampleRate,
    languages: code === '' ? [] : [code],
    voices: speakers.voices,
    speed: SPEED,
    canTranslate: false,
    canDetectLanguage: false,
    canTimeWords: false,
    canPrompt: false,
    // One speaks at a time; the others' sentences take turns with it.
    concurrency: 4,
  };
  return new Synthesizer(info, tts, speakers);
}

class Synthesizer implements Model {
  readonly info: ModelInfo;
  readonly #tts: OfflineTts;
  readonly #speakers: Speakers;
  readonly #turns = new Turns();
  readonly #closed = new AbortController();

  constructor(info: ModelInfo, tts: OfflineTts, speakers: Speakers) {
    this.info = info;
    this.#tts = tts;
    this.#speakers = speakers;
  }

  memory(): { bytes: number } {
    return { bytes: process.memoryUsage.rss() };
  }

  /** A turn is one call, so requests that speak at once are served sentence by sentence. */
  async *synthesize(text: string, options: SynthesizeOptions, signal: AbortSignal): AsyncGenerator<Pcm> {
    const sid = this.#speakers.ids.get(options.voice);
    if (sid === undefined)
      throw new VoxError('invalid_request', `voice '${options.voice}' is not one of this model's`, {
        param: 'voice',
      });
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
        sid,
        speed: options.speed,
        enableExternalBuffer: false,
        onProgress: ({ samples }) => {
          if (!stopped && !either.aborted) pieces.push(samples);
          wake();
          return stopped || either.aborted ? 0 : 1;
        },
      })
      .catch((error: unknown) => {
        failure = error;
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
}
