/** A session that this instance owns: what was kept is heard, what was heard is kept, and each piece gets its answer. */
import { VoxError } from '@vox-speech/contract';
import { Hearing, type Listen } from './hearing.js';
import { elementsOf } from './layout.js';
import {
  type Appended,
  AT_THE_END,
  type Element,
  type Head,
  type NewPiece,
  type SessionStore,
} from './store.js';
import type { PieceAnswer } from './types.js';

/** Answers that are kept for retries and for other instances that still wait. */
const KEPT_ANSWERS = 16;
/** Audio of which nothing is to be heard again is let go when it is so long, in ms. */
const SETTLED_MS = 10_000;

/** Another instance has taken the session over. */
export class Lost extends Error {}

export class OwnedSession {
  readonly id: string;
  readonly token: number;
  /** `performance.now()` of its last use. */
  usedAt = performance.now();
  readonly #store: SessionStore;
  readonly #listen: Listen;
  #head: Head;
  #hearing: Hearing | undefined;
  /** Elements of the store's list that were heard. */
  #read = 0;
  /** Kept from here on, as the store knows it. */
  #openFrom: number;
  /** Number of the last piece that was heard whole; -1 = none. */
  #answered = -1;
  readonly #answers = new Map<number, PieceAnswer>();
  /** Was all that is heard also kept? Not while something is on its way, nor after that has failed. */
  #intact = true;

  constructor(id: string, head: Head, store: SessionStore, listen: Listen) {
    this.id = id;
    this.token = head.token;
    this.#head = head;
    this.#store = store;
    this.#listen = listen;
    this.#openFrom = head.openFrom;
  }

  /** Hz of its audio; 0 until the first piece. */
  async sampleRate(): Promise<number> {
    if (this.#head.sampleRate === 0) await this.#refresh();
    return this.#head.sampleRate;
  }

  /** Could it go on after an error? Otherwise it must be opened again and hear again what the store has. */
  get intact(): boolean {
    return this.#intact;
  }

  /** Does it take a place among the live sessions? */
  get live(): boolean {
    return this.#hearing?.usable === true;
  }

  /**
   * Opens what hears it, unless that is done, and hears again what an earlier owner had heard without an end. Throws what
   * opening a live session throws.
   * @param sampleRate Hz of the first piece, where there was none yet
   */
  async ready(sampleRate: number, signal: AbortSignal): Promise<void> {
    this.usedAt = performance.now();
    for (;;) {
      const rate = this.#head.sampleRate || sampleRate;
      if (this.#hearing?.usable === true && this.#hearing.sampleRate === rate) return;
      this.#intact = false;
      this.#hearing?.close();
      const from = this.#openFrom;
      const { setup } = this.#head;
      const hearing = await Hearing.open(this.#listen, { setup, sampleRate: rate, from }, signal);
      this.#hearing = hearing;
      // Only now: while there is no place for it, the store is not asked again and again.
      await this.#refresh();
      if (this.#openFrom !== from || (this.#head.sampleRate || rate) !== rate) hearing.close();
      else return this.#hearAgain(hearing);
    }
  }

  /** Hears what was just kept and answers for it. Throws `Lost`, and what ended the live session. */
  async appended({ fresh, seq, index, sampleRate }: Appended, { pcm }: NewPiece): Promise<PieceAnswer> {
    this.#head = { ...this.#head, sampleRate };
    // Read from the store only where another instance has put something before it.
    if (fresh && index === this.#read)
      await this.#hear(elementsOf(pcm).map((part): Element => ({ seq, pcm: part })));
    return this.answer(seq);
  }

  /** The answer for a piece that is kept. */
  async answer(seq: number): Promise<PieceAnswer> {
    this.usedAt = performance.now();
    const known = this.#answers.get(seq);
    if (known !== undefined) return known;
    if (seq > this.#answered) await this.#hear(await this.#store.elements(this.id, this.#read));
    return this.#answers.get(seq) ?? this.#again(seq);
  }

  /** Ends the session: the last phrases are kept, and the session for its grace period. Idempotent in the store. */
  async finalize(): Promise<void> {
    this.usedAt = performance.now();
    this.#intact = false;
    if (this.#hearing !== undefined) {
      await this.#hear(await this.#store.elements(this.id, this.#read));
      await this.#hearing.finish();
    }
    await this.#tell(AT_THE_END, this.#hearing?.heard ?? 0, true);
    this.close();
  }

  /** Stops hearing. Idempotent. */
  close(): void {
    this.#hearing?.close();
  }

  get #live(): Hearing {
    if (this.#hearing === undefined) throw new VoxError('internal', 'heard before it was ready');
    return this.#hearing;
  }

  /** What the store has that is not settled. */
  async #hearAgain(hearing: Hearing): Promise<void> {
    const { base, openFrom } = this.#head;
    const elements = await this.#store.elements(this.id, 0);
    let at = base;
    for (const { pcm } of elements) {
      if (at + pcm.length > openFrom) await hearing.hear(pcm.subarray(Math.max(0, openFrom - at)));
      at += pcm.length;
    }
    this.#read = elements.length;
    this.#answered = elements.at(-1)?.seq ?? this.#head.next - 1;
    this.#intact = true;
  }

  /** The head as it is kept now. Throws `Lost`. */
  async #refresh(): Promise<void> {
    const head = await this.#store.claim(this.id);
    if (head.token !== this.token) throw new Lost();
    this.#head = head;
    this.#openFrom = head.openFrom;
  }

  async #hear(elements: readonly Element[]): Promise<void> {
    this.#intact = false;
    for (const [at, { seq, pcm }] of elements.entries()) {
      await this.#live.hear(pcm);
      this.#read++;
      if (elements[at + 1]?.seq !== seq) await this.#heardWhole(seq);
    }
    this.#intact = true;
  }

  /** All of a piece is heard: what ended meanwhile is kept, and its answer. */
  async #heardWhole(seq: number): Promise<void> {
    const hearing = this.#live;
    const found = await this.#tell(seq, hearing.openFrom, false);
    this.#answered = seq;
    this.#remember({
      id: this.id,
      seq,
      phrases: found,
      partial: hearing.partial,
      audioSeconds: this.#seconds(hearing.heard),
    });
  }

