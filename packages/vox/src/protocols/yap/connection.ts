/** One socket of `/api/asr-streaming`: what the client asks, and which utterance it is about (yap.md 3.4). */
import { VoxError } from '@vox-speech/contract';
import type { Log } from '../../observe/index.js';
import type { Runtime } from '../../runtime/types.js';
import { decodeBase64, type Expiry, Gate, Lifetime, type LiveSocket } from '../../transport/index.js';
import { readCommand } from './codec.js';
import type { EngineHealth } from './engine-health.js';
import { type Ids, readEnvelope, UNKNOWN } from './envelope.js';
import * as errors from './errors.js';
import type { Outcome, YapMetrics } from './metrics.js';
import type { Parameters } from './parameters.js';
import * as render from './render.js';
import type { YapSettings } from './settings.js';
import { Utterance, type UtteranceOwner } from './utterance.js';

export interface ConnectionContext {
  readonly runtime: Pick<Runtime, 'listen'>;
  readonly settings: YapSettings;
  readonly metrics: YapMetrics;
  readonly engine: Pick<EngineHealth, 'opened' | 'worked' | 'failed'>;
  readonly log: Log;
  /** Names by which the model may be asked for, the one to be told first. Never rejects. */
  modelNames(): Promise<readonly string[]>;
  /** Gives the connection's place back, once. */
  left(): void;
}

/** Why the socket is not read: it is not greeted yet, its audio waits, its answers wait. */
type Hold = 'greeting' | 'audio' | 'answers';

/** Ended utterances whose ids are remembered: a cancel that comes late is about them, not about the one that is open. */
const REMEMBERED = 32;
/** The closes of the original that have no setting (yap.md 2.4). */
const CLOSE = { end: 1000, idle: 4000, duration: 4003 } as const;

export class YapConnection implements UtteranceOwner {
  readonly #id: string;
  readonly #socket: LiveSocket;
  readonly #context: ConnectionContext;
  readonly #log: Log;
  readonly #gate: Gate<Hold>;
  readonly #lifetime: Lifetime;
  /** Messages that came before the greeting: what one read of the network brings. */
  #inbox: (string | Uint8Array)[] | undefined = [];
  #modelNames: readonly string[] = [];
  #parameters: Parameters;
  /** Of the last valid message. */
  #seen: Ids = UNKNOWN;
  /** Begun, and not done. */
  #current: Utterance | undefined;
  /** Opened ahead, for the next one. */
  #ahead: Utterance | undefined;
  /** Settles when the place of every utterance so far is taken or free. */
  #placed: Promise<void> = Promise.resolve();
  /** A place was given once: from then on a full machine fails utterances, not the socket. */
  #admitted = false;
  readonly #ended = new Set<string>();
  #unread = 0;
  #over = false;

