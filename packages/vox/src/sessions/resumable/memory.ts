/** Sessions in the memory of this process. There is only one instance, so every session is its own. */
import { VoxError } from '@vox-speech/contract';
import { otherRate, tooManySessions, tooMuchAudio, unknownSession, wrongSeq } from './faults.js';
import { elementsOf } from './layout.js';
import {
  type Appended,
  type Element,
  FULL_RETRY_SECONDS,
  GRACE_MS,
  type Head,
  type NewPiece,
  type Progress,
  type SessionStore,
  type Setup,
  type StoreLimits,
  type Told,
} from './store.js';

interface Kept {
  head: Head;
  elements: Element[];
  readonly phrases: Told[];
  /** `now()` at which it is forgotten. */
  expiresAt: number;
}

const INSTANCE = 'memory';

export class MemoryStore implements SessionStore {
  readonly instance = INSTANCE;
  readonly #limits: StoreLimits;
  readonly #now: () => number;
  /** Least recently used first. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  /** @param now ms; any clock that only goes forward */
  constructor(limits: StoreLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  async create(id: string, setup: Setup): Promise<void> {
    this.#purge();
    if (this.#kept.size >= this.#limits.maxSessions) throw tooManySessions(this.#limits.maxSessions);
    const head = {
      setup,
      finished: false,
      sampleRate: 0,
      next: 0,
      token: 0,
      owner: '',
      total: 0,
      base: 0,
      openFrom: 0,
    };
    this.#kept.set(id, { head, elements: [], phrases: [], expiresAt: this.#now() + this.#limits.timeoutMs });
  }

  async claim(id: string): Promise<Head> {
    const kept = this.#use(id);
    if (kept.head.owner !== INSTANCE)
      kept.head = { ...kept.head, owner: INSTANCE, token: kept.head.token + 1 };
    return kept.head;
  }

  async append(
    id: string,
    { pcm, sampleRate, seq }: NewPiece,
    token?: number,
  ): Promise<Appended | undefined> {
    const kept = this.#use(id);
    const { head, elements } = kept;
    if (token !== undefined && token !== head.token) return undefined;
    const index = elements.length;
    if (head.finished) throw unknownSession(id);
    if (head.sampleRate !== 0 && head.sampleRate !== sampleRate) throw otherRate(sampleRate, head.sampleRate);
    if (seq !== undefined && seq === head.next - 1)
      return { fresh: false, seq, index, sampleRate, owner: head.owner };
    if (seq !== undefined && seq !== head.next) throw wrongSeq(seq, head.next);
    if (head.total - head.base + pcm.length > this.#limits.maxBytes)
      throw tooMuchAudio(this.#limits.maxBytes);
    if (this.#bytes + pcm.length > this.#limits.maxBytes)
      throw new VoxError(
        'overloaded',
        'the sessions of this server hold all the audio they may (VOX_SESSION_BYTES)',
        {
          retryAfter: FULL_RETRY_SECONDS,
        },
      );
    this.#bytes += pcm.length;
    for (const part of elementsOf(pcm)) elements.push({ seq: head.next, pcm: part });
    kept.head = { ...head, sampleRate, next: head.next + 1, total: head.total + pcm.length };
    return { fresh: true, seq: head.next, index, sampleRate, owner: head.owner };
  }

  async elements(id: string, index: number): Promise<readonly Element[]> {
    return this.#use(id).elements.slice(index);
  }

  async tell(id: string, token: number, progress: Progress): Promise<number | undefined> {
    const kept = this.#use(id);
    if (token !== kept.head.token) return undefined;
    kept.phrases.push(...progress.phrases);
    let { base } = kept.head;
    let gone = 0;
    for (const { pcm } of kept.elements) {
      if (!progress.finished && base + pcm.length > progress.openFrom) break;
      base += pcm.length;
      this.#bytes -= pcm.length;
      gone++;
    }
    kept.elements = kept.elements.slice(gone);
    kept.head = { ...kept.head, base, openFrom: progress.openFrom, finished: progress.finished };
    if (progress.finished) kept.expiresAt = this.#now() + GRACE_MS;
    return gone;
  }

  async phrases(id: string): Promise<readonly Told[]> {
    return [...this.#use(id).phrases];
  }

  async release(id: string, token: number): Promise<void> {
    const kept = this.#kept.get(id);
    if (kept?.head.token === token) kept.head = { ...kept.head, owner: '' };
  }

  async ask(): Promise<undefined> {
    return undefined;
  }

  serve(): void {
    // There is nobody else.
  }

  trouble(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    this.#kept.clear();
    this.#bytes = 0;
  }

  #use(id: string): Kept {
    this.#purge();
    const kept = this.#kept.get(id);
    if (kept === undefined) throw unknownSession(id);
    if (!kept.head.finished) kept.expiresAt = this.#now() + this.#limits.timeoutMs;
    // To the end of the line.
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    return kept;
  }

  /** Forgets what nobody has used for too long. */
  #purge(): void {
    const now = this.#now();
    for (const [id, { expiresAt, elements }] of this.#kept) {
      if (expiresAt > now) continue;
      this.#kept.delete(id);
      for (const { pcm } of elements) this.#bytes -= pcm.length;
    }
  }
}
