/** Upstreams of one model: least loaded first, the broken ones left alone, and looked after until they are back. */
import { type Upstream, VoxError } from '@vox-speech/contract';
import { discover } from './discovery.js';
import { nameOf } from './failures.js';
import type { Turn, Upstreams } from './upstreams.js';

/** Faults in a row after which an upstream is left alone. */
const FAULTS = 3;
/** For so long at first, ms; twice as long after each trial that fails. */
const PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;
/** An upstream that is down, or serves something else, is asked again after so long, ms, and then ever less often. */
const FIRST_LOOK_MS = 500;
const LAST_LOOK_MS = 5_000;
/** A question that was answered less than this ago, ms, is not asked again for a request that waits. */
const FRESH_MS = 250;
/** Seconds, for clients that ask when to come back. */
const RETRY_AFTER = 5;

export interface PoolOptions {
  readonly upstreams: readonly Upstream[];
  /** The name that they list the model under. */
  readonly served: string;
  /** Command that starts one. */
  readonly launch?: string;
  /** Monotonic ms. */
  readonly now?: () => number;
  readonly discover?: typeof discover;
}

/** `new`: not asked yet; `other`: it answers, but serves other models. */
type State = 'new' | 'serving' | 'other' | 'down';

interface Member {
  readonly upstream: Upstream;
  state: State;
  /** What it said last of why it can't be used; '' = nothing. */
  said: string;
  /** Turns that are not released. */
  running: number;
  /** Turns ever, so that equals take turns. */
  taken: number;
  /** In a row. */
  faults: number;
  /** Not before this time, after too many of them. */
  restUntil: number;
  /** The one turn that tries it again is under way. */
  trying: boolean;
  looking?: Promise<void>;
  lookedAt: number;
  /** Looks in a row that found it unusable. */
  misses: number;
  timer?: NodeJS.Timeout;
}

export class Pool implements Upstreams {
  readonly #options: PoolOptions;
  readonly #members: Member[];
  readonly #closing = new AbortController();
  readonly #now: () => number;

