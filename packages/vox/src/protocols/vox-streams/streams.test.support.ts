/** A server with the three streams on a fake runtime, and a client that remembers what it was told. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { type FakeRuntime, fakeRuntime } from '../../runtime/fake-runtime.test.support.js';
import { ErrorShapes, Upgrades } from '../../transport/index.js';
import { register } from './index.js';

export type Told = Record<string, unknown>;

export interface Client {
  readonly ws: WebSocket;
  /** Everything in order; binary frames as buffers. */
  readonly told: (Told | Buffer)[];
  send(message: unknown): void;
  /** The next thing that is told. */
  next(): Promise<Told>;
  bytes(): Promise<Buffer>;
  /** Close code and reason. */
  closed: Promise<[number, string]>;
}

export async function serveStreams(t: TestContext): Promise<{
  runtime: FakeRuntime;
  connect(path: string): Promise<Client>;
}> {
  const log = pino({ enabled: false });
  const runtime = fakeRuntime({ uploadBytes: 1000, textCharacters: 1000 });
  const server = createServer();
  const upgrades = new Upgrades(server, { log, check: () => {}, shapes: new ErrorShapes() });
  register(upgrades, { runtime, log });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.after(async () => {
    await upgrades.close(0);
    server.close();
  });
  return { runtime, connect: (path) => connect(url + path) };
}

async function connect(url: string): Promise<Client> {
  const ws = new WebSocket(url);
  const told: Client['told'] = [];
  const waiting: ((item: Told | Buffer) => void)[] = [];
  let read = 0;
  ws.on('message', (data: Buffer, isBinary) => {
    const item = isBinary ? data : (JSON.parse(data.toString('utf8')) as Told);
    told.push(item);
    if (waiting.length > 0) {
      read++;
      waiting.shift()?.(item);
    }
  });
  const closed = new Promise<[number, string]>((resolve) => {
    ws.on('close', (code, reason) => resolve([code, reason.toString('utf8')]));
  });
  await once(ws, 'open');
  const next = async (): Promise<Told | Buffer> => {
    const ready = told[read];
    if (ready !== undefined) {
      read++;
      return ready;
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
  return {
    ws,
    told,
    closed,
    send: (message) => ws.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next: async () => (await next()) as Told,
    bytes: async () => (await next()) as Buffer,
  };
}

/** Resolves once a condition holds; the test runner's own time limit ends a wait that is in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
