/** Who speaks when: pyannote's segmentation, vectors of voices, clustering, all by sherpa-onnx. */
import {
  describeModel,
  type LoadOptions,
  type Model,
  type ModelFiles,
  type ModelInfo,
  type Pcm,
  requireRate,
  type SpeakerTurn,
  VoxError,
} from '@vox-speech/contract';
import { metadataNumber, requireModel } from './model-files.js';
import type { Native } from './native.js';
import type { Diarization, VectorExtractor } from './native-speakers.js';

/** Hz. */
const SAMPLE_RATE = 16_000;
/** Below this there are too few frames for a vector, in samples; it is filled up with silence. */
const MIN_VECTOR = SAMPLE_RATE / 2;
/** Shorter audio is filled up with silence: the segmentation looks at 10 s at a time. */
const MIN_SAMPLES = SAMPLE_RATE;

/**
 * sherpa's own default is 0.5. Too low makes two speakers of one person, too high one of two.
 */
const CLUSTER_THRESHOLD = 0.6;
/** Seconds; pyannote's own for segmentation 3.0 is 0, which leaves turns of a single breath. */
const MIN_TURN = 0.2;
const MIN_PAUSE = 0.3;

const SEGMENTATION_KEYS = [
  'num_speakers',
  'powerset_max_classes',
  'num_classes',
  'sample_rate',
  'window_size',
  'receptive_field_size',
  'receptive_field_shift',
];
const EMBEDDING_KEYS = ['framework', 'language', 'sample_rate', 'output_dim', 'normalize_samples'];

/**
 * Loads segmentation.onnx and embedding.onnx.
 * @throws VoxError `model_broken`
 */
export async function loadDiarization(
  native: Native,
  files: ModelFiles,
  options: LoadOptions,
): Promise<Model> {
  const segmentation = requireModel(files, 'segmentation.onnx', SEGMENTATION_KEYS);
  const embedding = requireModel(files, 'embedding.onnx', EMBEDDING_KEYS);
  for (const model of [segmentation, embedding])
    if (metadataNumber(files, model, 'sample_rate') !== SAMPLE_RATE)
      throw new VoxError('model_broken', `${files.reference} does not hear ${SAMPLE_RATE} Hz`);
  const runs = { numThreads: Math.max(1, options.threads), provider: 'cpu', debug: 0 } as const;
  const diarization = new native.OfflineSpeakerDiarization({
    segmentation: { ...runs, pyannote: { model: segmentation.path } },
    embedding: { ...runs, model: embedding.path },
    clustering: { numClusters: -1, threshold: CLUSTER_THRESHOLD },
    minDurationOn: MIN_TURN,
    minDurationOff: MIN_PAUSE,
  });
  const extractor = new native.SpeakerEmbeddingExtractor({ ...runs, model: embedding.path });
  return new Diarizer(files.family, diarization, extractor);
}

class Diarizer implements Model {
  readonly info: ModelInfo;
  readonly #diarization: Diarization;
  readonly #extractor: VectorExtractor;

  constructor(family: string, diarization: Diarization, extractor: VectorExtractor) {
    this.#diarization = diarization;
    this.#extractor = extractor;
    this.info = describeModel({
      kind: 'diarizer',
      family,
      sampleRate: SAMPLE_RATE,
      // Its calls block the thread.
      concurrency: 1,
    });
  }

  memory(): { bytes: number } {
    return { bytes: process.memoryUsage.rss() };
  }

  async diarize(pcm: Pcm, signal: AbortSignal): Promise<SpeakerTurn[]> {
    await mayGoOn(pcm, signal);
    return this.#diarization.process(atLeast(pcm.samples, MIN_SAMPLES)).map(({ start, end, speaker }) => ({
      startMs: Math.round(start * 1000),
      endMs: Math.round(end * 1000),
      speaker,
    }));
  }

  async embed(pcm: Pcm, signal: AbortSignal): Promise<Float32Array> {
    await mayGoOn(pcm, signal);
    const stream = this.#extractor.createStream();
    stream.acceptWaveform({ samples: atLeast(pcm.samples, MIN_VECTOR), sampleRate: SAMPLE_RATE });
    stream.inputFinished();
    if (!this.#extractor.isReady(stream)) return new Float32Array(this.#extractor.dim);
    const vector = this.#extractor.compute(stream, false);
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    return length > 0 ? vector.map((value) => value / length) : vector;
  }

  /** The memory of native models is returned by the end of the process. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The call that follows blocks the thread: what came meanwhile, such as a cancel, is let in first. */
async function mayGoOn(pcm: Pcm, signal: AbortSignal): Promise<void> {
  requireRate({ sampleRate: SAMPLE_RATE }, pcm);
  await new Promise((resolve) => setImmediate(resolve));
  if (signal.aborted) throw new VoxError('cancelled', 'cancelled', { cause: signal.reason });
}

function atLeast(samples: Float32Array, length: number): Float32Array {
  if (samples.length >= length) return samples;
  const longer = new Float32Array(length);
  longer.set(samples);
  return longer;
}
