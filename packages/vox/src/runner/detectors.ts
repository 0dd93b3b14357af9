/** The detectors of speech of a runner: one model makes them all, and is loaded when the first is asked for. */
import {
  type DetectorOptions,
  type HeardAhead,
  type Model,
  type SpeechDetector,
  VoxError,
} from '@vox-speech/contract';

type DetectorModel = Model & Required<Pick<Model, 'openDetector'>>;

export class Detectors {
  readonly #load: () => Promise<Model>;
  #loading: Promise<DetectorModel> | undefined;
  #model: DetectorModel | undefined;

  /** @param load loads a model of kind `vad` */
  constructor(load: () => Promise<Model>) {
    this.#load = load;
  }

  /**
   * Loads the model, unless it is there.
   * @throws VoxError `engine_missing`, `model_broken`
   */
  async prepare(): Promise<void> {
    await this.#ready();
  }

  /** A new detector, which must be closed; undefined where the model could not be loaded. */
  open(options?: DetectorOptions): SpeechDetector | undefined {
    return this.#model?.openDetector(options);
  }

  /** The same for who can wait for the model. Throws as `prepare`. */
  async opened(options?: DetectorOptions): Promise<SpeechDetector> {
    return (await this.#ready()).openDetector(options);
  }

  /** Several of these detectors hear in one go what they are given next, where the model can. */
  hearAhead(ahead: readonly HeardAhead[]): void {
    this.#model?.hearAhead?.(ahead);
  }

  /** Lets go of what can be made again. */
  trim(): void {
    this.#model?.trim?.();
  }

  async close(): Promise<void> {
    await (await this.#loading?.catch(() => undefined))?.close();
  }

  #ready(): Promise<DetectorModel> {
    if (this.#loading === undefined) {
      this.#loading = this.#loaded();
      // A failure is not kept: the companion may be pulled meanwhile.
      this.#loading.catch(() => {
        this.#loading = undefined;
      });
    }
    return this.#loading;
  }

  async #loaded(): Promise<DetectorModel> {
    const model = await this.#load();
    if (!isDetector(model))
      throw new VoxError('model_broken', `${model.info.family} has no detector of speech`);
    this.#model = model;
    return model;
  }
}

function isDetector(model: Model): model is DetectorModel {
  return model.openDetector !== undefined;
}
