/** One utterance over vLLM's `/v1/realtime`: audio in steps of 80 ms, text as it comes. */
import { floatToInt16 } from '@vox-speech/audio';
import { type Upstream, type UtteranceListener, type UtteranceStream, VoxError } from '@vox-speech/contract';
import { nameOf, quote } from './failures.js';
import type { RealtimeConnection, RealtimeConnections } from './realtime-connections.js';
import { append, END, type RealtimeEvent, START, STEP } from './realtime-wire.js';
import type { Outcome, Turn, Upstreams } from './upstreams.js';

/** Steps that are kept until the upstream has said something (5 s): so much can be said again to another one. */
const MAX_UNHEARD = 63;
/** Upstreams that are tried for one utterance. */
const TRIES = 3;
/** An upstream greets within so many ms, or another one is tried. */
const GREETING_MS = 10_000;
/** How often an upstream is looked after, as a part of the time after which it has stalled. */
const LOOKS = 4;

export interface RealtimeParts {
  readonly upstreams: Upstreams;
  readonly connections: RealtimeConnections;
  /** An upstream that owes an answer, or a pong, for so many ms has stalled. */
  readonly stallMs: number;
}

/** Begins an utterance. Never throws: the listener is told what goes wrong. */
export function openRealtime(parts: RealtimeParts, listener: UtteranceListener): UtteranceStream {
  return new RealtimeUtterance(parts, listener);
}

class RealtimeUtterance implements UtteranceStream {
  readonly #parts: RealtimeParts;
  readonly #listener: UtteranceListener;
  readonly #step = new Float32Array(STEP);
  #filled = 0;
  /** Frames for an upstream that has not said anything yet; undefined once too many or of no use. */
  #unheard: string[] | undefined = [];
  /** Frames that wait for the connection. */
  #waiting: string[] = [];
  #connection: RealtimeConnection | undefined;
  #turn: Turn | undefined;
  readonly #tried = new Set<Upstream>();
  #triedAt = 0;
  #ready = false;
  #finished = false;
  #over = false;
  #heard = false;
  /** It says something for each step, be it nothing: then its silence means that it has stalled. */
  #steady = true;
  /** Since when it owes an answer to what it was sent; performance.now(). */
  #owedSince = Number.POSITIVE_INFINITY;
  #watch: NodeJS.Timeout | undefined;

