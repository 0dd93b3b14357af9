/** A server with the dialect on a scripted runtime, and a client that keeps what it is told. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { EndReason, LiveEvent, TokenUsage } from '@vox-speech/contract';
import { upgradeGuard } from '../../guard/index.js';
import { SocketClient, type Told } from '../../transport/socket-client.test.support.js';
import { stage } from '../../transport/stage.test.support.js';
import { REALTIME_PATHS, type RealtimeSettings, register } from './index.js';

/** 100 ms of silence at 24 kHz. */
export const CHUNK = Buffer.alloc(4_800);

interface Options {
  readonly settings?: Partial<RealtimeSettings>;
  readonly keys?: readonly string[];
}

export async function serve(t: TestContext, { settings = {}, keys = [] }: Options = {}) {
  const guard = { keys, bindHost: '127.0.0.1', hostNames: [], corsOrigins: [], insecure: false };
  const { runtime, url, socketUrl, live } = await stage(
    t,
    ({ app, ...parts }) =>
      register(app, {
        ...parts,
        settings: { idleMs: 60_000, maxDurationMs: 3_600_000, ...settings },
        keys,
        autoPull: false,
      }),
    { check: upgradeGuard(guard, REALTIME_PATHS) },
  );
  const address = `${socketUrl}/v1/realtime`;
  const connect = (query = '?intent=transcription'): Promise<SocketClient> =>
    SocketClient.open(`${address}${query}`);
  /** A client that was greeted, its session updated where that is asked. */
  const greeted = async (session?: object): Promise<Client> => {
    const client = new Client(await connect());
    await client.next('session.created');
    if (session !== undefined) await client.update(session);
    return client;
  };
  return { runtime, url, address, connect, greeted, live };
}

/** Says what a client says, and reads events with ids that tests can know: `<event>`, `<item 1>`. */
export class Client {
  readonly socket: SocketClient;
  readonly #items: string[] = [];
  readonly #events = new Set<string>();

  constructor(socket: SocketClient) {
    this.socket = socket;
  }

  send(type: string, more: object = {}): void {
    this.socket.send({ type, ...more });
  }

  append(bytes: Uint8Array = CHUNK): void {
    this.send('input_audio_buffer.append', { audio: Buffer.from(bytes).toString('base64') });
  }

  commit(): void {
    this.send('input_audio_buffer.commit');
  }

  async update(session: object): Promise<Told> {
    this.send('session.update', { session });
    return this.next('session.updated');
  }

  /** The next event, whose type must be this; every event's id is new. */
  async next(type?: string): Promise<Told> {
    const { event_id, ...event } = await this.socket.next(type);
    assert.match(String(event_id), /^event_[0-9a-f]{24}$/);
    assert.ok(!this.#events.has(String(event_id)), 'an event id came twice');
    this.#events.add(String(event_id));
    const text = JSON.stringify(event).replaceAll(/item_[0-9a-f]{24}/g, (id) => this.#named(id));
    return JSON.parse(text.replaceAll(/sess_[0-9a-f]{24}/g, '<session>')) as Told;
  }

  /** So many events. */
  async take(count: number): Promise<Told[]> {
    const events: Told[] = [];
    for (let i = 0; i < count; i++) events.push(await this.next());
    return events;
  }

  /** The types of so many events. */
  async types(count: number): Promise<unknown[]> {
    return (await this.take(count)).map(({ type }) => type);
  }

  /** All that was sent before has been handled. */
  async settled(): Promise<void> {
    this.send('input_audio_buffer.append', { audio: '?', event_id: 'settled' });
    const { error } = await this.next('error');
    assert.equal((error as Told).event_id, 'settled');
  }

  #named(id: string): string {
    if (!this.#items.includes(id)) this.#items.push(id);
    return `<item ${this.#items.indexOf(id) + 1}>`;
  }
}

/** A session in which only the client ends a turn. */
export const MANUAL = { type: 'transcription', audio: { input: { turn_detection: null } } };

type Event<T extends LiveEvent['type']> = Extract<LiveEvent, { type: T }>;

export function started(utterance: number, atMs: number): LiveEvent {
  return { type: 'speech-started', utterance, atMs };
}

export function stopped(utterance: number, atMs: number, reason: EndReason = 'silence'): LiveEvent {
  return { type: 'speech-stopped', utterance, atMs, reason };
}

export function partial(utterance: number, text: string, stable: number): Event<'partial'> {
  return { type: 'partial', utterance, text, stable, startMs: 0, endMs: 400 };
}

export function final(
  utterance: number,
  text: string,
  reason: EndReason = 'silence',
  more: { startMs?: number; endMs?: number; usage?: TokenUsage; language?: string } = {},
): Event<'final'> {
  const timing = { endpointToFinalMs: 80, sinceFirstAudioMs: 900, decodeMs: 60, revisedShare: 0 };
  return { type: 'final', utterance, text, startMs: 0, endMs: 800, reason, timing, ...more };
}
