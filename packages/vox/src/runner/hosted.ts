/** The loaded model of a runner, and the detector that helps it. */
import {
  type DetectorOptions,
  type Engine,
  engineOf,
  type LoadOptions,
  type Model,
  type ModelFiles,
  type SpeechDetector,
  VoxError,
} from '@vox-speech/contract';

const DETECTOR_FAMILY = 'silero-vad';

export class HostedModel {
  readonly model: Model;
  /** The one that loads detectors. */
  readonly #detecting: () => Promise<Engine>;
  readonly #files: ModelFiles;
  #detectors: Promise<Model> | undefined;

  private constructor(detecting: () => Promise<Engine>, files: ModelFiles, model: Model) {
    this.#detecting = detecting;
    this.#files = files;
    this.model = model;
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
    return new HostedModel(detecting, files, await engine.load(files, options));
  }

  /** A detector, new or used before; it must be closed. The model behind it is loaded once, when first asked for. */
  async openDetector(options?: DetectorOptions): Promise<SpeechDetector> {
    if (this.#detectors === undefined) {
      this.#detectors = this.#loadDetectors();
      // A failure is not kept: the companion may be pulled meanwhile.
      this.#detectors.catch(() => {
        this.#detectors = undefined;
      });
    }
    const model = await this.#detectors;
    if (model.openDetector === undefined)
      throw new VoxError('model_broken', `${DETECTOR_FAMILY} has no detector of speech`);
    return model.openDetector(options);
  }

  /** Lets go of what the model and the detectors can make again. */
  async trim(): Promise<void> {
    this.model.trim?.();
    (await this.#detectors?.catch(() => undefined))?.trim?.();
  }

  async close(): Promise<void> {
    await this.model.close();
    await (await this.#detectors)?.close();
  }

  async #loadDetectors(): Promise<Model> {
    const directory = this.#files.companions[DETECTOR_FAMILY];
    if (directory === undefined)
      throw new VoxError(
        'model_broken',
        `${this.#files.reference} needs the voice activity detector: vox pull ${DETECTOR_FAMILY}`,
      );
    const files = {
      reference: DETECTOR_FAMILY,
      family: DETECTOR_FAMILY,
      directory,
      companions: {},
      parameters: {},
    };
    return (await this.#detecting()).load(files, { threads: 1, device: 'cpu' });
  }
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
