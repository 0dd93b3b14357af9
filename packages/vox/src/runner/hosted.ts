/** The loaded model of a runner, and the detectors that help it. */
import {
  type Engine,
  engineOf,
  type LoadOptions,
  type Model,
  type ModelFiles,
  VoxError,
} from '@vox-speech/contract';
import { Detectors } from './detectors.js';

const DETECTOR_FAMILY = 'silero-vad';

export class HostedModel {
  readonly model: Model;
  readonly detectors: Detectors;

  private constructor(model: Model, detectors: Detectors) {
    this.model = model;
    this.detectors = detectors;
  }

  /**
   * @param specifier module URL or package name whose default export is an Engine
   * @param companionEngines the same, of companions that another engine runs, by family
   * @throws VoxError `engine_missing`, `model_broken`
   */
  static async load(
    specifier: string,
    files: ModelFiles,
    options: LoadOptions,
    companionEngines: Readonly<Record<string, string>> = {},
  ): Promise<HostedModel> {
    const engine = await importEngine(specifier);
    const other = companionEngines[DETECTOR_FAMILY];
    const detecting = async () => (other === undefined ? engine : importEngine(other));
    const detectors = new Detectors(() => loadDetector(detecting, files));
    return new HostedModel(await engine.load(files, options), detectors);
  }

  /** Lets go of what the model and the detectors can make again. */
  trim(): void {
    this.model.trim?.();
    this.detectors.trim();
  }

  async close(): Promise<void> {
    await this.model.close();
    await this.detectors.close();
  }
}

/** @param detecting the engine that runs it */
async function loadDetector(
  detecting: () => Promise<Engine>,
  { companions, reference }: ModelFiles,
): Promise<Model> {
  const directory = companions[DETECTOR_FAMILY];
  if (directory === undefined)
    throw new VoxError(
      'model_broken',
      `${reference} needs the voice activity detector: vox pull ${DETECTOR_FAMILY}`,
    );
  const files = {
    reference: DETECTOR_FAMILY,
    family: DETECTOR_FAMILY,
    directory,
    companions: {},
    parameters: {},
  };
  return (await detecting()).load(files, { threads: 1, device: 'cpu' });
}

/** An engine that can run here. Throws `engine_missing`. */
async function importEngine(specifier: string): Promise<Engine> {
  let module: unknown;
  try {
    module = await import(specifier);
  } catch (error) {
    throw new VoxError(
      'engine_missing',
      `the engine ${specifier} cannot be loaded: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
  const engine = engineOf(module, specifier);
  const { available, reason } = engine.probe();
  if (!available)
    throw new VoxError(
      'engine_missing',
      `the engine ${engine.name} cannot run here: ${reason ?? 'no reason given'}`,
    );
  return engine;
}
