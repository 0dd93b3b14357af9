/** Whisper on sherpa-onnx's offline recogniser: greedy, at most 30 s a call, word times from the cross-attention. */
import {
  type LoadOptions,
  type Model,
  type ModelFiles,
  type ModelInfo,
  type Pcm,
  type Segment,
  type TranscribeOptions,
  VoxError,
} from '@vox-speech/contract';
import { type DecodeKey, type Decoder, Lanes } from './lanes.js';
import { requireModel, requireTokens } from './model-files.js';
import type { Native, OfflineRecognizer, RecognizerConfig, RecognizerResult } from './native.js';
import { wordsOf } from './words.js';

/** Hz. */
const SAMPLE_RATE = 16_000;
/** Sherpa drops what goes beyond 2950 frames of 10 ms. */
const MAX_WINDOW_MS = 29_500;
/** Below this a mel spectrogram has nothing to say, and sherpa complains. */
const MIN_SAMPLES = SAMPLE_RATE / 10;
/** What sherpa reads from the encoder's metadata, and ends the process without. */
const ENCODER_METADATA = [
  'n_mels',
  'n_audio_ctx',
  'n_audio_state',
  'n_vocab',
  'n_text_ctx',
  'n_text_layer',
  'n_text_state',
  'n_text_head',
  'sot_sequence',
  'eot',
  'blank_id',
  'is_multilingual',
  'all_language_tokens',
  'all_language_codes',
  'transcribe',
  'translate',
  'no_timestamps',
];
const CROSS_ATTENTION = 'cross_attention_weights';

/** One native recogniser behind the lanes: it is told language and task right before each decode. */
class WhisperDecoder implements Decoder<RecognizerResult> {
  readonly #native: OfflineRecognizer;
  readonly #config: (key: DecodeKey) => RecognizerConfig;
  #key: DecodeKey | undefined;

  constructor(native: OfflineRecognizer, config: (key: DecodeKey) => RecognizerConfig) {
    this.#native = native;
    this.#config = config;
  }

  decode(samples: Float32Array, key: DecodeKey): Promise<RecognizerResult> {
    if (this.#key?.language !== key.language || this.#key.task !== key.task) {
      this.#native.setConfig(this.#config(key));
      this.#key = key;
    }
    const stream = this.#native.createStream();
    stream.acceptWaveform({ samples, sampleRate: SAMPLE_RATE });
    return this.#native.decodeAsync(stream);
  }
}

/**
 * Loads encoder.int8.onnx, decoder.int8.onnx and tokens.txt.
 * @throws VoxError `model_broken`
 */
export async function loadWhisper(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const encoder = requireModel(files, 'encoder.int8.onnx', ENCODER_METADATA);
  const decoder = requireModel(files, 'decoder.int8.onnx');
  const tokens = requireTokens(files, 'tokens.txt');
  const metadata = encoder.onnx.metadata;
  const multilingual = metadata.get('is_multilingual') === '1';
  const languages = multilingual ? (metadata.get('all_language_codes') ?? '').split(',') : ['en'];
  const canTimeWords = decoder.onnx.outputs.includes(CROSS_ATTENTION);
  const threads = Math.max(1, options.threads);

  const config =
    (numThreads: number) =>
    (key: DecodeKey): RecognizerConfig => ({
      featConfig: { sampleRate: SAMPLE_RATE, featureDim: Number(metadata.get('n_mels')) },
      modelConfig: {
        whisper: {
          encoder: encoder.path,
          decoder: decoder.path,
          ...key,
          enableTokenTimestamps: canTimeWords ? 1 : 0,
        },
        tokens,
        numThreads,
        provider: 'cpu',
        debug: 0,
      },
    });
  const create = async (numThreads: number): Promise<WhisperDecoder> => {
    const configured = config(numThreads);
    const initial = configured({ language: '', task: 'transcribe' });
    return new WhisperDecoder(await native.OfflineRecognizer.createAsync(initial), configured);
  };
  const lanes = new Lanes(await create(threads), threads, () => create(1));
  const info: ModelInfo = {
    kind: 'stt',
    family: 'whisper',
    sampleRate: SAMPLE_RATE,
    languages,
    voices: [],
    maxWindowMs: MAX_WINDOW_MS,
    canTranslate: multilingual,
    canDetectLanguage: multilingual,
    canTimeWords,
    canPrompt: false,
    // Twice the lanes, so that the next decode waits at the engine and not at the other end of a pipe.
    concurrency: 2 * threads,
  };
  return new Whisper(info, lanes);
}

class Whisper implements Model {
  readonly info: ModelInfo;
  readonly #lanes: Lanes<RecognizerResult>;
  readonly #closed = new AbortController();

  constructor(info: ModelInfo, lanes: Lanes<RecognizerResult>) {
    this.info = info;
    this.#lanes = lanes;
  }

  memory(): { bytes: number } {
    return { bytes: process.memoryUsage.rss() };
  }

  async *transcribe(pcm: Pcm, options: TranscribeOptions, signal: AbortSignal): AsyncGenerator<Segment> {
    if (pcm.sampleRate !== SAMPLE_RATE)
      throw new VoxError('internal', `Whisper hears ${SAMPLE_RATE} Hz, not ${pcm.sampleRate}`);
    const durationMs = (pcm.samples.length / SAMPLE_RATE) * 1000;
    if (durationMs > MAX_WINDOW_MS)
      throw new VoxError('internal', `a window of ${durationMs} ms is longer than ${MAX_WINDOW_MS}`);
    const key = this.#key(options);
    if (pcm.samples.length < MIN_SAMPLES) return;
    const result = await this.#lanes.decode(pcm.samples, key, AbortSignal.any([signal, this.#closed.signal]));
    const text = result.text.trim();
    if (text === '') return;
    const language = result.lang === '' ? key.language : result.lang;
    const timed = options.words && this.info.canTimeWords && result.timestamps.length > 0;
    yield {
      text,
      startMs: 0,
      endMs: Math.round(durationMs),
      ...(timed ? { words: wordsOf(result, durationMs) } : {}),
      ...(language === '' ? {} : { language }),
    };
  }

  /** Waiting decodes are rejected; the memory of a native recogniser is returned by the end of the process. */
  close(): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }

  #key({ language, task }: TranscribeOptions): DecodeKey {
    if (language !== undefined && !this.info.languages.includes(language))
      throw new VoxError('invalid_request', `language '${language}' is not one of this model's`, {
        param: 'language',
      });
    if (task === 'translate' && !this.info.canTranslate)
      throw new VoxError('invalid_request', 'this model does not translate', { param: 'task' });
    if (!this.info.canDetectLanguage) return { language: '', task: 'transcribe' };
    return { language: language ?? '', task };
  }
}
