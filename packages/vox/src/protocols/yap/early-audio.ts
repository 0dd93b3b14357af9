/** Audio that comes before there is a session for it: bounded, and dropped from the front where that was asked for. Pure. */
import { BYTES_PER_MS, type YapSettings } from './settings.js';

export interface DroppedAudio {
  /** Ms since the utterance began. */
  readonly fromMs: number;
  readonly toMs: number;
}

export class EarlyAudio {
  readonly #settings: Pick<YapSettings, 'backlogMs' | 'drop' | 'inboundQueue'>;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #dropped = 0;

  constructor(settings: Pick<YapSettings, 'backlogMs' | 'drop' | 'inboundQueue'>) {
    this.#settings = settings;
  }

  /** Is there room for more? Where the oldest goes there is, except for a flood of tiny chunks. */
  get hasRoom(): boolean {
    const { drop, inboundQueue } = this.#settings;
    return (drop || this.#bytes < this.#limit) && this.#chunks.length < inboundQueue;
  }

  /** Ms that were dropped: the audio that is left begins so late. */
  get droppedMs(): number {
    return this.#dropped / BYTES_PER_MS;
  }

  /** Takes any number of bytes. Returns what had to go for it, by whole samples. */
  push(bytes: Uint8Array): DroppedAudio | undefined {
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
    if (!this.#settings.drop || this.#bytes <= this.#limit) return undefined;
    const fromMs = this.droppedMs;
    let excess = this.#bytes - this.#limit;
    excess += excess % 2;
    while (excess > 0) {
      const [oldest] = this.#chunks;
      if (oldest === undefined) break;
      const gone = Math.min(excess, oldest.length);
      if (gone === oldest.length) this.#chunks.shift();
      else this.#chunks[0] = oldest.subarray(gone);
      this.#bytes -= gone;
      this.#dropped += gone;
      excess -= gone;
    }
    return { fromMs, toMs: this.droppedMs };
  }

  /** All that waits, in order; afterwards nothing does. */
  take(): Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    return chunks;
  }

  get #limit(): number {
    return this.#settings.backlogMs * BYTES_PER_MS;
  }
}