  constructor(parts: RealtimeParts, listener: UtteranceListener) {
    this.#parts = parts;
    this.#listener = listener;
    // Not before the caller has what it asked for.
    queueMicrotask(() => this.#connect());
    const { stallMs } = parts;
    this.#watch = setInterval(() => this.#look(), Math.max(10, stallMs / LOOKS));
  }

  push(samples: Float32Array): boolean {
    if (this.#over || this.#finished) return true;
    let room = true;
    for (let at = 0; at < samples.length; ) {
      const count = Math.min(STEP - this.#filled, samples.length - at);
      this.#step.set(samples.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled === STEP) room = this.#sendStep();
    }
    return room;
  }

  finish(): void {
    if (this.#over || this.#finished) return;
    if (this.#filled > 0) this.#sendStep();
    this.#finished = true;
    // One that says words alone owes its last ones from now on, and nothing to the silence before.
    if (!this.#steady) this.#owedSince = Number.POSITIVE_INFINITY;
    this.#steady = true;
    this.#owes();
    this.#send(END);
  }

  close(): void {
    if (this.#over) return;
    this.#end(this.#heard ? 'ok' : 'left');
    this.#connection?.destroy();
  }

  #sendStep(): boolean {
    const { buffer, byteLength } = floatToInt16(this.#step.subarray(0, this.#filled));
    this.#filled = 0;
    this.#owes();
    return this.#send(append(new Uint8Array(buffer, 0, byteLength)));
  }

  #owes(): void {
    this.#owedSince = Math.min(this.#owedSince, performance.now());
  }

  #send(frame: string): boolean {
    this.#unheard?.push(frame);
    // What waits for a greeting is kept in any case.
    if (this.#heard || (this.#ready && (this.#unheard?.length ?? 0) > MAX_UNHEARD)) this.#unheard = undefined;
    if (this.#ready && this.#connection !== undefined) return this.#connection.send(frame);
    this.#waiting.push(frame);
    return this.#waiting.length <= MAX_UNHEARD;
  }

  /** @param fault of the upstream before: the better answer where there is no other one */
  #connect(fault?: VoxError): void {
    if (this.#over) return;
    this.#triedAt = performance.now();
    try {
      this.#turn = this.#parts.upstreams.take(this.#tried);
      this.#tried.add(this.#turn.upstream);
    } catch (error) {
      this.#fail(fault ?? VoxError.from(error));
      return;
    }
    const connection = this.#parts.connections.open(this.#turn.upstream);
    this.#connection = connection;
    connection.use({
      ready: () => {
        this.#ready = true;
        if (this.#waiting.length > 0) this.#owedSince = performance.now();
        connection.send(START);
        const full = this.#waiting.length > MAX_UNHEARD;
        for (const frame of this.#waiting) connection.send(frame);
        this.#waiting = [];
        if (full) this.#listener.drained();
      },
      event: (event) => this.#event(event),
      lost: (why) => {
        // One that was used before may have been closed meanwhile, which says nothing of its upstream.
        if (connection.used) this.#tried.delete(connection.upstream);
        this.#elsewhere(this.#fault(`broke off: ${why}`));
      },
      drained: () => this.#listener.drained(),
    });
  }

  #event(event: RealtimeEvent): void {
    if (this.#over) return;
    if (event.type === 'error') {
      this.#elsewhere(this.#fault(`says: ${event.message}${event.code === '' ? '' : ` (${event.code})`}`));
      return;
    }
    if (event.type === 'delta') {
      // One that has words only has nothing to say to silence: of it an answer is due at the end alone.
      if (!this.#heard && !this.#finished) this.#steady = event.text === '';
      this.#heard = true;
      this.#unheard = undefined;
      this.#owedSince = this.#finished ? performance.now() : Number.POSITIVE_INFINITY;
      if (event.text !== '') this.#listener.delta(event.text);
    }
    if (event.type !== 'done') return;
    const connection = this.#connection;
    const clean = this.#finished;
    this.#end('ok');
    // Ended by itself: what was sent since would be the next one's.
    if (clean && connection !== undefined) this.#parts.connections.giveBack(connection);
    else connection?.destroy();
    this.#listener.done(event.text, event.usage);
  }

  /** Again elsewhere, as long as nothing was heard that would then be said twice. */
  #elsewhere(fault: VoxError): void {
    if (this.#over) return;
    const again = this.#unheard;
    if (again === undefined || this.#tried.size >= TRIES) {
      this.#fail(fault);
      return;
    }
    const connection = this.#connection;
    this.#turn?.release('failed', fault.message);
    connection?.destroy();
    this.#ready = false;
    this.#connection = undefined;
    this.#waiting = [...again];
    this.#connect(fault);
  }

  #look(): void {
    const { stallMs } = this.#parts;
    const now = performance.now();
    this.#connection?.ping();
    if (!this.#ready && now - this.#triedAt > Math.min(stallMs, GREETING_MS)) {
      this.#elsewhere(this.#fault('did not greet', 'upstream_stalled'));
      return;
    }
    const silent = this.#ready && now - (this.#connection?.heardAt ?? now) > stallMs;
    const owing = this.#ready && this.#steady && now - this.#owedSince > stallMs;
    if (!silent && !owing) return;
    this.#elsewhere(this.#fault(`has said nothing for ${Math.round(stallMs / 1000)} s`, 'upstream_stalled'));
  }

  #fault(what: string, code: 'upstream_failed' | 'upstream_stalled' = 'upstream_failed'): VoxError {
    const upstream = this.#turn?.upstream;
    if (upstream === undefined) return new VoxError(code, `the upstream ${what}`);
    return new VoxError(code, `the upstream ${nameOf(upstream)} ${quote(upstream, what)}`);
  }

  #fail(error: VoxError): void {
    const connection = this.#connection;
    this.#end('failed', error.message);
    connection?.destroy();
    this.#listener.failed(error);
  }

  #end(outcome: Outcome, said?: string): void {
    this.#over = true;
    clearInterval(this.#watch);
    this.#watch = undefined;
    this.#waiting = [];
    this.#unheard = undefined;
    this.#turn?.release(outcome, said);
  }
}
