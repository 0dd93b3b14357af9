import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { createLog } from '../observe/index.js';
import { readJson } from './body.js';
import { createHttpServer, type HttpServer, type HttpSettings } from './http.js';
import { DEFAULT_UPLOAD_LIMITS, receiveUpload } from './multipart.js';
import { ndjson } from './ndjson.js';
import { requestSignal } from './signal.js';
import { started, streamBody } from './stream.js';
import { until } from './waiting.test.support.js';

const LIMITS = { ...DEFAULT_UPLOAD_LIMITS, fileBytes: 200_000 };

interface Setting {
  server: HttpServer;
  port: number;
  directory: string;
  lines: string[];
}

async function serve(
  t: TestContext,
  routes: (server: HttpServer, directory: string) => void,
  settings: Partial<HttpSettings> = {},
): Promise<Setting> {
  const directory = await mkdtemp(join(tmpdir(), 'vox-http-'));
  const lines: string[] = [];
  const server = createHttpServer({
    log: createLog({ format: 'json', write: (line) => lines.push(line) }),
    settings,
  });
  routes(server, directory);
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await server.destroy();
    await rm(directory, { recursive: true, force: true });
  });
  return { server, port, directory, lines };
}

/** Everything the server sends until it closes, or until `until` has come. */
async function talk(socket: Socket, until?: RegExp): Promise<string> {
  let text = '';
  socket.setEncoding('latin1');
  return new Promise((resolve) => {
    socket.on('data', (chunk) => {
      text += chunk;
      if (until?.test(text)) resolve(text);
    });
    socket.once('close', () => resolve(text));
    socket.on('error', () => {});
  });
}

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

const upload = (server: HttpServer, directory: string, stallMs = 5_000) =>
  server.app.post('/upload', async (request) => {
    const got = await receiveUpload(request, { directory, limits: LIMITS, stallMs });
    const bytes = got.file === undefined ? -1 : (await readFile(got.file.path)).length;
    await got.dispose();
    return { bytes, fields: Object.fromEntries(got.fields) };
  });

const BOUNDARY = 'XbX';
const HEAD = `POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=${BOUNDARY}\r\n`;
const FILE = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n`;

test('an upload reaches its file, and the file is gone after dispose', async (t) => {
  const { port, directory } = await serve(t, upload);
  const form = new FormData();
  form.append('model', 'whisper');
  form.append('file', new Blob([new Uint8Array(150_000)]), 'a.wav');
  form.append('tag[]', 'a');
  form.append('tag[]', 'b');
  const answer = await fetch(`http://127.0.0.1:${port}/upload`, { method: 'POST', body: form });
  assert.deepEqual(await answer.json(), {
    bytes: 150_000,
    fields: { model: ['whisper'], 'tag[]': ['a', 'b'] },
  });
  assert.deepEqual(await readdir(directory), []);
});

test('bad uploads get 400 or 413, leave no file, and the server goes on', async (t) => {
  const { port, directory } = await serve(t, upload);
  const part = (name: string, value: string, extra = '') =>
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${extra}\r\n\r\n${value}\r\n`;
  const end = `--${BOUNDARY}--\r\n`;
  const cases: [string, string, number, RegExp][] = [
    ['too many fields', part('a', 'x').repeat(257) + end, 400, /more than 256 fields/],
    ['a field too long', part('a', 'x'.repeat(70_000)) + end, 400, /longer than 65536/],
    ['two files', `${FILE}a\r\n${FILE}b\r\n${end}`, 400, /came twice/],
    ['a strange file', part('other', 'x', '; filename="x"') + end, 400, /unexpected file field/],
    ['truncated', `${FILE}abc`, 400, /before its closing boundary/],
    ['a part header of 100 kB', `--${BOUNDARY}\r\nX: ${'h'.repeat(100_000)}`, 400, /longer than 8192/],
    ['too large', `${FILE}${'x'.repeat(200_001)}\r\n${end}`, 413, /larger than 200000/],
    ['far too large', `${FILE}${'x'.repeat(8_000_000)}\r\n${end}`, 413, /larger than/],
  ];
  for (const [name, body, status, text] of cases) {
    const answer = await fetch(`http://127.0.0.1:${port}/upload`, {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
      body,
    });
    assert.equal(answer.status, status, name);
    assert.match(await answer.text(), text, name);
    assert.deepEqual(await readdir(directory), [], name);
  }
  for (const type of ['multipart/form-data', 'application/json', 'nonsense']) {
    const answer = await fetch(`http://127.0.0.1:${port}/upload`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: 'x',
    });
    assert.ok([400, 415].includes(answer.status), type);
  }
});

