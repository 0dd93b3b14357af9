/**
 * Sessions by id. Any instance takes any piece: the owner hears it, another one keeps it in the store and passes on the
 * owner's answer, and takes the session over when the owner is dead.
 */
import { randomUUID } from 'node:crypto';
import { VoxError, type Warning } from '@vox-speech/contract';
import { unknownSession } from './faults.js';
import type { Listen } from './hearing.js';
import { Lines } from './lines.js';
import { Lost, OwnedSession } from './owned.js';
import { AT_THE_END, type Head, type Order, type SessionStore } from './store.js';
import type { CreatedSession, Piece, PieceAnswer, ResumableRequest, ResumableSessions } from './types.js';

export { MemoryStore } from './memory.js';
export type { SessionStore, StoreLimits } from './store.js';
export type { Phrase, Piece, PieceAnswer, ResumableRequest, ResumableSessions } from './types.js';

/** What an id of ours looks like: no other reaches a key. */
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** An owner that says nothing for so long is looked after, in ms: is it alive? */
const LOOK_MS = 1_500;
/** How long another instance's answer is waited for in all, in ms, beside what the piece itself lasts. */
const WAIT_MS = 60_000;
/** A session that nobody uses for so long is no longer heard, in ms: its place is free, and the next piece opens it again. */
const IDLE_MS = 30_000;
const IDLE_TICK_MS = 5_000;
/** Whose client says nothing for so long gives its place to one that has none, in ms: longer than the usual pieces last. */
const SPARED_MS = 8_000;
/** How long a place among the live sessions is waited for, and how often it is asked for, in ms. */
const PLACE_MS = 5_000;
const PLACE_TICK_MS = 200;
/** Sessions of others that are remembered as such. */
const MOST_STRANGERS = 10_000;
/** A session that this instance lost, or whose model died, is begun again so often. */
const ATTEMPTS = 3;

export interface ResumableParts {
  readonly store: SessionStore;
  readonly listen: Listen;
  /**
   * Canonical reference of a model that can transcribe, and what it can't do of what is asked. Throws `model_not_pulled`,
   * `wrong_kind`, `invalid_request` naming the field, ...
   */
  readonly resolve: (
    request: ResumableRequest,
  ) => Promise<{ readonly reference: string; readonly warnings: readonly Warning[] }>;
}

export function createResumableSessions(parts: ResumableParts): ResumableSessions {
  return new Resumable(parts);
}

class Resumable implements ResumableSessions {
  readonly #parts: ResumableParts;
  readonly #store: SessionStore;
  readonly #owned = new Map<string, OwnedSession>();
  /** Sessions that another instance owned when this one last looked. */
  readonly #strangers = new Set<string>();
  readonly #lines = new Lines();
  /** What others wait for. */
  readonly #serving = new Map<string, Promise<PieceAnswer | undefined>>();
  readonly #idle: NodeJS.Timeout;
  #closing: Promise<void> | undefined;

  constructor(parts: ResumableParts) {
    this.#parts = parts;
    this.#store = parts.store;
    this.#store.serve((order) => this.#serve(order));
    this.#idle = setInterval(() => this.#parkIdle(), IDLE_TICK_MS).unref();
  }

