/** What a live session was given lately and has no final for: audio and commits in order, so that it can be said again. */
import { type LiveOptions, liveBytesPerMs } from '@vox-speech/contract';

/** Half an hour of waiting is no use to anybody; 5 min of audio at 16 kHz are 9.6 MB. */
const MAX_MS = 5 * 60_000;

interface Piece {
  /** Position of its first byte in the stream. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

export class RecentAudio {
  readonly #bytesPerMs: number;
  readonly #pieces: Piece[] = [];
  /** Positions at which a commit came that has no final yet. */
  readonly #commits: number[] = [];
  /** Bytes that came in so far. */
  #end = 0;

  constructor(audio: Pick<LiveOptions, 'sampleRate' | 'encoding'>) {
    this.#bytesPerMs = liveBytesPerMs(audio);
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push({ at: this.#end, bytes });
    this.#end += bytes.length;
    this.#dropBefore(this.#end - MAX_MS * this.#bytesPerMs);
  }

  commit(): void {
    this.#commits.push(this.#end);
  }

  /** Everything up to `ms` has its final. @param committed whether that was by a commit */
  settled(ms: number, committed: boolean): void {
    const commit = committed ? this.#commits.shift() : undefined;
    this.#dropBefore(commit ?? ms * this.#bytesPerMs);
  }

  /** Where on the stream's clock it begins, in ms. */
  get startMs(): number {
    return (this.#pieces[0]?.at ?? this.#end) / this.#bytesPerMs;
  }

  /** How much of it there is, in ms. */
  get heldMs(): number {
    return this.#end / this.#bytesPerMs - this.startMs;
  }

  /** Says all of it again, and forgets it. */
  replay(to: { append(bytes: Uint8Array): unknown; commit(): void }): void {
    const commits = [...this.#commits];
    for (const { at, bytes } of this.#pieces) {
      for (; (commits[0] ?? Number.POSITIVE_INFINITY) <= at; commits.shift()) to.commit();
      to.append(bytes);
    }
    for (const _ of commits) to.commit();
    this.#pieces.length = 0;
    this.#commits.length = 0;
  }

  #dropBefore(position: number): void {
    for (let piece = this.#pieces[0]; piece !== undefined; piece = this.#pieces[0]) {
      if (piece.at + piece.bytes.length <= position) this.#pieces.shift();
      else {
        // Whole samples, so that what is left can be said again as it is.
        const gone = Math.max(0, Math.floor(position - piece.at) & ~1);
        if (gone > 0) this.#pieces[0] = { at: piece.at + gone, bytes: piece.bytes.subarray(gone) };
        return;
      }
    }
  }
}