test('a body of unknown length is refused while it comes, and the client that still writes sees the answer', async (t) => {
  const { port, directory } = await serve(t, upload, { lingerMs: 2_000 });
  const socket = await dial(port);
  const answer = talk(socket, /larger than/);
  socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n${FILE.length.toString(16)}\r\n${FILE}\r\n`);
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  let answered = false;
  void answer.then(() => {
    answered = true;
  });
  for (let i = 0; i < 1_000 && !answered; i += 1) {
    if (!socket.write(chunk)) await once(socket, 'drain');
    await new Promise(setImmediate);
  }
  assert.match(await answer, /^HTTP\/1\.1 413 /);
  assert.deepEqual(await readdir(directory), []);
  socket.destroy();
});

test('a stated length over the limit is refused before the client is told to continue', async (t) => {
  const { port } = await serve(t, upload);
  const socket = await dial(port);
  const answer = talk(socket, /\}/);
  socket.write(`${HEAD}Content-Length: 999999999\r\nExpect: 100-continue\r\n\r\n`);
  assert.match(await answer, /^HTTP\/1\.1 413 /);
  socket.destroy();
  const good = await dial(port);
  const told = talk(good, /\r\n\r\n/);
  good.write(`${HEAD}Content-Length: 500\r\nExpect: 100-continue\r\n\r\n`);
  assert.match(await told, /^HTTP\/1\.1 100 Continue/);
  good.destroy();
});

test('a client that goes mid-upload takes its file with it', async (t) => {
  const { port, directory } = await serve(t, upload);
  for (const leave of ['destroy', 'resetAndDestroy', 'end'] as const) {
    const socket = await dial(port);
    socket.on('error', () => {});
    socket.write(`${HEAD}Content-Length: 100000\r\n\r\n${FILE}some of it`);
    await until('the file is there', async () => (await readdir(directory)).length === 1);
    socket[leave]();
    await until(`the file is gone after ${leave}`, async () => (await readdir(directory)).length === 0);
  }
});

test('an upload that stalls is given up', async (t) => {
  const { port, directory } = await serve(t, (server, folder) => upload(server, folder, 100));
  const socket = await dial(port);
  const answer = talk(socket, /\}/);
  socket.write(`${HEAD}Content-Length: 100000\r\n\r\n${FILE}some of it`);
  assert.match(await answer, /^HTTP\/1\.1 504 [\s\S]*no byte of the upload came/);
  assert.deepEqual(await readdir(directory), []);
  socket.destroy();
});

test('the signal fires when the client goes while we work, and while we answer', async (t) => {
  const events: string[] = [];
  const { port } = await serve(t, ({ app }) => {
    app.get('/work', async (request) => {
      const signal = requestSignal(request);
      events.push('working');
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    app.get('/stream', async (request, reply) => {
      const source = (async function* () {
        try {
          for (;;) {
            yield Buffer.alloc(65_536);
            events.push('chunk');
          }
        } finally {
          events.push('returned');
        }
      })();
      requestSignal(request).addEventListener('abort', () => events.push('aborted'));
      return reply.send(streamBody(await started(source, requestSignal(request))));
    });
    app.get('/done', async (request) => {
      requestSignal(request).addEventListener('abort', () => events.push('wrong'));
      return {};
    });
  });
  const socket = await dial(port);
  socket.write('GET /work HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await until('working', () => events.includes('working'));
  socket.destroy();

  const reader = await dial(port);
  reader.pause();
  reader.write('GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await until('chunks', () => events.includes('chunk'));
  // Nobody reads: the source must come to a stop once the buffers on the way are full.
  let before = -1;
  await until('the source waits', async () => {
    const now = events.length;
    const still = now === before;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return still && now === events.length;
  });
  assert.ok(events.length < 1_000, `${events.length} chunks of 64 KiB without a reader`);
  reader.destroy();
  await until('returned', () => events.includes('returned') && events.includes('aborted'));

  await (await fetch(`http://127.0.0.1:${port}/done`)).text();
  assert.ok(!events.includes('wrong'));
});

test('an error after the first byte cuts the connection; one before it is an answer', async (t) => {
  const { port } = await serve(t, ({ app }) => {
    const source = async function* (chunks: number) {
      for (let i = 0; i < chunks; i += 1) yield Buffer.from('abc');
      throw new VoxError('runner_crashed', 'it died');
    };
    app.get<{ Params: { chunks: string } }>('/stream/:chunks', async (request, reply) =>
      reply.send(streamBody(await started(source(Number(request.params.chunks)), requestSignal(request)))),
    );
    app.get('/lines', async (_request, reply) =>
      reply.send(streamBody(ndjson(source(1), (error) => ({ error: VoxError.from(error).message })))),
    );
  });
  const url = `http://127.0.0.1:${port}`;
  const early = await fetch(`${url}/stream/0`);
  assert.equal(early.status, 500);
  assert.deepEqual(await early.json(), { detail: 'it died' });
  const late = await fetch(`${url}/stream/2`);
  assert.equal(late.status, 200);
  await assert.rejects(late.arrayBuffer());
  assert.match(await (await fetch(`${url}/lines`)).text(), /\n\{"error":"it died"\}\n$/);
});

