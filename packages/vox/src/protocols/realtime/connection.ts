/** One socket of `/v1/realtime`: what the client asks, in order, and what it is told. */
import type { LiveEvent, Warning } from '@vox-speech/contract';
import { VoxError } from '@vox-speech/contract';
import type { Log } from '../../observe/index.js';
import type { Runtime } from '../../runtime/types.js';
import { decodeLongBase64, type Expiry, Gate, Lifetime, type LiveSocket } from '../../transport/index.js';
import { type Message, noBase64, readLongMessage, readMessage } from './codec.js';
import { readSession, type SessionConfig } from './config.js';
import { errorOf, transcriptionErrorOf } from './errors.js';
import { newId, type TurnEvent } from './item.js';
import { Listening, type ListeningOwner } from './listening.js';
import * as render from './render.js';
import { liveOptions, patience } from './request.js';
import { SemanticTurns } from './semantic-turns.js';
import { type RealtimeSettings, TICK_MS } from './settings.js';
import { MAX_COMMITS, ManualTurns, ServerTurns, type TurnContext, type Turns } from './turns.js';

export interface ConnectionContext {
  readonly runtime: Pick<Runtime, 'listen'>;
  readonly settings: RealtimeSettings;
  readonly log: Log;
  /** The reference of the default recogniser; '' where there is none. Never rejects. */
  defaultModel(): Promise<string>;
  /** What of a session its model can't do. Throws VoxError where the model is not there, or can't do it at all. */
  check(config: SessionConfig): Promise<readonly Warning[]>;
}

/** How a connection begins. */
export interface Beginning {
  readonly config: SessionConfig;
  /** The client says that it speaks the beta's events: it is greeted in both ways. */
  readonly beta: boolean;
}

/** Why the socket is not read: an earlier message is still worked on, audio waits, answers wait to be read, commits wait. */
type Hold = 'order' | 'audio' | 'answers' | 'commits';

/** Messages to a client that reads slowly, beyond which it is not read either. */
const MAX_UNREAD = 256;
/** Closes of this dialect (RFC 6455, 7.4.2: 4000 and above are for applications). */
const CLOSE = { idle: 4000, duration: 4003, full: 1013 } as const;

export class RealtimeConnection implements ListeningOwner {
  readonly #socket: LiveSocket;
  readonly #context: ConnectionContext;
  readonly #log: Log;
  readonly #gate: Gate<Hold>;
  readonly #lifetime: Lifetime;
  readonly #id = newId('sess');
  readonly #expiresAt: number | null;
  #config: SessionConfig;
  #beta: boolean;
  #defaultModel = '';
  /** What came and has not had its turn: of one read of the network, at the most. */
  readonly #inbox: (() => Message)[] = [];
  #working = true;
  #turns: Turns;
  #listening: Listening | undefined;
  /** Ms of audio that sessions before this one were given. */
  #sentMs = 0;
  /** Why no session could be opened: until the next update nothing is heard. */
  #broken: VoxError | undefined;
  /** What a live session could not meet, for the next transcript; and all that was said once. */
  #warnings: Warning[] = [];
  readonly #warned = new Set<string>();
  #unread = 0;
  #over = false;

