/** Where speech is in a stream, frame by frame. What follows from it (utterances) is the segmenter's. */
import { rootMeanSquare } from '@vox-speech/audio';
import type { Endpointing, HeardAhead } from '@vox-speech/contract';
import { NoiseFloor } from './noise-floor.js';

/** Hears frames of 20 ms one after another; positions are samples at 16 kHz since the stream began. */
export interface Endpointer {
  /** @param at position of the frame's first sample */
  hear(frame: Float32Array, at: number): void;
  /** Of frames that `hear` is told next: what a detector may hear of them together with others; undefined or absent = nothing. */
  ahead?(frames: Float32Array): HeardAhead | undefined;
  /** First sample of the stretch of speech that goes on; undefined in silence. */
  readonly since: number | undefined;
  /** One past the last sample of speech so far; goes back a little when it turns out where a stretch has ended. */
  readonly until: number;
  /** One past the last sample that counts where the client ends the utterance; absent = `until`. */
  readonly last?: number;
  /** What goes on counts as over; speech that continues is a new stretch. */
  reset(): void;
  close(): void;
}

/** Root mean square (16-bit) from which on a frame is speech, unless said otherwise: the original server's default. */
export const DEFAULT_THRESHOLD = 300;
/** Speech is this much louder than the room (8 dB): a noisy line must come to an end too. */
const ABOVE_FLOOR = 2.5;
/** What is quieter is digital silence or the hiss of a line (-60 dBFS), and no beginning of an utterance. */
export const AUDIBLE = 33;
/** Samples of quiet within a stretch: longer than a stop consonant, shorter than a pause between phrases (200 ms). */
const GAP = 3_200;

/** Speech by level: frames of `threshold` or more that are clearly above the room. */
export class LevelEndpointer implements Endpointer {
  readonly #threshold: number;
  readonly #floor: NoiseFloor | undefined;
  since: number | undefined;
  until = 0;

  /** @param floor absent = the threshold alone decides */
  constructor(threshold: number, floor: NoiseFloor | undefined) {
    this.#threshold = threshold;
    this.#floor = floor;
  }

  hear(frame: Float32Array, at: number): void {
    const level = rootMeanSquare(frame);
    this.#floor?.hear(level);
    const end = at + frame.length;
    if (level >= this.#threshold && level >= ABOVE_FLOOR * (this.#floor?.level ?? 0)) {
      this.since ??= at;
      this.until = end;
    } else if (this.since !== undefined && end - this.until >= GAP) {
      this.since = undefined;
    }
  }

  reset(): void {
    this.since = undefined;
  }

  close(): void {
    this.since = undefined;
  }
}

/** The detectors that need no model. */
export function levelEndpointer({ detector, threshold }: Endpointing): Endpointer {
  if (detector === 'manual') return new LevelEndpointer(AUDIBLE, undefined);
  return new LevelEndpointer(threshold ?? DEFAULT_THRESHOLD, new NoiseFloor());
}
