/**
 * Which models are in memory. A model is loaded on first use, leased while requests run on it, kept for a while
 * after the last one, and evicted least-recently-used first when another needs its place.
 */
import { VoxError } from '@vox-speech/contract';
import type { ModelHost } from '../host/model-host.js';
import { abortable } from './abortable.js';
import { Backoff } from './backoff.js';
import type { LeasedHost, ModelSpec, ResidencyOptions, ResidentModel, TrimmedModel } from './model-spec.js';
import { Slots } from './slots.js';

interface Entry {
  readonly spec: ModelSpec;
  readonly ready: Promise<ModelHost>;
  host: ModelHost | undefined;
  slots: Slots | undefined;
  leases: number;
  loadedAt: number;
  lastUsed: number;
  keepAliveSeconds: number;
  timer: NodeJS.Timeout | undefined;
  trimTimer: NodeJS.Timeout | undefined;
  /** Being closed; holds its memory until `closed` settles. */
  closing: Promise<void> | undefined;
}

export class Residency {
  readonly #options: ResidencyOptions;
  readonly #entries = new Map<string, Entry>();
  /** Told to go while still leased, or on their way out: their memory still counts. */
  readonly #leaving = new Set<Entry>();
  readonly #backoff: Backoff;
  #roomWaiters: (() => void)[] = [];
  readonly #end = new AbortController();
  #closed = false;

