/** Every live session: who gets a place, and how all of them end when the server stops. */
import { VoxError } from '@vox-speech/contract';
import type { LiveLink } from '../host/live-link.js';
import { abortable } from '../scheduler/abortable.js';
import type { LeasedHost } from '../scheduler/model-spec.js';
import { ServerSession } from './live-session.js';
import type { LiveListener, LiveRequest, LiveSession } from './types.js';

export { type FailOver, type OpenSession, openWithFailOver, withRoomFor } from './fail-over.js';
export type { LiveListener, LiveRequest, LiveSession } from './types.js';

export interface SessionsOptions {
  /** Live sessions at once, over all models. */
  readonly maxStreams: number;
  /** Told how many live streams each step of a streaming model was for. */
  readonly onBatches?: (model: string, sizes: readonly number[]) => void;
}

/** Processor seconds a second of audio that all streams of a runner may need together, of each processor second there is. */
const FULL = 1;
/** The same for clients that wait for the answer to each piece, at whatever pace: they get slower, and none is refused for long. */
const FULL_OF_PATIENT = 4;
/** What a refused client is told, in seconds: an utterance is over in about that time. */
const RETRY_AFTER_SECONDS = 5;

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #open = new Map<ServerSession, LiveLink>();
  /** The first session of a runner that is opening: it makes the runner warm up and measure itself. Settles, never rejects. */
  readonly #first = new Map<LiveLink, Promise<void>>();
  #opening = 0;
  #stopped = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Streams at once that the runners now at work can hold, by their own measurement; `maxStreams` where none has measured. */
  get capacity(): number {
    const each = [...new Set(this.#open.values())].map(costOf);
    if (each.length === 0) return this.#options.maxStreams;
    const room = each.reduce<number>(
      (sum, one) => sum + (one ? Math.floor(FULL / one) : Number.POSITIVE_INFINITY),
      0,
    );
    return Math.min(room, this.#options.maxStreams);
  }

  /**
   * Opens a session on a leased model, which it gives back at its end. Throws `overloaded` where the machine could not
   * keep up with one stream more, `shutting_down`, `cancelled`.
   * @param lease asked for once there is a place
   */
  async open(
    lease: () => Promise<LeasedHost>,
    request: LiveRequest,
    listener: LiveListener,
  ): Promise<LiveSession> {
    if (this.#stopped) throw new VoxError('shutting_down', 'the server is stopping');
    if (this.#open.size + this.#opening >= this.#options.maxStreams) throw full('--max-streams is reached');
    this.#opening++;
    try {
      const leased = await lease();
      try {
        return await this.#start(leased, request, listener);
      } catch (error) {
        leased.release();
        throw error;
      }
    } finally {
      this.#opening--;
    }
  }

  /** Ends every session with `shutting_down`; new ones are refused. */
  stop(): void {
    this.#stopped = true;
    for (const session of [...this.#open.keys()])
      session.fail(new VoxError('shutting_down', 'the server is stopping'));
  }

  /** Resolves when the runner is ready for it: nobody is told to speak while a model still warms up. */
  async #start(leased: LeasedHost, request: LiveRequest, listener: LiveListener): Promise<LiveSession> {
    const { live } = leased.host;
    // By what the first one has made the runner measure the others are judged.
    for (let first = this.#first.get(live); first !== undefined; first = this.#first.get(live))
      await abortable(first, request.signal);
    const patient = request.options.endpointing.patient === true;
    admit(live, patient ? FULL_OF_PATIENT : FULL);
    const session = this.#listen(leased, request, listener);
    if (live.load === undefined) {
      const known = (): void => void this.#first.delete(live);
      this.#first.set(live, session.opened.then(known, known));
    }
    await session.opened;
    return session;
  }

  #listen(leased: LeasedHost, request: LiveRequest, listener: LiveListener): ServerSession {
    const { host } = leased;
    host.live.onBatches = (sizes) => this.#options.onBatches?.(host.reference, sizes);
    request.signal.throwIfAborted();
    const session = new ServerSession(host.reference, host.info, request, listener, () => {
      this.#open.delete(session);
      request.signal.removeEventListener('abort', abandon);
      leased.release();
    });
    const abandon = (): void => void session.close();
    session.start(host.listen(request.options, session));
    this.#open.set(session, host.live);
    request.signal.addEventListener('abort', abandon, { once: true });
    return session;
  }
}

/** Throws `overloaded` where one stream more would be more than the runner can do. @param most of real time */
function admit(live: LiveLink, most: number): void {
  const { load, streams } = live;
  if (load === undefined || streams === 0) return;
  if ((costOf(live) ?? 0) * (streams + 1) > most)
    throw full(`${streams} live streams are what this machine can do with this model`);
}

/** Processor seconds that one stream needs for a second of audio; undefined before the runner has measured. */
function costOf({ load }: LiveLink): number | undefined {
  if (load === undefined) return undefined;
  return load.streams === 0 ? load.realTimeFactor : load.realTimeFactor / load.streams;
}

function full(reason: string): VoxError {
  return new VoxError('overloaded', `no room for another live stream: ${reason}; try again shortly`, {
    retryAfter: RETRY_AFTER_SECONDS,
  });
}
