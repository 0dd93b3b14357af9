/** Makes the live streams of an offline model. */
import type { Endpointing, HeardAhead, LiveOptions, Model } from '@vox-speech/contract';
import type { Detectors } from '../detectors.js';
import { longestWindowMs } from '../windows.js';
import { type Endpointer, levelEndpointer } from './endpointer.js';
import { ManualEndpointer } from './manual-endpointer.js';
import { NeuralEndpointer } from './neural-endpointer.js';
import type { Clock, LiveEngine, LiveStream, StreamContext } from './stream.js';
import type { DecodeTurns } from './turns.js';
import { WindowDecodes } from './window-decodes.js';
import { WindowedStream } from './windowed.js';

/**
 * Room that a stream is given, over what its finals cost: finals come in bunches, and two fifths of the time must be free
 * for them to come soon. Measured with 8 to 16 streams of whisper:tiny.en on 2 cores.
 */
const ROOM = 1.7;
/** Where finals wait longer than this for their turn, in ms, there is no room for another stream whatever it costs. */
const LONGEST_WAIT_MS = 300;

export class WindowedEngine implements LiveEngine {
  readonly thresholds = true;
  readonly #model: Model;
  readonly #slots: number;
  readonly #detectors: Detectors;
  readonly #decodes: WindowDecodes;

  /**
   * @param slots decodes at once that the machine has processors for
   */
  constructor(model: Model, detectors: Detectors, turns: DecodeTurns, slots: number, clock: Clock) {
    this.#model = model;
    this.#slots = slots;
    this.#detectors = detectors;
    this.#decodes = new WindowDecodes(model, turns, slots, clock);
  }

  async prepare({ endpointing }: LiveOptions): Promise<void> {
    await this.#decodes.prepare();
    const { detector } = endpointing;
    if (detector === 'energy') return;
    try {
      await this.#detectors.prepare();
    } catch (error) {
      // Where the client alone ends utterances, their pauses may be found by level.
      if (detector === 'silero') throw error;
    }
  }

  open(context: StreamContext): LiveStream {
    const { endpointing } = context.options;
    const { info } = this.#model;
    return new WindowedStream(context, this.#endpointer(endpointing), this.#decodes, {
      ...info,
      windowMs: longestWindowMs(info),
    });
  }

  #endpointer(endpointing: Endpointing): Endpointer {
    if (endpointing.detector === 'energy') return levelEndpointer(endpointing);
    const speech = new NeuralEndpointer(() => this.#detectors.open(endpointing.speech));
    return endpointing.detector === 'manual' ? new ManualEndpointer(speech) : speech;
  }

  hearAhead(ahead: readonly HeardAhead[]): void {
    this.#detectors.hearAhead(ahead);
  }

  tick(): boolean {
    return this.#decodes.tick();
  }

  streamLoad(): number {
    if (this.#decodes.waitMs > LONGEST_WAIT_MS) return 1;
    return (this.#decodes.costPerMs * ROOM) / this.#slots;
  }

  idle(): void {
    this.#decodes.clear();
  }
}