test('what is not HTTP, or has a huge header, gets 400 as JSON, and the server lives', async (t) => {
  const { port } = await serve(t, ({ app }) => {
    app.get('/ok', async () => 'ok');
  });
  const cases: [string, RegExp][] = [
    ['NONSENSE\r\n\r\n', /not valid HTTP/],
    [
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(10_000_000)}\r\n\r\n`,
      /header is too large \(limit 16384 bytes\)/,
    ],
    ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', /not valid HTTP/],
    [
      'POST /ok HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      /not valid HTTP|POST is not allowed/,
    ],
  ];
  for (const [bytes, text] of cases) {
    const socket = await dial(port);
    const answer = talk(socket);
    socket.write(bytes);
    const got = await answer;
    assert.match(got, /^HTTP\/1\.1 40[05] [\s\S]*application\/json/);
    assert.match(got, text);
  }
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/ok`)).text(), 'ok');
});

test('a header that does not come in time ends the connection with 400', async (t) => {
  const { port } = await serve(t, () => {}, { headerTimeoutMs: 100 });
  const socket = await dial(port);
  const answer = talk(socket);
  socket.write('GET / HTTP/1.1\r\nHost: loc');
  assert.match(await answer, /^HTTP\/1\.1 400 [\s\S]*did not come in time/);
});

test('routes: 404, 405 with Allow, malformed escapes, request ids, errors in the shape of their path', async (t) => {
  const { server, lines } = await serve(t, ({ app }) => {
    app.errorShapes.add('/api/', ({ message }) => ({ api: message }));
    app.get('/api/a/:id', async () => 'a');
    app.delete('/api/a/*', async () => 'a');
    app.post('/fault', async () => {
      throw new Error('secret /path');
    });
    app.post('/busy', async () => {
      throw new VoxError('overloaded', 'later', { retryAfter: 2.2 });
    });
    app.post('/json', async (request) => readJson(request, { maxBytes: 100 }));
  });
  const ask = (method: 'GET' | 'POST' | 'PUT', url: string, extra: object = {}) =>
    server.app.inject({ method, url, ...extra });
  assert.deepEqual((await ask('GET', '/api/none?api_key=k')).json(), { api: 'no route GET /api/none' });
  const wrong = await ask('PUT', '/api/a/1');
  assert.equal(wrong.statusCode, 405);
  assert.equal(wrong.headers.allow, 'DELETE, GET, HEAD');
  const malformed = await ask('GET', '/api/a/%zz');
  assert.equal(malformed.statusCode, 400);
  assert.match(malformed.json().api, /percent-encoding/);
  const fault = await ask('POST', '/fault', { headers: { 'x-request-id': 'abc-1' } });
  assert.equal(fault.statusCode, 500);
  assert.equal(fault.headers['x-request-id'], 'abc-1');
  assert.doesNotMatch(fault.body, /secret/);
  assert.match(fault.body, /abc-1/);
  assert.ok(lines.some((line) => line.includes('secret /path')));
  const busy = await ask('POST', '/busy', { headers: { 'x-request-id': 'a b\n' } });
  assert.equal(busy.statusCode, 429);
  assert.equal(busy.headers['retry-after'], '3');
  assert.match(String(busy.headers['x-request-id']), /^[0-9a-f]{12}$/);
  const json = async (payload: string | Buffer) => (await ask('POST', '/json', { payload })).statusCode;
  assert.equal(await json('{"a":1}'), 200);
  assert.equal(await json(''), 400);
  assert.equal(await json('{'), 400);
  assert.equal(await json('['.repeat(33) + ']'.repeat(33)), 400);
  assert.equal(await json('['.repeat(32) + ']'.repeat(32)), 200);
  assert.equal(await json('"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\"[[[[[["'), 200);
  assert.equal(await json(Buffer.from([0x22, 0xff, 0x22])), 400);
  assert.equal(await json(`"${'x'.repeat(200)}"`), 413);
  assert.ok(!lines.join('').includes('api_key'), 'the query string is not logged');
});

test('close lets running requests finish, answers 503 meanwhile, then aborts', async (t) => {
  let finish: (() => void) | undefined;
  let began = false;
  let aborted: unknown;
  const { server, port } = await serve(
    t,
    ({ app }) => {
      app.get('/slow', async () => new Promise((resolve) => (finish = () => resolve('done'))));
      app.get('/endless', async (request) => {
        const signal = requestSignal(request);
        began = true;
        await new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            aborted = signal.reason;
            reject(signal.reason);
          }),
        );
      });
      app.get('/ok', async () => 'ok');
    },
    { graceMs: 300 },
  );
  const url = `http://127.0.0.1:${port}`;
  const idle = await dial(port);
  const first = talk(idle, /ok$/);
  idle.write('GET /ok HTTP/1.1\r\nHost: localhost\r\n\r\nGET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await first;
  const endless = fetch(`${url}/endless`);
  await until('both run', () => finish !== undefined && began);
  const closed = server.close();
  assert.equal(server.close(), closed, 'idempotent');
  await until('no new connections', async () =>
    fetch(`${url}/ok`).then(
      () => false,
      () => true,
    ),
  );
  const rest = talk(idle);
  finish?.();
  assert.match(await rest, /done$/);
  const answer = await endless;
  assert.equal(answer.status, 503);
  assert.equal((aborted as VoxError).code, 'shutting_down');
  assert.equal(answer.headers.get('retry-after'), '5');
  await closed;
});