  constructor(socket: LiveSocket, { config, beta }: Beginning, context: ConnectionContext) {
    const { settings } = context;
    this.#socket = socket;
    this.#context = context;
    this.#config = config;
    this.#beta = beta;
    this.#log = context.log.child({ session: this.#id });
    this.#gate = new Gate(socket);
    const { idleMs, maxDurationMs } = settings;
    const limits = { idleMs, maxDurationMs, tickMs: TICK_MS };
    this.#lifetime = new Lifetime(
      limits,
      () => false,
      (why) => this.#expired(why),
    );
    this.#expiresAt = Number.isFinite(maxDurationMs) ? Math.floor((Date.now() + maxDurationMs) / 1000) : null;
    this.#turns = this.#newTurns(null);
  }

  /** Greets, then does what is asked. Resolves once it has greeted; never rejects. */
  async start(): Promise<void> {
    this.#socket.signal.addEventListener('abort', () => this.#end(), { once: true });
    this.#socket.onMessage(
      (data) => this.#receive(() => readMessage(data)),
      (utf8) => this.#receive(() => readLongMessage(utf8)),
    );
    this.#gate.hold('order');
    this.#defaultModel = await this.#context.defaultModel();
    if (this.#over) return;
    this.#log.info('realtime session opened');
    this.#say({ type: 'session.created', session: render.session(this.#config, this.#facts) });
    if (this.#beta)
      this.#say({
        type: 'transcription_session.created',
        session: render.betaSession(this.#config, this.#facts),
      });
    const { model } = this.#config.transcription;
    if (model !== '')
      await this.#context.check(this.#config).catch((error: unknown) => this.#error(error, null));
    this.#working = false;
    void this.#work();
  }

  heard(event: LiveEvent): void {
    if (this.#over) return;
    this.#lifetime.touch();
    if (event.type === 'warning') this.#warn([event.warning]);
    else this.#turns.hear(event);
    if (this.#turns.due <= MAX_COMMITS / 2) this.#gate.release('commits');
  }

  room(): void {
    this.#gate.release('audio');
  }

  failed(error: Error, opened: boolean): void {
    if (this.#over) return;
    const fault = VoxError.from(error);
    this.#log.warn({ err: error, opened }, 'the session could not be heard');
    this.#sentMs = this.#listening?.sentMs ?? this.#sentMs;
    this.#listening = undefined;
    this.#gate.release('audio');
    this.#gate.release('commits');
    // A session that broke off may be followed by another; where none can begin, trying again is the client's to decide.
    if (!opened) this.#broken = fault;
    const told = this.#turns.fail(fault);
    if (!told) this.#error(fault, null);
    if (fault.code !== 'overloaded' && fault.code !== 'shutting_down') return;
    if (told) this.#error(fault, null);
    this.#close(CLOSE.full, fault.message);
  }

  get #facts(): render.SessionFacts {
    return { id: this.#id, expiresAt: this.#expiresAt, defaultModel: this.#defaultModel };
  }

  #receive(read: () => Message): void {
    if (this.#over) return;
    this.#lifetime.touch();
    this.#inbox.push(read);
    void this.#work();
  }

  /** One message after the other; while one is worked on, no more are read. */
  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    for (let read = this.#inbox.shift(); read !== undefined && !this.#over; read = this.#inbox.shift()) {
      const done = this.#handle(read);
      if (done === undefined) continue;
      this.#gate.hold('order');
      await done;
    }
    this.#working = false;
    this.#gate.release('order');
  }

  #handle(read: () => Message): Promise<void> | undefined {
    let message: Message | undefined;
    try {
      message = read();
      const command = message.command();
      switch (command.type) {
        case 'update':
          return this.#update(command.session, command.beta, message.eventId);
        case 'append':
          this.#append(command.audio);
          return undefined;
        case 'append-long':
          return this.#appendLong(command.base64, message.eventId);
        case 'commit':
          this.#commit();
          return undefined;
        case 'clear':
          this.#clear();
          return undefined;
      }
    } catch (error) {
      this.#error(error, message?.eventId ?? null);
      return undefined;
    }
  }

  /** Holds from the next audio on. What came before is heard to its end first. */
  async #update(session: unknown, beta: boolean, eventId: string | null): Promise<void> {
    const before = this.#config;
    let warnings: readonly Warning[];
    try {
      const read = readSession(session, before);
      warnings = [...read.warnings, ...(await this.#context.check(read.config))];
      this.#config = read.config;
    } catch (error) {
      this.#error(error, eventId);
      return;
    }
    if (this.#over) return;
    this.#beta = beta;
    const told = render.withWarnings(this.#news(warnings));
    const effective = beta
      ? render.betaSession(this.#config, this.#facts)
      : render.session(this.#config, this.#facts);
    const type = beta ? 'transcription_session.updated' : 'session.updated';
    this.#say({ type, session: { ...effective, ...told } });
    this.#broken = undefined;
    if (isSame(before, this.#config) && this.#listening !== undefined) return;
    await this.#renew();
  }

  /** Opens a session by the new rules: the model is there when the audio comes. */
  async #renew(): Promise<void> {
    const old = this.#listening;
    if (old?.used === true) await old.finish();
    if (this.#over) return;
    this.#sentMs = this.#listening?.sentMs ?? this.#sentMs;
    old?.close();
    this.#listening = undefined;
    const { previous } = this.#turns;
    const open = this.#turns instanceof ManualTurns ? this.#turns.open : undefined;
    this.#turns.close();
    this.#turns = this.#newTurns(previous, open);
    this.#listen();
  }

  #newTurns(previous: string | null, open?: ManualTurns['open']): Turns {
    const { turnDetection: rules, transcription } = this.#config;
    const context: TurnContext = {
      tell: (event) => this.#tell(event),
      language: transcription.language,
      sentMs: () => this.#listening?.sentMs ?? this.#sentMs,
      after(ms, call) {
        const timer = setTimeout(call, ms);
        return () => clearTimeout(timer);
      },
    };
    if (rules === undefined) return new ManualTurns(context, previous, open);
    if (rules.type === 'semantic_vad') return new SemanticTurns(context, previous, patience(rules));
    return new ServerTurns(context, previous, rules);
  }

  #listen(): Listening {
    const listening = new Listening(this.#config, this.#sentMs, this);
    this.#listening = listening;
    void listening.open(this.#context.runtime);
    return listening;
  }

  #append(audio: Uint8Array): void {
    if (this.#broken !== undefined || audio.length === 0) return;
    const listening = this.#listening ?? this.#listen();
    if (!listening.append(audio)) this.#gate.hold('audio');
    this.#turns.sent();
  }

  /** Never rejects. */
  async #appendLong(base64: Buffer, eventId: string | null): Promise<void> {
    const audio = await decodeLongBase64(base64, this.#socket.signal).catch(() => undefined);
    if (this.#over) return;
    if (audio === undefined) this.#error(noBase64(), eventId);
    else this.#append(audio);
  }

  /** Answered by one item, always; where nothing was said, one without words. */
  #commit(): void {
    if (this.#broken !== undefined) {
      this.#error(this.#broken, null);
      return;
    }
    if (this.#listening === undefined) {
      this.#turns.empty();
      return;
    }
    this.#turns.commit();
    this.#listening.commit();
    this.#mindCommits();
  }

  #clear(): void {
    if (this.#listening?.used === true) {
      this.#turns.clear();
      this.#listening.clear();
      this.#mindCommits();
    }
    this.#say({ type: 'input_audio_buffer.cleared' });
  }

  #mindCommits(): void {
    if (this.#turns.due >= MAX_COMMITS) this.#gate.hold('commits');
  }

  #tell(event: TurnEvent): void {
    if (this.#over) return;
    if (event.type === 'failed') {
      this.#say(render.failed(event.item, transcriptionErrorOf(event.error)));
      return;
    }
    if (event.type === 'partial' && !this.#config.partials) return;
    // Of the warnings of a session the next transcript tells.
    const news = event.type === 'completed' ? this.#warnings.splice(0) : [];
    const whole =
      event.type === 'completed'
        ? { ...event, heard: { ...event.heard, warnings: [...event.heard.warnings, ...news] } }
        : event;
    for (const one of render.turn(whole, this.#beta))
      this.#say(one, event.type === 'partial' ? 'partial' : undefined);
  }

  #warn(warnings: readonly Warning[]): void {
    this.#warnings.push(...this.#news(warnings));
  }

  /** Those that were not said yet; now they are. */
  #news(warnings: readonly Warning[]): readonly Warning[] {
    return warnings.filter(({ option, message }) => {
      const key = `${option} ${message}`;
      if (this.#warned.has(key)) return false;
      this.#warned.add(key);
      return true;
    });
  }

  #say(event: render.ServerEvent, key?: string): void {
    const { type, ...rest } = event;
    const frame = JSON.stringify({ event_id: newId('event'), type, ...rest });
    if (key !== undefined) {
      // One of a kind waits at the most.
      this.#socket.send(frame, { key });
      return;
    }
    this.#unread++;
    if (this.#unread >= MAX_UNREAD) this.#gate.hold('answers');
    this.#socket.send(frame, {
      done: () => {
        this.#unread--;
        if (this.#unread <= MAX_UNREAD / 2 && !this.#over) this.#gate.release('answers');
      },
    });
  }

  #error(thrown: unknown, eventId: string | null): void {
    if (this.#over) return;
    const fault = errorOf(thrown);
    this.#log.warn({ code: fault.code, param: fault.param, reason: fault.message }, 'error event');
    if (fault.code === 'internal') this.#log.error({ err: thrown }, 'realtime session');
    this.#say(render.error(fault, eventId));
  }

  #expired(why: Expiry): void {
    const message =
      why === 'idle'
        ? 'nothing came on this connection for too long (VOX_REALTIME_IDLE_TIMEOUT); it is closed'
        : 'the session has reached its maximum duration (VOX_REALTIME_MAX_DURATION)';
    const code = why === 'idle' ? 'idle_timeout' : 'session_expired';
    this.#say(render.error({ type: 'invalid_request_error', code, message, param: null }, null));
    this.#close(CLOSE[why], message);
  }

  #close(code: number, reason: string): void {
    if (this.#over) return;
    this.#end();
    this.#socket.close(code, reason);
  }

  /** Whatever the engine does for this client stops now. */
  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#lifetime.stop();
    this.#inbox.length = 0;
    this.#turns.close();
    this.#listening?.close();
    this.#log.info('realtime session closed');
  }
}

/** Is the live core asked the same, and are turns cut the same? */
function isSame(a: SessionConfig, b: SessionConfig): boolean {
  const key = (config: SessionConfig) => [
    config.transcription.model,
    config.turnDetection,
    liveOptions(config),
  ];
  return JSON.stringify([key(a), a.format]) === JSON.stringify([key(b), b.format]);
}
