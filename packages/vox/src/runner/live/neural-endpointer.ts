/** Speech by the neural detector, borrowed only while the stream is loud enough to hold speech. */
import { rootMeanSquare } from '@vox-speech/audio';
import type { SpeechDetector } from '@vox-speech/contract';
import type { DetectorPool } from './detector-pool.js';
import { DEFAULT_THRESHOLD, type Endpointer, LevelEndpointer } from './endpointer.js';
import { NoiseFloor } from './noise-floor.js';

/** The gate opens at -55 dBFS, or 6 dB above the room: a whisper passes. */
const GATE_LEVEL = 58;
const GATE_ABOVE_FLOOR = 2;
/** Samples of quiet after which the detector is given back: 1 s. */
const HOLD = 16_000;
/** Frames before the gate opened that the detector hears too, so that it knows how the room sounds: 300 ms. */
const LEAD_FRAMES = 15;

interface Borrowed {
  readonly detector: SpeechDetector;
  giveBack(): void;
  /** Position of the first sample that the detector heard. */
  readonly base: number;
}

export class NeuralEndpointer implements Endpointer {
  readonly #pool: DetectorPool;
  readonly #gateFloor = new NoiseFloor();
  /** What decides where no detector is free. */
  readonly #byLevel = new LevelEndpointer(DEFAULT_THRESHOLD, new NoiseFloor());
  /** The latest frames, oldest first. */
  #lead: Float32Array[] = [];
  #borrowed: Borrowed | undefined;
  /** Position of the last frame that passed the gate. */
  #loudAt = Number.NEGATIVE_INFINITY;
  /** A stretch that began before this counts as begun here: what lies before was ended by `reset`. */
  #notBefore = 0;
  #position = 0;
  since: number | undefined;
  until = 0;

  constructor(pool: DetectorPool) {
    this.#pool = pool;
  }

  hear(frame: Float32Array, at: number): void {
    this.#position = at + frame.length;
    const level = rootMeanSquare(frame);
    this.#gateFloor.hear(level);
    this.#byLevel.hear(frame, at);
    if (level >= GATE_LEVEL && level >= GATE_ABOVE_FLOOR * this.#gateFloor.level) this.#loudAt = at;
    const open = at - this.#loudAt < HOLD;
    // Not within a stretch that the level has found: two detectors see different ends.
    if (open && this.#borrowed === undefined && this.since === undefined) this.#borrow(at);
    if (this.#borrowed !== undefined) this.#detect(this.#borrowed, frame);
    else this.#follow(this.#byLevel.since, this.#byLevel.until);
    if (!open && this.since === undefined) this.#giveBack();
    this.#remember(frame);
  }

  reset(): void {
    this.since = undefined;
    this.#notBefore = this.#position;
    this.#byLevel.reset();
  }

  close(): void {
    this.#giveBack();
  }

  #borrow(at: number): void {
    const got = this.#pool.borrow();
    if (got === undefined) return;
    const lead = this.#lead.reduce((sum, { length }) => sum + length, 0);
    this.#borrowed = { ...got, base: at - lead };
    for (const before of this.#lead) got.detector.accept(before);
  }

  #detect({ detector, base }: Borrowed, frame: Float32Array): void {
    const ended = detector.accept(frame).at(-1);
    const since = detector.openSince();
    if (since !== undefined) this.#follow(base + since, this.#position);
    // Where speech ended is known only after a while of silence: it lies behind what was taken for speech meanwhile.
    else if (ended !== undefined) this.#ended(base + ended.end);
    else this.#follow(undefined, this.until);
  }

  #follow(since: number | undefined, until: number): void {
    this.since = since === undefined ? undefined : Math.max(since, this.#notBefore);
    this.until = Math.max(this.until, until);
  }

  #ended(until: number): void {
    if (this.since !== undefined) this.until = Math.max(until, this.since);
    this.since = undefined;
  }

  #giveBack(): void {
    this.#borrowed?.giveBack();
    this.#borrowed = undefined;
  }

  #remember(frame: Float32Array): void {
    this.#lead.push(frame.slice());
    if (this.#lead.length > LEAD_FRAMES) this.#lead.shift();
  }
}
