/** Speech by the neural detector, which listens only while the stream is loud enough to hold speech. */
import { rootMeanSquare } from '@vox-speech/audio';
import type { HeardAhead, SpeechDetector } from '@vox-speech/contract';
import { DEFAULT_THRESHOLD, type Endpointer, LevelEndpointer } from './endpointer.js';
import { NoiseFloor } from './noise-floor.js';

/** The gate opens at -55 dBFS, or 6 dB above the room: a whisper passes. */
const GATE_LEVEL = 58;
const GATE_ABOVE_FLOOR = 2;
/** Samples of quiet after which the detector is closed: 1 s. */
const HOLD = 16_000;
/** Frames before the gate opened that the detector hears too, so that it knows how the room sounds: 300 ms. */
const LEAD_FRAMES = 15;

interface Listening {
  readonly detector: SpeechDetector;
  /** Position of the first sample that the detector heard. */
  readonly base: number;
}

export class NeuralEndpointer implements Endpointer {
  readonly #open: () => SpeechDetector | undefined;
  readonly #gateFloor = new NoiseFloor();
  /** What decides where there is no detector. */
  readonly #byLevel = new LevelEndpointer(DEFAULT_THRESHOLD, new NoiseFloor());
  /** The latest frames, oldest first. */
  #lead: Float32Array[] = [];
  #listening: Listening | undefined;
  /** Position of the last frame that passed the gate. */
  #loudAt = Number.NEGATIVE_INFINITY;
  /** A stretch that began before this counts as begun here: what lies before was ended by `reset`. */
  #notBefore = 0;
  #position = 0;
  since: number | undefined;
  until = 0;

  /** @param open makes a detector; undefined where it can't */
  constructor(open: () => SpeechDetector | undefined) {
    this.#open = open;
  }

  hear(frame: Float32Array, at: number): void {
    this.#position = at + frame.length;
    const level = rootMeanSquare(frame);
    this.#gateFloor.hear(level);
    this.#byLevel.hear(frame, at);
    if (level >= GATE_LEVEL && level >= GATE_ABOVE_FLOOR * this.#gateFloor.level) this.#loudAt = at;
    const open = at - this.#loudAt < HOLD;
    // Not within a stretch that the level has found: two detectors see different ends.
    if (open && this.#listening === undefined && this.since === undefined) this.#listen(at);
    if (this.#listening !== undefined) this.#detect(this.#listening, frame);
    else this.#follow(this.#byLevel.since, this.#byLevel.until);
    if (!open && this.since === undefined) this.#stop();
    this.#remember(frame);
  }

  ahead(samples: Float32Array): HeardAhead | undefined {
    return this.#listening && { detector: this.#listening.detector, samples };
  }

  reset(): void {
    this.since = undefined;
    this.#notBefore = this.#position;
    this.#byLevel.reset();
  }

  close(): void {
    this.#stop();
  }

  #listen(at: number): void {
    const detector = this.#open();
    if (detector === undefined) return;
    const lead = this.#lead.reduce((sum, { length }) => sum + length, 0);
    this.#listening = { detector, base: at - lead };
    for (const before of this.#lead) detector.accept(before);
  }

  #detect({ detector, base }: Listening, frame: Float32Array): void {
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

  #stop(): void {
    this.#listening?.detector.close();
    this.#listening = undefined;
  }

  #remember(frame: Float32Array): void {
    this.#lead.push(frame.slice());
    if (this.#lead.length > LEAD_FRAMES) this.#lead.shift();
  }
}
