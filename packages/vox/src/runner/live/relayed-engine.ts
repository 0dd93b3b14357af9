/** Makes the live streams of a model that hears elsewhere. */
import type { LiveOptions, Model, TranscribeOptions } from '@vox-speech/contract';
import { biasFor } from '../bias.js';
import type { Detectors } from '../detectors.js';
import { levelEndpointer } from './endpointer.js';
import { NeuralEndpointer } from './neural-endpointer.js';
import { RelayedStream } from './relayed.js';
import { Roller } from './roller.js';
import type { LiveEngine, LiveStream, StreamContext } from './stream.js';

/** Share of a processor that passing on one stream takes here (bench/remote.mjs); what the other side can do is its own business. */
const LOAD = 0.01;

/** A model with the method that makes it one. */
export type RelayedModel = Model & Required<Pick<Model, 'openUtterance'>>;

/** Whether a model is one. */
export function isRelayed(model: Model): model is RelayedModel {
  return model.openUtterance !== undefined;
}

export class RelayedEngine implements LiveEngine {
  readonly thresholds = true;
  readonly eager = true;
  readonly #model: RelayedModel;
  readonly #detectors: Detectors;

  constructor(model: RelayedModel, detectors: Detectors) {
    this.#model = model;
    this.#detectors = detectors;
  }

  async prepare({ endpointing }: LiveOptions): Promise<void> {
    if (endpointing.detector === 'silero') await this.#detectors.prepare();
  }

  open(context: StreamContext): LiveStream {
    const { endpointing, task, language } = context.options;
    const endpointer =
      endpointing.detector === 'silero'
        ? new NeuralEndpointer(() => this.#detectors.open(endpointing.speech))
        : levelEndpointer(endpointing);
    const options: TranscribeOptions = {
      task,
      words: false,
      ...(language === undefined ? {} : { language }),
      ...biasFor(this.#model.info, context.options),
    };
    return new RelayedStream(
      context,
      endpointer,
      (listener) =>
        new Roller((heard) => this.#model.openUtterance(options, heard), this.#model.info.rolling, listener),
    );
  }

  tick(): boolean {
    return false;
  }

  streamLoad(): number {
    return LOAD;
  }

  idle(): void {
    // Nothing here is of all streams.
  }
}