  constructor(options: ResidencyOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.now);
  }

  /**
   * A place on a loaded model; loads it, and waits for room and for its turn, as needed. Throws `overloaded`,
   * `out_of_memory`, `restarting` (within the back-off), `shutting_down`, `cancelled`, or what loading threw.
   * `makeSpec` is asked only when the model must be loaded: it looks at every file. `keepAliveSeconds` replaces the
   * model's keep-alive when given.
   */
  acquire(
    reference: string,
    makeSpec: () => Promise<ModelSpec>,
    keepAliveSeconds: number | undefined,
    signal: AbortSignal,
  ): Promise<LeasedHost> {
    return this.#acquire(reference, makeSpec, keepAliveSeconds, signal, true);
  }

  /** Like `acquire`, for live sessions: the model is held, but no place on it is taken. Whoever asks sees to capacity. */
  hold(
    reference: string,
    makeSpec: () => Promise<ModelSpec>,
    keepAliveSeconds: number | undefined,
    signal: AbortSignal,
  ): Promise<LeasedHost> {
    return this.#acquire(reference, makeSpec, keepAliveSeconds, signal, false);
  }

  async #acquire(
    reference: string,
    makeSpec: () => Promise<ModelSpec>,
    keepAliveSeconds: number | undefined,
    signal: AbortSignal,
    place: boolean,
  ): Promise<LeasedHost> {
    const entry = await this.#entry(reference, makeSpec, signal);
    entry.leases++;
    entry.lastUsed = this.#options.now();
    stopClocks(entry);
    if (keepAliveSeconds !== undefined) entry.keepAliveSeconds = keepAliveSeconds;
    let freePlace: (() => void) | undefined;
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      freePlace?.();
      this.#release(entry);
    };
    try {
      const host = await abortable(entry.ready, signal);
      if (place) freePlace = await entry.slots?.take(signal);
      if (!host.alive)
        throw new VoxError('runner_crashed', `the process that ran ${reference} ended; try again`);
      return { host, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** What is in memory now, most recently used first. */
  loaded(): ResidentModel[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.host !== undefined)
      .sort((a, b) => b.lastUsed - a.lastUsed)
      .map((entry) => ({
        reference: entry.spec.reference,
        kind: entry.spec.kind,
        runsElsewhere: entry.spec.runsElsewhere === true,
        memoryBytes: entry.host?.memoryBytes ?? 0,
        pid: entry.host?.pid,
        leases: entry.leases,
        loadedAt: entry.loadedAt,
        lastUsed: entry.lastUsed,
        expiresAt:
          entry.leases > 0 || entry.keepAliveSeconds === Number.POSITIVE_INFINITY
            ? undefined
            : entry.lastUsed + entry.keepAliveSeconds * 1000,
      }));
  }

  /**
   * Unloads one model, or all: new requests load it afresh, running ones finish first. Resolves with the
   * references whose memory is returned.
   */
  async unload(reference?: string): Promise<string[]> {
    const chosen = [...this.#entries.values()].filter(
      (entry) => reference === undefined || entry.spec.reference === reference,
    );
    await Promise.all(chosen.map((entry) => this.#dismiss(entry)));
    return chosen.map((entry) => entry.spec.reference);
  }

  /** Unloads what nobody uses now. Resolves with the references whose memory is returned. */
  async unloadIdle(): Promise<string[]> {
    const idle = this.#idle();
    await Promise.all(idle.map((entry) => this.#dismiss(entry)));
    return idle.map((entry) => entry.spec.reference);
  }

  /**
   * Has models that nobody uses give back what they can do without: one of them, or all whose last request ended
   * `minIdleSeconds` ago. Rejects with `timeout` when a runner does not answer.
   */
  async trim(options: { reference?: string; minIdleSeconds?: number } = {}): Promise<TrimmedModel[]> {
    const { reference, minIdleSeconds = 0 } = options;
    const latest = this.#options.now() - minIdleSeconds * 1000;
    const chosen = this.#idle().filter(
      ({ spec, lastUsed }) => (reference === undefined || spec.reference === reference) && lastUsed <= latest,
    );
    return Promise.all(
      chosen.map(async ({ spec, host }) => ({
        reference: spec.reference,
        freedBytes: (await host?.trim()) ?? 0,
      })),
    );
  }

  /**
   * Brings what is loaded, and so many bytes more, under the memory budget: idle models are trimmed, then unloaded, the one
   * unused for longest first. Does nothing without a budget. Throws `out_of_memory` when what is in use leaves no room.
   */
  async makeRoomFor(additionalBytes: number): Promise<void> {
    const { budgetBytes } = this.#options;
    if (budgetBytes === undefined) return;
    const fits = (): boolean => this.#usedBytes() + additionalBytes <= budgetBytes;
    if (fits()) return;
    await this.trim().catch(() => {});
    while (!fits()) {
      const oldest = this.#idle()[0];
      if (oldest === undefined) {
        const held = `${megabytes(this.#usedBytes())} are in use and ${megabytes(additionalBytes)} more are asked for`;
        throw new VoxError(
          'out_of_memory',
          `the memory budget of ${megabytes(budgetBytes)} has no room: ${held} (--max-memory)`,
        );
      }
      await this.#dismiss(oldest);
    }
  }

  /** Refuses new work, lets running work finish, returns all memory. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wakeRoomWaiters();
    await this.unload();
  }

  /** Ends every runner now. */
  destroy(): void {
    this.#closed = true;
    this.#end.abort();
    this.#wakeRoomWaiters();
    for (const entry of [...this.#entries.values(), ...this.#leaving]) {
      stopClocks(entry);
      entry.host?.destroy();
    }
    this.#entries.clear();
  }

  async #entry(reference: string, makeSpec: () => Promise<ModelSpec>, signal: AbortSignal): Promise<Entry> {
    let spec: ModelSpec | undefined;
    for (;;) {
      if (this.#closed) throw new VoxError('shutting_down', 'the server is stopping');
      const present = this.#entries.get(reference);
      if (present) return present;
      this.#backoff.check(reference);
      if (spec === undefined) {
        spec = await makeSpec();
        continue; // Somebody else may have begun to load it meanwhile.
      }
      const obstacle = this.#obstacle(spec);
      if (obstacle === undefined) return this.#load(spec);
      await abortable(this.#makeRoom(obstacle, signal), signal);
    }
  }

  /** What stands in the way of loading: undefined = nothing. */
  #obstacle(spec: ModelSpec): 'places' | 'memory' | undefined {
    const { maxLoaded, budgetBytes } = this.#options;
    if (this.#entries.size + this.#leaving.size >= maxLoaded) return 'places';
    if (budgetBytes === undefined) return undefined;
    if (spec.estimateBytes > budgetBytes) {
      const needs = `${megabytes(spec.estimateBytes)} for ${spec.reference}`;
      throw new VoxError(
        'out_of_memory',
        `the memory budget of ${megabytes(budgetBytes)} has no room: ${needs} (--max-memory)`,
      );
    }
    return this.#usedBytes() + spec.estimateBytes > budgetBytes ? 'memory' : undefined;
  }

  /** What everything that is loaded, comes or goes takes, or is expected to. */
  #usedBytes(): number {
    return [...this.#entries.values(), ...this.#leaving].reduce(
      (sum, entry) => sum + Math.max(entry.spec.estimateBytes, entry.host?.memoryBytes ?? 0),
      0,
    );
  }

  /** Loaded and used by nobody, the one unused for longest first. */
  #idle(): Entry[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.leases === 0 && entry.host)
      .sort((a, b) => a.lastUsed - b.lastUsed);
  }

  async #makeRoom(obstacle: string, signal: AbortSignal): Promise<void> {
    const leaving = [...this.#leaving][0];
    if (leaving?.closing) return leaving.closing;
    const oldest = this.#idle()[0];
    if (oldest) return this.#dismiss(oldest);
    if (this.#roomWaiters.length >= this.#options.queueLimit) {
      throw new VoxError('overloaded', `every loaded model is in use (${obstacle}); try again shortly`, {
        retryAfter: 5,
      });
    }
    await new Promise<void>((resolve) => {
      this.#roomWaiters.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #load(spec: ModelSpec): Entry {
    const now = this.#options.now();
    const entry: Entry = {
      spec,
      ready: this.#options.load(spec, this.#end.signal),
      host: undefined,
      slots: undefined,
      leases: 0,
      loadedAt: now,
      lastUsed: now,
      keepAliveSeconds: this.#options.keepAliveSeconds,
      timer: undefined,
      trimTimer: undefined,
      closing: undefined,
    };
    this.#entries.set(spec.reference, entry);
    entry.ready.then(
      (host) => {
        entry.host = host;
        entry.slots = new Slots(host.info.concurrency, this.#options.queueLimit);
        entry.loadedAt = this.#options.now();
        void host.gone.then(() => this.#gone(entry));
        if (this.#closed) host.destroy();
        else if (entry.leases === 0) this.#startClock(entry);
      },
      () => this.#forget(entry),
    );
    return entry;
  }

  #release(entry: Entry): void {
    entry.leases--;
    entry.lastUsed = this.#options.now();
    if (entry.host?.alive) this.#backoff.succeeded(entry.spec.reference);
    if (entry.leases > 0) return;
    if (this.#leaving.has(entry)) void this.#shut(entry);
    else if (this.#entries.get(entry.spec.reference) === entry && entry.host) this.#startClock(entry);
    this.#wakeRoomWaiters();
  }

  #startClock(entry: Entry): void {
    stopClocks(entry);
    const { idleTrimSeconds } = this.#options;
    if (idleTrimSeconds > 0) {
      entry.trimTimer = setTimeout(
        () => void entry.host?.trim().catch(() => {}),
        Math.min(idleTrimSeconds * 1000, LONGEST_TIMER_MS),
      );
      entry.trimTimer.unref();
    }
    if (entry.keepAliveSeconds === Number.POSITIVE_INFINITY) return;
    entry.timer = setTimeout(
      () => {
        if (entry.leases === 0) void this.#dismiss(entry);
      },
      Math.min(entry.keepAliveSeconds * 1000, LONGEST_TIMER_MS),
    );
    entry.timer.unref();
  }

  async #dismiss(entry: Entry): Promise<void> {
    stopClocks(entry);
    if (this.#entries.get(entry.spec.reference) === entry) this.#entries.delete(entry.spec.reference);
    this.#leaving.add(entry);
    await entry.ready.catch(() => {});
    if (entry.leases === 0) await this.#shut(entry);
    else await entry.host?.gone;
  }

  #shut(entry: Entry): Promise<void> {
    entry.closing ??= (entry.host?.close() ?? Promise.resolve()).finally(() => this.#forget(entry));
    return entry.closing;
  }

  #gone(entry: Entry): void {
    const crashed = this.#entries.get(entry.spec.reference) === entry;
    stopClocks(entry);
    this.#forget(entry);
    if (crashed && !this.#closed) this.#backoff.crashed(entry.spec.reference);
  }

  #forget(entry: Entry): void {
    if (this.#entries.get(entry.spec.reference) === entry) this.#entries.delete(entry.spec.reference);
    this.#leaving.delete(entry);
    this.#wakeRoomWaiters();
  }

  #wakeRoomWaiters(): void {
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const wake of waiters) wake();
  }
}

/** The longest delay that setTimeout can count, in ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function stopClocks(entry: Entry): void {
  clearTimeout(entry.timer);
  clearTimeout(entry.trimTimer);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