  /** @throws VoxError `upstream_unavailable` where no upstream is named */
  constructor(options: PoolOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    if (options.upstreams.length === 0)
      throw new VoxError(
        'upstream_unavailable',
        `no server is named that runs ${options.served}; set VOX_UPSTREAMS, e.g. http://gpu:8000${this.#hint()}`,
      );
    this.#members = options.upstreams.map((upstream) => ({
      upstream,
      state: 'new',
      said: 'has not been asked yet',
      running: 0,
      taken: 0,
      faults: 0,
      restUntil: 0,
      trying: false,
      lookedAt: Number.NEGATIVE_INFINITY,
      misses: 0,
    }));
  }

  /** Upstreams, whether they can be used or not. */
  get size(): number {
    return this.#members.length;
  }

  /**
   * Looks at the upstreams where none is known to serve the model; resolves as soon as one does, or when all were asked
   * (5 s each at most). Throws nothing: `take` tells.
   */
  async ready(signal: AbortSignal): Promise<void> {
    if (this.#members.some((member) => this.#usable(member))) return;
    const stale = this.#members.filter(
      ({ state, lookedAt, looking }) =>
        state !== 'serving' && (looking !== undefined || this.#now() - lookedAt > FRESH_MS),
    );
    if (stale.length === 0 || signal.aborted) return;
    const found = Promise.any(
      stale.map(async (member) => {
        await this.#look(member);
        if (member.state !== 'serving') throw new Error('not this one');
      }),
    ).catch(() => {});
    let leave = (): void => {};
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    signal.addEventListener('abort', leave, { once: true });
    await Promise.race([found, left]);
    signal.removeEventListener('abort', leave);
  }

  take(tried: ReadonlySet<Upstream> = new Set()): Turn {
    const untried = this.#members.filter(({ upstream }) => !tried.has(upstream));
    const known = untried.filter((member) => this.#usable(member));
    // One that was never asked is better than none: the connection tells whether it is there.
    const able =
      known.length > 0 ? known : untried.filter(({ state, faults }) => state === 'new' && faults < FAULTS);
    const best = able.reduce<Member | undefined>(
      (least, member) => (least === undefined || isLess(member, least) ? member : least),
      undefined,
    );
    if (best === undefined) throw this.#unavailable();
    return this.#turn(best);
  }

  /** Nothing is looked after any more. Idempotent. */
  close(): void {
    this.#closing.abort();
    for (const { timer } of this.#members) clearTimeout(timer);
  }

  #usable({ state, faults, restUntil, trying }: Member): boolean {
    return state === 'serving' && (faults < FAULTS || (!trying && this.#now() >= restUntil));
  }

  #turn(member: Member): Turn {
    const trial = member.faults >= FAULTS;
    if (trial) member.trying = true;
    member.running++;
    member.taken++;
    let over = false;
    return {
      upstream: member.upstream,
      release: (outcome, said) => {
        if (over) return;
        over = true;
        member.running--;
        if (trial) member.trying = false;
        if (outcome === 'failed') this.#failed(member, said);
        else if (outcome === 'ok' && member.state === 'serving') {
          member.faults = 0;
          member.said = '';
        }
      },
    };
  }

  #failed(member: Member, said: string | undefined): void {
    member.faults++;
    member.said = said ?? 'failed';
    if (member.faults >= FAULTS)
      member.restUntil = this.#now() + Math.min(MAX_PAUSE_MS, PAUSE_MS * 2 ** (member.faults - FAULTS));
    // One that is gone altogether need not fail so often to be passed over.
    void this.#look(member);
  }

  /** Asks an upstream what it serves; whoever wants to know meanwhile waits for the same answer. Throws nothing. */
  #look(member: Member): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.resolve();
    member.looking ??= this.#ask(member).finally(() => {
      delete member.looking;
      member.lookedAt = this.#now();
      this.#lookLater(member);
    });
    return member.looking;
  }

  async #ask(member: Member): Promise<void> {
    const { served } = this.#options;
    try {
      const { serves, instead } = await (this.#options.discover ?? discover)(
        member.upstream,
        served,
        this.#closing.signal,
      );
      if (serves) {
        // Back again: its old faults are not held against it, but the next one counts.
        if (member.state !== 'serving') member.faults = Math.min(member.faults, FAULTS - 1);
        member.state = 'serving';
        member.misses = 0;
        return;
      }
      member.state = 'other';
      member.said = `${nameOf(member.upstream)} serves ${instead.length === 0 ? 'no model' : instead.join(', ')}`;
    } catch (error) {
      member.state = 'down';
      member.said = VoxError.from(error).message;
    }
    member.misses++;
  }

  #lookLater(member: Member): void {
    clearTimeout(member.timer);
    if (member.state === 'serving' || this.#closing.signal.aborted) return;
    const wait = Math.min(LAST_LOOK_MS, FIRST_LOOK_MS * 2 ** Math.max(0, member.misses - 1));
    member.timer = setTimeout(() => void this.#look(member), wait);
    member.timer.unref();
  }

  #unavailable(): VoxError {
    const said = this.#members.map(({ upstream, said }) => {
      const name = nameOf(upstream);
      return said.startsWith(name) ? said : `${name} ${said === '' ? 'is busy being tried again' : said}`;
    });
    const serving = this.#members.some(({ state }) => state === 'serving');
    return new VoxError(
      'upstream_unavailable',
      `no server that runs ${this.#options.served} can be asked: ${said.join('; ')}${serving ? '' : this.#hint()}`,
      { retryAfter: RETRY_AFTER },
    );
  }

  #hint(): string {
    const { launch } = this.#options;
    return launch === undefined ? '' : `. Start one: ${launch}`;
  }
}

/** Less work under way, or less work ever. */
function isLess(one: Member, other: Member): boolean {
  return one.running === other.running ? one.taken < other.taken : one.running < other.running;
}
