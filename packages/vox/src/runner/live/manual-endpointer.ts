/**
 * Where speech is in a stream that only the client ends. Nothing audible may be lost there, so all that is audible begins an
 * utterance; once a detector has heard speech in it, its pauses are those of the detector, as in a stream that silence ends.
 */
import type { HeardAhead } from '@vox-speech/contract';
import { AUDIBLE, type Endpointer, LevelEndpointer } from './endpointer.js';
import { NoiseFloor } from './noise-floor.js';

/** Sound that is clearly not the room's counts at the client's end if it goes on for so long behind the last speech: 500 ms. */
const FAR_BEHIND = 8_000;

export class ManualEndpointer implements Endpointer {
  readonly #speech: Endpointer;
  readonly #audible = new LevelEndpointer(AUDIBLE, undefined);
  readonly #clear = new LevelEndpointer(AUDIBLE, new NoiseFloor());
  #position = 0;
  /** Speech that ended before this was another utterance's. */
  #notBefore = 0;

  /** @param speech hears speech; it is closed with this */
  constructor(speech: Endpointer) {
    this.#speech = speech;
  }

  hear(frame: Float32Array, at: number): void {
    this.#position = at + frame.length;
    for (const one of [this.#speech, this.#audible, this.#clear]) one.hear(frame, at);
  }

  ahead(frames: Float32Array): HeardAhead | undefined {
    return this.#speech.ahead?.(frames);
  }

  get since(): number | undefined {
    return this.#heard.since;
  }

  get until(): number {
    return this.#heard.until;
  }

  get last(): number {
    const { until } = this.#heard;
    return this.#clear.until > until + FAR_BEHIND ? this.#clear.until : until;
  }

  reset(): void {
    this.#notBefore = this.#position;
    for (const one of [this.#speech, this.#audible, this.#clear]) one.reset();
  }

  close(): void {
    for (const one of [this.#speech, this.#audible, this.#clear]) one.close();
  }

  get #heard(): Endpointer {
    const { since, until } = this.#speech;
    return since !== undefined || until > this.#notBefore ? this.#speech : this.#audible;
  }
}
