/** An HTTP server for the tests of one dialect: on a scripted runtime, on a free port, gone after the test. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createLog, Health, type Log, Metrics } from '../observe/index.js';
import type { FakeLive } from '../runtime/fake-live.test.support.js';
import { type FakeRuntime, fakeRuntime } from '../runtime/fake-runtime.test.support.js';
import { createHttpServer, type HttpServer, type LiveSocket, Upgrades } from './index.js';
import { until } from './waiting.test.support.js';

/** What a dialect is registered with. */
export interface Stage {
  readonly app: HttpServer['app'];
  readonly runtime: FakeRuntime;
  readonly upgrades: Pick<Upgrades, 'add'>;
  /** What is written to it stands in `lines`. */
  readonly log: Log;
  readonly metrics: Metrics;
  readonly health: Health;
  /** For uploads; empty. */
  readonly uploadDirectory: string;
}

export interface Staged extends Omit<Stage, 'app' | 'upgrades'> {
  readonly url: string;
  /** The same for WebSockets: `ws://...`. */
  readonly socketUrl: string;
  readonly port: number;
  readonly lines: readonly Record<string, unknown>[];
  /** The server's end of each WebSocket, in order. */
  readonly sockets: readonly LiveSocket[];
  /** The n-th live session that was opened, the first is 0; waits for it. */
  live(index: number): Promise<FakeLive>;
  /** Lines of the metrics. */
  scrape(): Promise<string[]>;
}

interface Options {
  readonly limits?: FakeRuntime['limits'];
  /** Of upgrades: throws what refuses one. */
  check?(request: IncomingMessage): void;
}

/** @param register puts the dialect on the server, before it listens */
export async function stage(
  t: TestContext,
  register: (stage: Stage) => void,
  { limits, check = () => {} }: Options = {},
): Promise<Staged> {
  const uploadDirectory = await mkdtemp(join(tmpdir(), 'vox-stage-'));
  const runtime = fakeRuntime(limits);
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  const log = createLog({ level: 'debug', format: 'json', write });
  const server = createHttpServer({ log: createLog({ level: 'silent' }), settings: { graceMs: 200 } });
  const upgrades = new Upgrades(server.app.server, { log, check, shapes: server.app.errorShapes });
  const metrics = new Metrics({ streams: () => 0, capacity: () => 1, runners: () => [] });
  const health = new Health();
  health.set('ready');
  const sockets: LiveSocket[] = [];
  const watched: Stage['upgrades'] = {
    add: (route) =>
      upgrades.add({
        ...route,
        open(socket, request) {
          sockets.push(socket);
          route.open(socket, request);
        },
      }),
  };
  register({ app: server.app, runtime, upgrades: watched, log, metrics, health, uploadDirectory });
  const { url, port } = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await upgrades.close(0);
    await server.destroy();
    await rm(uploadDirectory, { recursive: true, force: true });
  });
  return {
    ...{ runtime, log, metrics, health, uploadDirectory, lines, sockets, url, port },
    socketUrl: url.replace('http', 'ws'),
    async live(index) {
      await until(`session ${index}`, () => runtime.asked.listen.length > index);
      const found = runtime.asked.listen[index];
      assert.ok(found);
      return found;
    },
    scrape: async () => (await metrics.scrape()).text.split('\n'),
  };
}
