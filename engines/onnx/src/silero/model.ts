/** Silero's voice activity detector as a model: one network for all of its detectors. */
import { join } from 'node:path';
import {
  broken,
  type DetectorOptions,
  describeModel,
  type Model,
  type ModelFiles,
  type SpeechDetector,
} from '@vox-speech/contract';
import type { OpenGraph } from '../runtime/index.js';
import { Detector, hearAhead } from './detector.js';
import { SpeechNetwork } from './network.js';
import { SAMPLE_RATE, SpeechRules } from './rules.js';

const FILE = 'silero_vad.onnx';

/**
 * Loads silero_vad.onnx, version 5. A detector of it costs 4 kB, and no time to make.
 * @throws VoxError `model_broken`
 */
export async function loadSilero(open: OpenGraph, files: ModelFiles): Promise<Model> {
  let network: SpeechNetwork;
  try {
    network = await SpeechNetwork.load(open, join(files.directory, FILE));
  } catch (error) {
    throw broken(files, `${FILE}: ${(error as Error).message}`, error);
  }
  return {
    info: describeModel({ kind: 'vad', family: files.family, sampleRate: SAMPLE_RATE, concurrency: 1 }),
    memory: () => ({ bytes: process.memoryUsage.rss() }),
    openDetector: (options?: DetectorOptions): SpeechDetector =>
      new Detector(network, new SpeechRules(options)),
    hearAhead: (ahead) =>
      hearAhead(
        network,
        ahead.flatMap(({ detector, samples }) =>
          detector instanceof Detector ? [{ detector, samples }] : [],
        ),
      ),
    close: () => {
      network.close();
      return Promise.resolve();
    },
  };
}
