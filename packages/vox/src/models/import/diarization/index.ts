/** Imports what tells voices apart: pyannote's segmentation and CAM++, from the PyTorch checkpoints as published. */
import { join } from 'node:path';
import { describeModel, type ModelInfo } from '@vox-speech/contract';
import { requireFile } from '../files.js';
import { writeModel } from '../onnx/index.js';
import { readCheckpoint } from '../torch/checkpoint.js';
import { buildCampplus } from './campplus.js';
import { buildPyannet } from './pyannet.js';

/** What sherpa-onnx reads from a vector model of 3D-Speaker. */
const METADATA = {
  framework: '3d-speaker',
  language: 'Chinese-English',
  sample_rate: 16_000,
  output_dim: 192,
  normalize_samples: 1,
  feature_normalize_type: 'global-mean',
} as const;

export interface DiarizationImport {
  /** Delivered files by their catalog names: `segmentation.pt`, `embedding.pt`. */
  readonly files: Readonly<Record<string, string>>;
  /** Folder for `segmentation.onnx` and `embedding.onnx`. */
  readonly output: string;
  readonly signal?: AbortSignal;
}

/** Writes the files. Throws VoxError `model_broken`. */
export async function importDiarization(
  request: DiarizationImport,
): Promise<{ names: string[]; info: ModelInfo }> {
  const options = request.signal === undefined ? {} : { signal: request.signal };
  const segmentation = buildPyannet(await readCheckpoint(requireFile(request.files, 'segmentation.pt')));
  await writeModel(join(request.output, 'segmentation.onnx'), segmentation, options);
  const embedding = buildCampplus(await readCheckpoint(requireFile(request.files, 'embedding.pt')));
  for (const [key, value] of Object.entries(METADATA)) embedding.metadata.set(key, String(value));
  await writeModel(join(request.output, 'embedding.onnx'), embedding, options);
  return {
    names: ['segmentation.onnx', 'embedding.onnx'],
    info: describeModel({
      kind: 'diarizer',
      family: 'pyannote-diarization',
      sampleRate: 16_000,
      concurrency: 1,
    }),
  };
}
