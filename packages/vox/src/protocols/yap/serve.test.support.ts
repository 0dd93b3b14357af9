/** A server with the dialect on a scripted runtime, and a client that keeps what it is told. */
import type { TestContext } from 'node:test';
import type { EndReason, LiveEvent, TokenUsage, Word } from '@vox-speech/contract';
import type { FakeRuntime } from '../../runtime/fake-runtime.test.support.js';
import { SocketClient, type Told } from '../../transport/socket-client.test.support.js';
import { stage } from '../../transport/stage.test.support.js';
import type { KeyRules } from './auth.js';
import { register, type YapSettings } from './index.js';

export const SETTINGS: YapSettings = {
  delayMs: 480,
  maxConnections: 0,
  inboundQueue: 256,
  idleMs: 150_000,
  maxDurationMs: 5_400_000,
  tickMs: 50,
  unauthorizedCode: 1008,
  busyCode: 1013,
  idleReason: 'idle_timeout',
  backlogMs: 5_000,
  drop: false,
};

/** 80 ms of silence. */
export const CHUNK = Buffer.alloc(2560);

interface Options {
  readonly settings?: Partial<YapSettings>;
  readonly access?: KeyRules;
  readonly compat?: boolean;
}

export async function serve(t: TestContext, { settings = {}, access, compat = true }: Options = {}) {
  const { runtime, url, socketUrl, live, lines, sockets, scrape, health } = await stage(
    t,
    ({ app, ...parts }) =>
      register(app, {
        ...parts,
        settings: { ...SETTINGS, ...settings },
        access: access ?? { keys: [], keyRequired: false },
        compat,
      }),
  );
  const connect = (query = ''): Promise<SocketClient> =>
    SocketClient.open(`${socketUrl}/api/asr-streaming${query}`);
  /** A client that was greeted. */
  const greeted = async (): Promise<Client> => {
    const socket = await connect();
    await socket.next('session.created');
    return new Client(socket);
  };
  return { runtime, url, connect, greeted, live, lines, sockets, scrape, health };
}

/** Says what a client says. */
export class Client {
  readonly socket: SocketClient;

  constructor(socket: SocketClient) {
    this.socket = socket;
  }

  send(type: string, requestId = 'r1', payload: unknown = {}): void {
    this.socket.send({ type, session_id: 's1', request_id: requestId, payload });
  }

  start(requestId = 'r1'): void {
    this.send('input_audio_buffer.commit', requestId, { final: false });
  }

  append(requestId = 'r1', bytes: Uint8Array = CHUNK): void {
    this.send('input_audio_buffer.append', requestId, { audio: Buffer.from(bytes).toString('base64') });
  }

  commit(requestId = 'r1'): void {
    this.send('input_audio_buffer.commit', requestId, { final: true });
  }

  /** The next message, whose type must be this. */
  next(type: string): Promise<Told> {
    return this.socket.next(type);
  }

  /** The next message, an error: code, reason and request. */
  async error(): Promise<[unknown, unknown, unknown]> {
    const { payload, request_id } = await this.next('error');
    const { code, details } = payload as { code: string; details: Told };
    return [code, details.reason_code, request_id];
  }

  /** All that was sent before has been handled; the next thing that is told is the answer to this. */
  async settled(): Promise<void> {
    this.send('ping', 'settled');
    await this.next('pong');
  }

  /** Types of all that was told of a request. */
  told(requestId: string): unknown[] {
    return this.socket.messages.filter((one) => one.request_id === requestId).map(({ type }) => type);
  }
}

type Event<T extends LiveEvent['type']> = Extract<LiveEvent, { type: T }>;

export function partial(text: string, stable: number): Event<'partial'> {
  return { type: 'partial', utterance: 1, text, stable, startMs: 0, endMs: 400 };
}

export function final(
  text: string,
  reason: EndReason = 'commit',
  more: { words?: readonly Word[]; usage?: TokenUsage; language?: string } = {},
): Event<'final'> {
  const timing = { endpointToFinalMs: 80, sinceFirstAudioMs: 900, decodeMs: 60, revisedShare: 0 };
  return { type: 'final', utterance: 1, text, startMs: 0, endMs: 800, reason, timing, ...more };
}

/** Sessions open when the returned function was called, as while the model loads. */
export function listensLater(runtime: FakeRuntime): () => void {
  const { listen } = runtime;
  let open = (): void => {};
  const loaded = new Promise<void>((resolve) => {
    open = resolve;
  });
  runtime.listen = async (request, listener) => {
    await loaded;
    return listen.call(runtime, request, listener);
  };
  return open;
}
