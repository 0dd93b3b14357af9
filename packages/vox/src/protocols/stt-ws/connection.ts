/** One connection of `/v1/stt/ws`: what the client sends to the session, what the session says to the client. */
import type { LiveEvent } from '@vox-speech/contract';
import type { Log } from '../../observe/index.js';
import type { LiveListener, LiveSession, Runtime } from '../../runtime/types.js';
import type { LiveSocket } from '../../transport/index.js';
import { liveRequest, readText, type SttSettings } from './codec.js';
import { connectionId } from './connection-id.js';
import { type Fault, faultOf, IN_OVERFLOW, OUT_OVERFLOW } from './errors.js';
import { Journal } from './journal.js';
import { codeLabel, type Depths, type SttMetrics } from './metrics.js';
import { Notices } from './notices.js';
import * as render from './render.js';
import { SAMPLE_RATE, type SttParameters } from './schema.js';

export interface ConnectionContext {
  readonly runtime: Pick<Runtime, 'listen'>;
  readonly settings: SttSettings;
  readonly metrics: SttMetrics;
  readonly log: Log;
}

/** A queue of messages filled to this share takes no more partials (stt-ws.md 2.6). */
const PARTIALS_UNTIL = 0.8;
/** Drops are logged at the 1st, 51st, 101st, ... (stt-ws.md 2.6). */
const LOG_DROPS_EVERY = 50;
/** Audio that a client may send before `ready`, in bytes: a minute. */
const MAX_EARLY_BYTES = 60 * 2 * SAMPLE_RATE;
/** Commits that may wait for their finals; a person who speaks has one or two. */
const MAX_COMMITS = 1_000;
const BYTES_PER_MS = (2 * SAMPLE_RATE) / 1000;

type Event<T extends LiveEvent['type']> = Extract<LiveEvent, { type: T }>;

export class SttConnection implements LiveListener, Depths {
  readonly #socket: LiveSocket;
  readonly #context: ConnectionContext;
  readonly #parameters: SttParameters;
  readonly #connId = connectionId();
  readonly #journal: Journal;
  readonly #notices = new Notices();
  readonly #stop = new AbortController();
  #session: LiveSession | undefined;
  /** What was said before `ready` and is not heard yet; undefined once all of it is. */
  #early: (Uint8Array | 'commit')[] | undefined = [];
  #earlyBytes = 0;
  /** Bytes that can have been said before `ready` and have not come out of the network yet. */
  #owedBytes = 0;
  #hasRoom = true;
  /** Of the client's last frame: in it the queue is counted. */
  #frameMs = 20;
  #drops = 0;
  #loggedDrops = 0;
  #lastPartial = '';
  #lastStable = 0;
  /** A segment has begun and not ended. */
  #speaking = false;
  /** Commits without their final. */
  #commits = 0;
  /** Of the close that we began. */
  #code: number | undefined;

  constructor(socket: LiveSocket, parameters: SttParameters, context: ConnectionContext) {
    this.#socket = socket;
    this.#parameters = parameters;
    this.#context = context;
    this.#journal = new Journal(context.log, parameters.callId, this.#connId);
  }