  async create(request: ResumableRequest): Promise<CreatedSession> {
    this.#open();
    const { language, decoder } = request;
    const { reference, warnings } = await this.#parts.resolve(request);
    const id = randomUUID();
    await this.#store.create(id, {
      model: reference,
      ...(language === undefined ? {} : { language }),
      ...(decoder === undefined ? {} : { decoder }),
    });
    return { id, warnings };
  }

  append(id: string, piece: Piece, signal: AbortSignal): Promise<PieceAnswer> {
    return this.#inTurn(id, signal, async () => {
      // Once it is kept it has a number, by which trying again keeps it no second time.
      let numbered = piece;
      return this.#tried(id, async () => {
        // Whose session it was a moment ago is not asked again: that would be as much traffic as the rest.
        const owned = this.#strangers.has(id) ? undefined : await this.#own(id);
        if (!(owned instanceof OwnedSession)) {
          const kept = await this.#store.append(id, numbered);
          if (kept === undefined) throw new Lost();
          numbered = { ...piece, seq: kept.seq };
          return this.#elsewhere(kept.owner, { id, act: 'answer', seq: kept.seq }, piece, signal);
        }
        await this.#ready(owned, piece.sampleRate, signal);
        const kept = await this.#store.append(id, numbered, owned.token);
        if (kept === undefined) throw new Lost();
        numbered = { ...piece, seq: kept.seq };
        return owned.appended(kept, piece);
      });
    });
  }

  finalize(
    id: string,
    { newOnly }: { readonly newOnly: boolean },
    signal: AbortSignal,
  ): Promise<PieceAnswer> {
    return this.#inTurn(id, signal, () =>
      this.#tried(id, async () => {
        const owned = await this.#own(id, true);
        if (owned instanceof OwnedSession) await this.#conclude(owned, signal);
        else if (!owned.finished)
          await this.#elsewhere(
            owned.owner,
            { id, act: 'finalize', seq: owned.next },
            { sampleRate: owned.sampleRate, pcm: NOTHING },
            signal,
          );
        return this.#whole(id, newOnly);
      }),
    );
  }

  trouble(): string | undefined {
    return this.#store.trouble();
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      clearInterval(this.#idle);
      for (const owned of this.#owned.values()) owned.close();
      this.#owned.clear();
      // Its sessions are free for others at once, and nobody else's are touched.
      await this.#store.close();
    })();
    return this.#closing;
  }

  #open(): void {
    if (this.#closing !== undefined)
      throw new VoxError('shutting_down', 'the server is stopping; send the piece again', { retryAfter: 1 });
  }

  async #inTurn<T>(id: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    this.#open();
    if (!ID.test(id)) throw unknownSession(id);
    try {
      return await this.#lines.inTurn(id, signal, work);
    } catch (error) {
      // What closing broke off says so, and not how.
      this.#open();
      throw error;
    }
  }

  /** Begins again where the session was lost to another instance, or what hears it has died. */
  async #tried<T>(id: string, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        this.#open();
        const lost = error instanceof Lost;
        const died = VoxError.is(error) && error.code === 'runner_crashed';
        if (lost) this.#drop(id);
        else if (!this.#asItWas(id, error)) await this.#park(id);
        if (!(lost || died)) throw error;
        if (attempt >= ATTEMPTS)
          throw lost
            ? new VoxError('conflict', 'the session changes its owner; send the piece again')
            : error;
      }
    }
  }

  /** Does what hears the session know as much as the store? Then it goes on, and nothing is read and heard again. */
  #asItWas(id: string, error: unknown): boolean {
    if (!VoxError.is(error)) return false;
    const away = error.code === 'store_unavailable' && this.#owned.get(id)?.intact === true;
    return away || STILL_GOOD.has(error.code);
  }

  /** What this instance owns, or who does. @param over a finished session is no error */
  async #own(id: string, over = false): Promise<OwnedSession | Head> {
    const known = this.#owned.get(id);
    if (known !== undefined) return known;
    const head = await this.#store.claim(id);
    if (head.finished) {
      if (over) return head;
      throw unknownSession(id);
    }
    this.#strangers.delete(id);
    if (head.owner !== this.#store.instance) {
      this.#strangers.add(id);
      const [oldest] = this.#strangers;
      if (this.#strangers.size > MOST_STRANGERS && oldest !== undefined) this.#strangers.delete(oldest);
      return head;
    }
    const owned = new OwnedSession(id, head, this.#store, this.#parts.listen);
    this.#owned.set(id, owned);
    return owned;
  }

  /** Opens what hears it; where there is no place, the one that was idle longest gives its own. */
  async #ready(owned: OwnedSession, sampleRate: number, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + PLACE_MS;
    for (;;) {
      try {
        return await owned.ready(sampleRate, signal);
      } catch (error) {
        const full = VoxError.is(error) && error.code === 'overloaded';
        if (!full || signal.aborted || performance.now() > deadline) throw error;
        const idle = this.#idlest(owned);
        if (idle === undefined) await new Promise((resolve) => setTimeout(resolve, PLACE_TICK_MS));
        else await this.#park(idle.id);
      }
    }
  }

  async #conclude(owned: OwnedSession, signal: AbortSignal): Promise<void> {
    const rate = await owned.sampleRate();
    if (rate > 0) await this.#ready(owned, rate, signal);
    await owned.finalize();
    this.#owned.delete(owned.id);
  }

  /** Has the owner do it, or does it here when the owner is dead or there is none. */
  async #elsewhere(
    owner: string,
    order: Order,
    { sampleRate, pcm }: Piece,
    signal: AbortSignal,
  ): Promise<PieceAnswer> {
    const lastsMs = sampleRate === 0 ? 0 : (pcm.length / 2 / sampleRate) * 1000;
    const deadline = performance.now() + WAIT_MS + lastsMs;
    for (let at = owner; performance.now() < deadline; ) {
      const other = at !== '' && at !== this.#store.instance;
      const answer = other ? await this.#store.ask(at, order, LOOK_MS, signal) : undefined;
      if (answer !== undefined) return answer;
      const owned = await this.#own(order.id, true);
      if (owned instanceof OwnedSession) return this.#obey(owned, order, sampleRate, signal);
      if (owned.finished) return finished(order);
      at = owned.owner;
    }
    throw new VoxError('timeout', 'the server that hears this session did not answer; send the piece again', {
      retryAfter: 1,
    });
  }

  /** What another instance asks for, which asks again while it waits. Undefined where this one is not the owner. */
  #serve(order: Order): Promise<PieceAnswer | undefined> {
    if (this.#closing !== undefined) return Promise.resolve(undefined);
    const name = `${order.id} ${order.act} ${order.seq}`;
    const underWay =
      this.#serving.get(name) ?? this.#serveOnce(order).finally(() => this.#serving.delete(name));
    this.#serving.set(name, underWay);
    return underWay;
  }

  #serveOnce(order: Order): Promise<PieceAnswer | undefined> {
    const { signal } = new AbortController();
    return this.#lines.inTurn(order.id, signal, () =>
      this.#tried(order.id, async () => {
        const owned = await this.#own(order.id, true);
        if (owned instanceof OwnedSession) return this.#obey(owned, order, await owned.sampleRate(), signal);
        return owned.finished ? finished(order) : undefined;
      }),
    );
  }

  async #obey(
    owned: OwnedSession,
    order: Order,
    sampleRate: number,
    signal: AbortSignal,
  ): Promise<PieceAnswer> {
    if (order.act === 'finalize') {
      await this.#conclude(owned, signal);
      return finished(order);
    }
    await this.#ready(owned, sampleRate, signal);
    return owned.answer(order.seq);
  }

  async #whole(id: string, newOnly: boolean): Promise<PieceAnswer> {
    const { next, total, sampleRate } = await this.#store.claim(id);
    const phrases = await this.#store.phrases(id);
    return {
      id,
      phrases: phrases
        .filter(({ seq }) => !newOnly || seq === AT_THE_END)
        .map(({ seq: _, ...phrase }) => phrase),
      partial: '',
      audioSeconds: sampleRate === 0 ? 0 : Math.round((Math.floor(total / 2) / sampleRate) * 100) / 100,
      seq: next - 1,
    };
  }

  #drop(id: string): void {
    this.#owned.get(id)?.close();
    this.#owned.delete(id);
  }

  /** Gives a session back: whoever gets its next piece opens it again. What was heard and not kept is heard again then. */
  async #park(id: string): Promise<void> {
    const owned = this.#owned.get(id);
    this.#drop(id);
    // Where the store is away the lease stays; it is this instance's own, and does no harm.
    if (owned !== undefined) await this.#store.release(id, owned.token).catch(() => {});
  }

  #parkIdle(): void {
    const now = performance.now();
    for (const { id, usedAt } of this.#owned.values()) {
      if (now - usedAt < IDLE_MS || this.#lines.busy(id)) continue;
      void this.#lines.inTurn(id, new AbortController().signal, () => this.#park(id));
    }
  }

  #idlest(other: OwnedSession): OwnedSession | undefined {
    const before = performance.now() - SPARED_MS;
    const idle = [...this.#owned.values()].filter(
      (one) => one !== other && one.live && one.usedAt < before && !this.#lines.busy(one.id),
    );
    return idle.sort((a, b) => a.usedAt - b.usedAt)[0];
  }
}

const NOTHING = new Uint8Array();

/** After these what hears the session is as it was. */
const STILL_GOOD: ReadonlySet<string> = new Set(['conflict', 'invalid_request', 'too_large']);

/** The answer to an order to finalize: what there is to say is read from the store. */
function finished({ id, seq }: Order): PieceAnswer {
  return { id, seq, phrases: [], partial: '', audioSeconds: 0 };
}