  /** A piece that was answered before this instance had the session, or whose answer never left. */
  async #again(seq: number): Promise<PieceAnswer> {
    const hearing = this.#live;
    this.#intact = false;
    await this.#tell(seq, hearing.openFrom, false);
    this.#intact = true;
    const phrases = (await this.#store.phrases(this.id)).filter((phrase) => phrase.seq === seq);
    const answer = {
      id: this.id,
      seq,
      phrases: phrases.map(({ seq: _, ...phrase }) => phrase),
      partial: hearing.partial,
      audioSeconds: this.#seconds(hearing.heard),
    };
    this.#remember(answer);
    return answer;
  }

  /** Keeps the phrases found since the last time, told with `seq`. Throws `Lost`. */
  async #tell(seq: number, openFrom: number, finished: boolean): Promise<PieceAnswer['phrases']> {
    const found = this.#hearing?.take() ?? [];
    const settled = this.#hearing !== undefined && openFrom - this.#openFrom > this.#bytes(SETTLED_MS);
    if (found.length === 0 && !settled && !finished) return found;
    const told = found.map((phrase) => ({ ...phrase, seq }));
    const from = Math.max(openFrom, this.#openFrom);
    const gone = await this.#store.tell(this.id, this.token, { phrases: told, openFrom: from, finished });
    if (gone === undefined) throw new Lost();
    this.#openFrom = from;
    this.#read -= gone;
    return found;
  }

  #remember(answer: PieceAnswer): void {
    this.#answers.set(answer.seq, answer);
    const oldest = this.#answers.keys().next().value;
    if (this.#answers.size > KEPT_ANSWERS && oldest !== undefined) this.#answers.delete(oldest);
  }

  #bytes(ms: number): number {
    return (2 * this.#live.sampleRate * ms) / 1000;
  }

  #seconds(bytes: number): number {
    return Math.round((Math.floor(bytes / 2) / this.#live.sampleRate) * 100) / 100;
  }
}