  /** @param id of the connection, for the log and the greeting */
  constructor(id: string, socket: LiveSocket, context: ConnectionContext) {
    const { settings, log } = context;
    this.#id = id;
    this.#socket = socket;
    this.#context = context;
    this.#log = log.child({ connection: id });
    this.#gate = new Gate(socket);
    this.#parameters = { delayMs: settings.delayMs };
    this.#lifetime = new Lifetime(
      settings,
      () => this.#current !== undefined,
      (why) => this.#expired(why),
    );
  }

  /** Greets, then asks for the first place. Resolves once it has greeted; never rejects. */
  async start(): Promise<void> {
    this.#socket.signal.addEventListener('abort', () => this.#closed(), { once: true });
    this.#socket.onStuck = () => this.#stuck();
    this.#socket.onMessage((data) => this.#receive(data));
    this.#gate.hold('greeting');
    this.#modelNames = await this.#context.modelNames();
    if (this.#over) return;
    const { settings } = this.#context;
    const greeting = render.created(this.#id, this.#model, this.#parameters, settings);
    this.#say(greeting, { ...UNKNOWN, sessionId: this.#id });
    this.#openAhead();
    const early = this.#inbox ?? [];
    this.#inbox = undefined;
    for (const data of early) if (!this.#over) this.#handle(data);
    this.#gate.release('greeting');
  }

  say(utterance: Utterance, message: render.ServerMessage): void {
    this.#lifetime.touch();
    this.#say(message, utterance.ids);
  }

  opened(): void {
    this.#admitted = true;
    this.#context.engine.opened();
  }

  room(utterance: Utterance): void {
    if (utterance === this.#current) this.#gate.release('audio');
  }

  done(utterance: Utterance): void {
    if (utterance.audioMs > 0) this.#context.engine.worked();
    this.#leave(utterance, 'done');
    this.#openAhead();
  }

  failed(utterance: Utterance, error: unknown): void {
    const { code } = VoxError.from(error);
    this.#context.engine.failed(error);
    this.#log.warn({ err: error, request_id: utterance.ids.requestId }, 'the utterance could not be heard');
    if (!this.#admitted && code === 'overloaded') {
      this.#refuse();
      return;
    }
    // The next utterance asks again, and its client is told.
    if (utterance === this.#ahead) this.#ahead = undefined;
    if (utterance !== this.#current) return;
    this.#error(errors.faultOf(error), utterance.ids);
    this.#leave(utterance, 'failed');
  }

  get #model(): string {
    return this.#modelNames[0] ?? '';
  }

  #receive(data: string | Uint8Array): void {
    if (this.#over) return;
    this.#lifetime.touch();
    if (this.#inbox !== undefined) this.#inbox.push(data);
    else this.#handle(data);
  }

  #handle(data: string | Uint8Array): void {
    if (typeof data === 'string') this.#text(data);
    else this.#audio(data, this.#current?.ids ?? this.#seen);
  }

  #text(text: string): void {
    const read = readEnvelope(text);
    if (!read.ok) {
      this.#error(read.fault, this.#seen);
      return;
    }
    const { sessionId, requestId } = read.envelope;
    const ids = { sessionId, requestId };
    this.#seen = ids;
    const { delayMs } = this.#context.settings;
    const command = readCommand(read.envelope, this.#parameters, { modelNames: this.#modelNames, delayMs });
    switch (command.type) {
      case 'ping':
        this.#say(render.PONG, ids);
        return;
      case 'end':
        this.#say(render.SESSION_END, ids);
        this.#close(CLOSE.end, '');
        return;
      case 'update':
        this.#update(command.parameters, ids);
        return;
      case 'commit':
        if (command.final) this.#finalize(ids);
        else this.#begin(ids);
        return;
      case 'append':
        this.#append(command.audio, ids);
        return;
      case 'cancel':
        this.#cancel(command.reason, ids);
        return;
      case 'fault':
        this.#error(command.fault, ids);
        return;
      default:
    }
  }

  /** Holds from the next utterance on. */
  #update(parameters: Parameters, ids: Ids): void {
    const { delayMs, language } = this.#parameters;
    const changed = parameters.delayMs !== delayMs || parameters.language !== language;
    this.#parameters = parameters;
    this.#say(render.updated(this.#model, parameters), ids);
    if (!changed || this.#ahead === undefined) return;
    this.#ahead.end();
    this.#ahead = undefined;
    this.#openAhead();
  }

  #begin(ids: Ids): void {
    const before = this.#current;
    if (before?.ids.requestId === ids.requestId) {
      const message = `request '${ids.requestId}' is already active: finish it, or cancel it first`;
      this.#error(errors.fault('invalid_payload', message, 'already_active'), ids);
      return;
    }
    if (before !== undefined) this.#stop(before, 'barge_in', 'barge_in');
    if (this.#ahead === undefined) this.#openAhead();
    this.#current = this.#ahead;
    this.#ahead = undefined;
    this.#ended.delete(ids.requestId);
    this.#current?.name(ids);
  }

  #finalize(ids: Ids): void {
    const open = this.#open;
    if (open === undefined) {
      this.#noRequest(ids);
    } else if (open.ids.requestId !== ids.requestId) {
      const { requestId } = open.ids;
      const message = `request '${ids.requestId}' is not the active one`;
      const details = { active_request_id: requestId };
      this.#error(errors.fault('invalid_payload', message, 'request_id_mismatch', details), ids);
    } else {
      open.name(ids);
      open.commit();
    }
  }

  #append(base64: string | undefined, ids: Ids): void {
    if (base64 === undefined) {
      this.#error(errors.MISSING_AUDIO, ids);
      return;
    }
    if (this.#open?.ids.requestId !== ids.requestId) {
      this.#noRequest(ids);
      return;
    }
    const bytes = decodeBase64(base64);
    if (bytes === undefined) {
      const message = 'payload.audio is no base64 (RFC 4648, section 4, padded, without spaces)';
      this.#error(errors.fault('invalid_audio', message), ids);
      return;
    }
    this.#open.name(ids);
    this.#audio(bytes, ids);
  }

  /** Of the utterance that is open: in a binary message there is no place for another id. */
  #audio(bytes: Uint8Array, ids: Ids): void {
    const open = this.#open;
    if (open === undefined) this.#noRequest(ids);
    else if (bytes.length === 0) this.#error(errors.fault('invalid_audio', 'there is no audio in it'), ids);
    else if (!open.append(bytes) && open === this.#current) this.#gate.hold('audio');
  }

  #cancel(reason: string, ids: Ids): void {
    const { requestId } = ids;
    const current = this.#current;
    const late = this.#ended.has(requestId) && current?.ids.requestId !== requestId;
    if (current !== undefined && !late) {
      const own = current.ids.requestId === requestId;
      if (own) current.name(ids);
      this.#stop(current, reason, 'cancelled');
      this.#openAhead();
      if (own) return;
    }
    this.#say(render.cancelled(reason), ids);
  }

  /** What takes audio: begun, and without its final commit. */
  get #open(): Utterance | undefined {
    return this.#current?.committed === false ? this.#current : undefined;
  }

  #noRequest(ids: Ids): void {
    const message =
      'no utterance is open under this request_id: start one with a commit whose final is false';
    this.#error(errors.fault('invalid_payload', message, 'no_active_request'), ids);
  }

  /** At once: the engine is told before the client is. */
  #stop(utterance: Utterance, reason: string, outcome: Outcome): void {
    utterance.end();
    this.say(utterance, render.cancelled(reason));
    this.#leave(utterance, outcome);
  }

  #leave(utterance: Utterance, outcome: Outcome): void {
    const { requestId } = utterance.ids;
    this.#current = undefined;
    this.#gate.release('audio');
    this.#ended.add(requestId);
    const [oldest] = this.#ended;
    if (this.#ended.size > REMEMBERED && oldest !== undefined) this.#ended.delete(oldest);
    this.#context.metrics.use.utterances.inc({ outcome });
    this.#log.info(
      { session_id: utterance.ids.sessionId, request_id: requestId, outcome, audio_ms: utterance.audioMs },
      'utterance',
    );
  }

  #openAhead(): void {
    if (this.#over || this.#ahead !== undefined) return;
    const { runtime, settings } = this.#context;
    this.#ahead = new Utterance(this.#parameters, settings, this);
    this.#placed = this.#ahead.open(runtime, this.#placed);
  }

  #say(message: render.ServerMessage, ids: Ids): void {
    const { inboundQueue } = this.#context.settings;
    this.#unread++;
    if (this.#unread >= inboundQueue) this.#gate.hold('answers');
    this.#socket.send(render.envelope(message, ids), {
      done: () => {
        this.#unread--;
        if (this.#unread <= inboundQueue / 2 && !this.#over) this.#gate.release('answers');
      },
    });
  }

  #error(fault: errors.Fault, ids: Ids): void {
    const reason = fault.details.reason_code;
    this.#context.metrics.use.errors.inc({ reason });
    const { sessionId: session_id, requestId: request_id } = ids;
    this.#log.warn({ session_id, request_id, code: fault.code, reason }, 'error frame');
    this.#say(render.error(fault), ids);
  }

  #refuse(): void {
    this.#context.metrics.use.refused.inc({ reason: errors.AT_CAPACITY.code });
    this.#error(errors.AT_CAPACITY, this.#seen);
    this.#close(this.#context.settings.busyCode, errors.AT_CAPACITY.message);
  }

  #expired(why: Expiry): void {
    const { idleReason } = this.#context.settings;
    const idle = why === 'idle';
    this.#log.info(`WebSocket ${idle ? 'idle timeout' : 'max duration'} reached; closing connection`);
    this.#error(idle ? errors.IDLE : errors.MAX_DURATION, this.#seen);
    this.#close(CLOSE[why], idle ? idleReason : errors.MAX_DURATION.message);
  }

  /** Not read, and nothing of its answers taken for long: the one queue that can fill. */
  #stuck(): void {
    if (this.#over) return;
    const { busyCode, inboundQueue } = this.#context.settings;
    this.#error(errors.queueFull(inboundQueue), this.#seen);
    this.#close(busyCode, '');
  }

  #close(code: number, reason: string): void {
    if (this.#over) return;
    this.#end();
    this.#socket.close(code, reason);
  }

  /** The socket is gone, whoever closed it. */
  #closed(): void {
    this.#end();
    this.#context.left();
    this.#log.info(
      { session_id: this.#seen.sessionId, code: this.#socket.closeCode },
      'WebSocket connection closed',
    );
  }

  /** Whatever the engine does for this client stops now. */
  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#lifetime.stop();
    this.#inbox = undefined;
    const current = this.#current;
    current?.end();
    this.#ahead?.end();
    this.#ahead = undefined;
    if (current !== undefined) this.#leave(current, 'abandoned');
  }
}
