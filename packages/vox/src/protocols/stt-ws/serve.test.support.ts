/** A server with the dialect on a scripted runtime, and a client that keeps what it is told. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { EndReason, FinalTiming, LiveEvent } from '@vox-speech/contract';
import { WebSocket } from 'ws';
import { createLog, Health, Metrics } from '../../observe/index.js';
import { fakeRuntime } from '../../runtime/fake-runtime.test.support.js';
import { createHttpServer, type LiveSocket, Upgrades } from '../../transport/index.js';
import { register, type SttSettings } from './index.js';

export const SETTINGS: SttSettings = {
  queueFrames: 200,
  maxDrops: 500,
  outQueue: 50,
  detector: 'energy',
  threshold: 300,
  silenceMs: 500,
};

export type Frame = Readonly<Record<string, unknown>> & { readonly type: string };

export async function serve(t: TestContext, settings: Partial<SttSettings> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'vox-stt-ws-'));
  const runtime = fakeRuntime();
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  const log = createLog({ level: 'debug', format: 'json', write });
  const server = createHttpServer({ log: createLog({ level: 'silent' }), settings: { graceMs: 200 } });
  const metrics = new Metrics({ streams: () => 0, capacity: () => 1, runners: () => [] });
  const upgrades = new Upgrades(server.app.server, { log, check() {}, shapes: server.app.errorShapes });
  /** The server's end of each connection. */
  const sockets: LiveSocket[] = [];
  const health = new Health();
  health.set('ready');
  register(server.app, {
    runtime,
    upgrades: {
      add: (route) =>
        upgrades.add({
          ...route,
          open(socket, request) {
            sockets.push(socket);
            route.open(socket, request);
          },
        }),
    },
    settings: { ...SETTINGS, ...settings },
    metrics,
    log,
    health,
    compat: true,
    uploadDirectory: directory,
    stallMs: 5_000,
  });
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await upgrades.close(0);
    await server.destroy();
    await rm(directory, { recursive: true, force: true });
  });
  const scrape = async (): Promise<string[]> => (await metrics.scrape()).text.split('\n');
  const connect = (query: string | Record<string, string> = {}): Promise<Client> => {
    const text = typeof query === 'string' ? query : String(new URLSearchParams({ ...PARAMETERS, ...query }));
    return Client.open(`${url.replace('http', 'ws')}/v1/stt/ws?${text}`);
  };
  /** A connection that is ready, and the recogniser that the test plays. */
  const session = async (query: Record<string, string> = {}) => {
    const client = await connect(query);
    await client.next('ready');
    const live = runtime.asked.listen.at(-1);
    assert.ok(live);
    return { client, live, say: (event: LiveEvent) => live.listener.onEvent(event) };
  };
  return { runtime, url, directory, connect, session, scrape, lines, sockets };
}

const PARAMETERS = { call_id: 'c1', sample_rate: '16000' };

export class Client {
  readonly ws: WebSocket;
  /** All that came. */
  readonly frames: Frame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #read = 0;
  #wake: () => void = () => {};

  private constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on('message', (data) => {
      this.frames.push(JSON.parse(String(data)));
      this.#wake();
    });
    ws.on('error', () => {});
    this.closed = new Promise((resolve) => {
      ws.on('close', (code, reason) => {
        resolve({ code, reason: String(reason) });
        this.#wake();
      });
    });
  }

  static async open(url: string): Promise<Client> {
    const ws = new WebSocket(url);
    const client = new Client(ws);
    await once(ws, 'open');
    return client;
  }

  /** The next message, which must be of that type. */
  async next(type: string): Promise<Frame> {
    while (this.frames.length <= this.#read) {
      assert.ok(this.ws.readyState <= WebSocket.OPEN, `closed before ${type}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const frame = this.frames[this.#read++];
    assert.ok(frame);
    assert.equal(frame.type, type, JSON.stringify(frame));
    return frame;
  }

  /** The error frame and the close must say the same. */
  async refused(): Promise<{ code: number; message: string; frame: Frame }> {
    const { code, reason } = await this.closed;
    const frame = this.frames.at(-1);
    assert.equal(frame?.type, 'error', JSON.stringify(this.frames));
    assert.deepEqual([frame.code, frame.message], [code, reason]);
    return { code, message: reason, frame };
  }
}

const TIMING: FinalTiming = {
  firstPartialMs: 120.4,
  endpointToFinalMs: 80.2,
  sinceFirstAudioMs: 3_250,
  decodeMs: 61.6,
  revisedShare: 0,
};

export function partial(text: string, stable = 0): LiveEvent {
  return { type: 'partial', utterance: 1, text, stable, startMs: 0, endMs: 400 };
}

export function final(
  text: string,
  reason: EndReason = 'silence',
  timing: Partial<FinalTiming> = {},
): LiveEvent {
  return {
    type: 'final',
    utterance: 1,
    text,
    startMs: 100,
    endMs: 3_300.4,
    reason,
    timing: { ...TIMING, ...timing },
  };
}

/** Waits for what comes about by itself. */
export async function until(what: string, test: () => boolean): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (test()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`never: ${what}`);
}