  get depthIn(): number {
    const queued = Math.ceil((this.#session?.queuedMs ?? 0) / this.#frameMs);
    return (this.#early?.length ?? 0) + queued;
  }

  get depthOut(): number {
    return this.#socket.waiting;
  }

  /** Resolves once `ready` was sent or the connection refused; never rejects. */
  async start(): Promise<void> {
    const { metrics, runtime, settings } = this.#context;
    metrics.connections.add(this);
    this.#socket.signal.addEventListener('abort', () => this.#closed(), { once: true });
    this.#socket.onStuck = () => this.#outOverflow();
    this.#socket.onMessage((data) => this.#receive(data));
    this.#journal.say('ws.accepted');
    const request = liveRequest(this.#parameters, settings, this.#stop.signal);
    const since = performance.now();
    try {
      const session = await runtime.listen(request, this);
      if (this.#stop.signal.aborted) return;
      this.#session = session;
      this.#ready(session, request.options.endpointing.detector, performance.now() - since);
    } catch (error) {
      this.#fail(faultOf(error), error);
    }
  }

  onEvent(event: LiveEvent): void {
    if (this.#stop.signal.aborted) return;
    switch (event.type) {
      case 'speech-started':
        this.#speaking = true;
        return;
      case 'partial':
        this.#partial(event);
        return;
      case 'final':
        this.#final(event);
        return;
      case 'dropped':
        this.#dropped(event);
        return;
      case 'warning':
        this.#notices.warn(event.warning);
        this.#journal.say('ws.warning', { option: event.warning.option }, 'warn');
        return;
      default:
    }
  }

  /** The oldest frames go instead of the client being told to wait, but for what was said before it was told to speak. */
  onDrain(): void {
    this.#hasRoom = true;
    this.#catchUp();
  }

  onEnd(): void {
    this.#close({ code: 1000, message: '' });
  }

  onError(error: Error): void {
    this.#journal.say('infer.worker.error', { err: error }, 'error');
    this.#fail(faultOf(error));
  }

  /** @param waitedMs from the connection to now */
  #ready(session: LiveSession, vad: string, waitedMs: number): void {
    const { model } = session;
    const extra = { connId: this.#connId, model, vad };
    this.#send('ready', render.ready(this.#parameters, extra, this.#notices.take()));
    this.#journal.say('ws.ready_sent', { model });
    // Who has not waited for this has spoken since the connection was there, and the network holds what is not here yet.
    if (this.#early?.length) this.#owedBytes = waitedMs * BYTES_PER_MS - this.#earlyBytes;
    this.#catchUp();
  }

  /** Hears what was said before `ready`, as there is room. */
  #catchUp(): void {
    const early = this.#early;
    if (early === undefined || this.#session === undefined || this.#stop.signal.aborted) return;
    while (early.length > 0) {
      if (early[0] !== 'commit' && !this.#hasRoom) return;
      const one = early.shift();
      if (one === 'commit') this.#commit();
      else if (one !== undefined) this.#hear(one);
    }
    this.#earlyBytes = 0;
    if (this.#owedBytes <= 0) this.#early = undefined;
    this.#socket.resume();
  }

  #receive(data: string | Uint8Array): void {
    if (this.#stop.signal.aborted) return;
    if (typeof data === 'string') this.#text(data);
    else this.#audio(data);
  }

  #text(text: string): void {
    const message = readText(text);
    if (message.type === 'fault') this.#fail(message.fault);
    if (message.type !== 'commit') return;
    this.#journal.say('ws.recv.commit');
    if (this.#early !== undefined) this.#keepEarly('commit', 0);
    else this.#commit();
  }

  #audio(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#context.metrics.use.inBytes.inc(bytes.length);
    if (this.#context.log.isLevelEnabled('debug'))
      this.#journal.say('ws.recv.binary', { bytes: bytes.length }, 'debug');
    if (this.#early === undefined) this.#hear(bytes);
    else {
      this.#owedBytes -= bytes.length;
      this.#keepEarly(bytes, bytes.length);
    }
  }

  /** Beyond the bound the socket is not read until all of it is heard: the network keeps what comes. */
  #keepEarly(one: Uint8Array | 'commit', bytes: number): void {
    const early = this.#early ?? [];
    early.push(one);
    this.#earlyBytes += bytes;
    const full = early.length >= this.#context.settings.queueFrames || this.#earlyBytes >= MAX_EARLY_BYTES;
    if (full) this.#socket.pause();
    this.#catchUp();
  }

  #hear(bytes: Uint8Array): void {
    this.#frameMs = Math.max(1, bytes.length / BYTES_PER_MS);
    this.#hasRoom = this.#session?.append(bytes) ?? true;
    this.#journal.peakIn = Math.max(this.#journal.peakIn, this.depthIn);
  }

  #commit(): void {
    if (this.#commits >= MAX_COMMITS) {
      this.#inOverflow();
      return;
    }
    this.#commits++;
    this.#session?.commit();
  }

  #partial(event: Event<'partial'>): void {
    this.#speaking = true;
    const text = event.text.trim();
    if (text === '' || (event.text === this.#lastPartial && event.stable === this.#lastStable)) return;
    const { settings, metrics } = this.#context;
    this.#skipPartial();
    if (this.#socket.waiting >= settings.outQueue * PARTIALS_UNTIL) {
      metrics.use.partialsDropped.inc();
      return;
    }
    this.#lastPartial = event.text;
    this.#lastStable = event.stable;
    const notices = this.#notices.take();
    const { segment } = this.#journal;
    const frame = render.partial(this.#parameters.callId, segment, event, notices);
    // One that carries a notice is never replaced.
    this.#send('partial', frame, notices.length === 0 ? 'partial' : undefined);
    this.#journal.say('ws.send.partial', { text_len: text.length }, 'debug');
  }

  /** A partial that still waits is out of date. */
  #skipPartial(): void {
    if (this.#socket.drop('partial')) this.#context.metrics.use.partialsDropped.inc();
  }

  #final(event: Event<'final'>): void {
    const { metrics, settings } = this.#context;
    const { use } = metrics;
    const reason = event.reason === 'commit' ? 'commit' : 'endpoint';
    const figures = render.timing(event);
    const { decodeMs, endpointToFinalMs, firstPartialMs } = event.timing;
    this.#journal.finalizeReason = reason;
    this.#journal.lastInferMs = Math.round(decodeMs);
    this.#speaking = false;
    this.#lastPartial = '';
    if (reason === 'commit') this.#commits = Math.max(0, this.#commits - 1);
    use.finalize.inc({ reason });
    use.infer.observe(decodeMs);
    this.#skipPartial();
    const text = event.text.trim();
    const heard = { infer_ms: Math.round(decodeMs), audio_ms: figures.segment_duration_ms };
    this.#journal.say('infer.asr', { ...heard, text_len: text.length });
    // Nothing was said: no final, and the number stays. A commit is answered all the same.
    if (text === '' && reason === 'endpoint') return;
    if (firstPartialMs !== undefined) use.firstPartial.observe(firstPartialMs);
    use.sinceFirstAudio.observe(figures.latency_ms);
    use.endpointToFinal.observe(endpointToFinalMs);
    const { segment } = this.#journal;
    const late = this.#socket.waiting >= settings.outQueue;
    this.#send('final', render.final(this.#parameters.callId, segment, event, this.#notices.take()));
    this.#journal.say('ws.send.final', {
      reason,
      ...figures,
      endpoint_to_final_ms: Math.round(endpointToFinalMs),
      text_len: text.length,
    });
    this.#journal.segment++;
    if (late) this.#outOverflow();
  }

  #dropped(event: Event<'dropped'>): void {
    const { settings, metrics } = this.#context;
    this.#notices.drop(event);
    this.#drops += event.frames;
    this.#journal.overflowIn += event.frames;
    metrics.use.framesDropped.inc(event.frames);
    const total = { total_dropped: this.#drops };
    if (this.#drops > this.#loggedDrops) {
      this.#loggedDrops = Math.ceil(this.#drops / LOG_DROPS_EVERY) * LOG_DROPS_EVERY;
      this.#journal.say('queue.in.drop_oldest', { q_size: settings.queueFrames, ...total }, 'warn');
    }
    if (this.#drops >= settings.maxDrops) this.#inOverflow();
  }

  #inOverflow(): void {
    this.#context.metrics.use.inOverflow.inc();
    this.#journal.say('queue.in.overflow_limit', { total_dropped: this.#drops }, 'warn');
    this.#fail(IN_OVERFLOW);
  }

  #outOverflow(): void {
    if (this.#code !== undefined) return;
    this.#journal.overflowOut++;
    this.#context.metrics.use.outOverflow.inc();
    this.#fail(OUT_OVERFLOW);
  }

  #send(type: 'ready' | 'partial' | 'final' | 'error', frame: string, key?: string): void {
    const done = (): void => this.#context.metrics.use.outEvents.inc({ type });
    this.#socket.send(frame, { done, ...(key === undefined ? {} : { key }) });
    this.#journal.peakOut = Math.max(this.#journal.peakOut, this.#socket.waiting);
  }

  /** An error frame, then the close of the same code. What still waits to be read goes before it. */
  #fail(fault: Fault, cause?: unknown): void {
    if (this.#stop.signal.aborted) return;
    const { callId } = this.#parameters;
    const { code, message } = fault;
    this.#context.metrics.use.errors.inc({ code: codeLabel(code) });
    this.#send('error', render.error(callId, fault));
    // An unexpected error is logged whole; the client is told less.
    const unexpected = code === 1011 && cause !== undefined;
    this.#journal.say('ws.error', { code, message, ...(unexpected ? { err: cause } : {}) }, 'warn');
    this.#close(fault);
  }

  #close({ code, message }: Fault): void {
    if (this.#code !== undefined) return;
    this.#code = code;
    this.#stop.abort();
    this.#socket.close(code, message);
  }

  /** The socket is gone, whoever closed it. */
  #closed(): void {
    const { metrics } = this.#context;
    // 1005: closed without a code, which is a normal end.
    const seen = this.#socket.closeCode === 1005 ? 1000 : this.#socket.closeCode;
    const code = this.#code ?? seen;
    const abandoned = this.#code === undefined && (this.#speaking || this.#commits > 0);
    this.#stop.abort();
    this.#session = undefined;
    this.#early = undefined;
    metrics.connections.delete(this);
    metrics.use.closed.inc({ code: codeLabel(code) });
    if (abandoned) metrics.use.abandoned.inc();
    this.#journal.closed(code, { abandoned });
  }
}
