/** A stand-in for an upstream: a real HTTP server on 127.0.0.1 that answers what a test tells it to. It hears and speaks nothing. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Upstream, VoxError } from '@vox-speech/contract';
import { readParameters } from './parameters.js';
import { Pool } from './pool.js';
import type { RemoteModel } from './transcriptions.js';

export const SERVED = 'test/model';
export const NEVER: AbortSignal = new AbortController().signal;

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Resolves when the client has closed the connection before the answer was whole. */
  readonly left: Promise<void>;
}

export interface StandIn {
  readonly upstream: Upstream;
  /** For those who want to upgrade. */
  readonly server: Server;
  /** What came, but for /health and /v1/models. */
  readonly asked: Asked[];
  /** What it lists. */
  models: string[];
  /** Status of /health. */
  health: number;
  /** What it does with everything but /health and /v1/models. */
  answer: (asked: Asked, response: ServerResponse) => void | Promise<void>;
  /** The port is closed and every connection cut. */
  stop(): Promise<void>;
}

/** Starts one; it ends with the test. */
export async function standIn(
  t: TestContext,
  answer: StandIn['answer'] = (_, response) => json(response, { text: 'hello' }),
  apiKey?: string,
): Promise<StandIn> {
  const server = createServer((request, response) => {
    const left = new Promise<void>((resolve) => {
      response.on('close', () => {
        if (!response.writableFinished) resolve();
      });
    });
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      if (apiKey !== undefined && headers.authorization !== `Bearer ${apiKey}`)
        return json(response, { error: { message: `bad key: ${headers.authorization}` } }, 401);
      if (path === '/health') return json(response, {}, self.health);
      if (path === '/v1/models') return json(response, { data: self.models.map((id) => ({ id })) });
      const asked = { method, path, headers, body: Buffer.concat(pieces), left };
      self.asked.push(asked);
      void self.answer(asked, response);
    });
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  t.after(stop);
  const self: StandIn = {
    server,
    upstream: { url: `http://127.0.0.1:${port}`, ...(apiKey === undefined ? {} : { apiKey }) },
    asked: [],
    models: [SERVED],
    health: 200,
    answer,
    stop,
  };
  return self;
}

/** An address that refuses connections: it was somebody's a moment ago. */
export async function nobody(t: TestContext): Promise<Upstream> {
  const gone = await standIn(t);
  await gone.stop();
  return gone.upstream;
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Begins a stream of events; each value is one `data:`. */
export function events(response: ServerResponse, ...data: unknown[]): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const one of data) response.write(`data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`);
}

/** One of vLLM's chat-shaped chunks. */
export function chunk(content: string, finish?: string): unknown {
  return {
    id: 'trsc-1',
    object: 'transcription.chunk',
    choices: [{ delta: { content }, ...(finish === undefined ? {} : { finish_reason: finish }) }],
  };
}

/** A model on these upstreams. */
export function modelOn(
  t: TestContext,
  upstreams: readonly Upstream[],
  parameters: Record<string, string | number | boolean> = {},
  stallMs = 5_000,
): RemoteModel {
  const pool = new Pool({ upstreams, served: SERVED });
  t.after(() => pool.close());
  const read = readParameters({
    reference: 'test:model',
    family: 'test',
    directory: '',
    companions: {},
    parameters: { wire: 'openai-transcriptions', served: SERVED, ...parameters },
  });
  return { pool, parameters: read, stallMs };
}

/** All that is yielded. */
export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}

/** Waits for what must come about; the limit is only there to end a test that fails. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`never came about: ${what}`);
    await sleep(5);
  }
}

/** Tries again for as long as no upstream is known to be there: looking for one takes its time. */
export async function insist<T>(work: () => Promise<T>): Promise<T> {
  const end = performance.now() + 10_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!VoxError.is(error) || error.code !== 'upstream_unavailable' || performance.now() > end)
        throw error;
      await sleep(20);
    }
  }
}
