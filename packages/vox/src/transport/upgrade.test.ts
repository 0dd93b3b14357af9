import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { pino } from 'pino';
import { WebSocket, WebSocketServer } from 'ws';
import { ErrorShapes } from './errors.js';
import { LiveSocket } from './socket.js';
import { Upgrades } from './upgrade.js';

const log = pino({ enabled: false });

describe('WebSockets', () => {
  let server: Server;
  afterEach(() => server.close());

  async function start(check: () => void = () => {}) {
    server = createServer();
    const upgrades = new Upgrades(server, { log, check, shapes: new ErrorShapes() });
    const sockets: LiveSocket[] = [];
    upgrades.add({ path: '/echo', maxMessageBytes: 100, open: (socket) => sockets.push(socket) });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { upgrades, sockets, url };
  }
  async function refusal(url: string): Promise<[number, unknown]> {
    const ws = new WebSocket(url);
    ws.on('error', () => {});
    const [, response] = await once(ws, 'unexpected-response');
    let body = '';
    for await (const piece of response) body += piece;
    return [response.statusCode, JSON.parse(body)];
  }

  it('refuses with the status and a body: a path that is none, and what the guard refuses', async () => {
    const { url } = await start();
    const [status, body] = await refusal(`${url}/other?api_key=x`);
    assert.equal(status, 404);
    assert.match((body as { detail: string }).detail, /\/other/);
    server.close();
    const guarded = await start(() => {
      throw new VoxError('unauthorized', 'missing or invalid API key');
    });
    assert.equal((await refusal(`${guarded.url}/echo`))[0], 401);
  });

  it('takes a part of the path for a name, and lets a route refuse before there is a socket', async () => {
    const { url, upgrades, sockets } = await start();
    const check = (request: { readonly url?: string | undefined }): void => {
      if (request.url?.includes('bad')) throw new VoxError('invalid_request', 'bad: not so');
    };
    upgrades.add({ path: '/voices/:voice/speak', check, open: (socket) => sockets.push(socket) });
    const ws = new WebSocket(`${url}/voices/joe/speak?x=1`, ['token', 'key']);
    await once(ws, 'open');
    assert.equal(ws.protocol, 'token', 'the first subprotocol is the answer');
    ws.terminate();
    assert.deepEqual(await refusal(`${url}/voices/joe/speak?bad`), [400, { detail: 'bad: not so' }]);
    for (const path of ['/voices/joe', '/voices//speak', '/voices/a/b/speak', '/x/voices/joe/speak'])
      assert.equal((await refusal(`${url}${path}`))[0], 404, path);
    assert.equal(sockets.length, 1);
  });

  it('carries text and bytes, and tells when the client is gone', async () => {
    const { url, sockets, upgrades } = await start();
    const ws = new WebSocket(`${url}/echo`);
    await once(ws, 'open');
    const [socket] = sockets;
    assert.ok(socket);
    const seen: (string | number[])[] = [];
    const both = new Promise<void>((resolve) => {
      socket.onMessage((data) => {
        seen.push(typeof data === 'string' ? data : [...data]);
        if (seen.length === 2) resolve();
      });
    });
    ws.send('hello');
    ws.send(Buffer.from([1, 2]));
    await both;
    assert.deepEqual(seen, ['hello', [1, 2]]);
    ws.terminate();
    await new Promise((resolve) => socket.signal.addEventListener('abort', resolve));
    assert.equal(upgrades.count, 0);
  });

  it('closes with 1009 on a message that is too large, and with 1001 when the server stops', async () => {
    const { url, upgrades } = await start();
    const large = new WebSocket(`${url}/echo`);
    await once(large, 'open');
    large.send(Buffer.alloc(101));
    assert.equal((await once(large, 'close'))[0], 1009);
    const ws = new WebSocket(`${url}/echo`);
    await once(ws, 'open');
    await upgrades.close(0);
    assert.equal((await once(ws, 'close'))[0], 1001);
  });

  it('lets interim messages replace each other while the reader is slow, and keeps the others', async () => {
    const { url, sockets } = await start();
    const ws = new WebSocket(`${url}/echo`);
    await once(ws, 'open');
    const [socket] = sockets;
    assert.ok(socket);
    ws.pause();
    const filler = 'x'.repeat(1 << 20);
    for (let i = 0; i < 16; i++) socket.send(filler);
    for (let i = 0; i < 5; i++) {
      socket.send(`partial ${i}`, { key: 'partial' });
      socket.send(`final ${i}`);
    }
    const seen: string[] = [];
    const done = new Promise<void>((resolve) => {
      ws.on('message', (data) => {
        const text = data.toString();
        if (!text.startsWith('x')) seen.push(text);
        if (text === 'final 4') resolve();
      });
    });
    ws.resume();
    await done;
    assert.deepEqual(
      seen.filter((text) => text.startsWith('final')),
      [0, 1, 2, 3, 4].map((i) => `final ${i}`),
    );
    assert.deepEqual(
      seen.filter((text) => text.startsWith('partial')),
      ['partial 4'],
    );
    ws.terminate();
  });

  it('learns that a client is gone also while it does not read', async () => {
    const { url, sockets } = await start();
    const ws = new WebSocket(`${url}/echo`);
    await once(ws, 'open');
    const [socket] = sockets;
    assert.ok(socket);
    socket.pause();
    // What lies in the system's buffers hides the end from who doesn't read.
    for (let i = 0; i < 1000; i++) ws.send(Buffer.alloc(100));
    await new Promise((resolve) => ws.send('last', resolve));
    ws.terminate();
    await new Promise((resolve) => socket.signal.addEventListener('abort', resolve));
  });

  it('cuts off a client that vanished without a word, and no silent one', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const sockets: LiveSocket[] = [];
    server.on('connection', (ws) => sockets.push(new LiveSocket(ws, 25)));
    const silent = new WebSocket(url);
    await once(silent, 'open');
    // A stand-in for a machine that lost its network: it answers no ping.
    const vanished = new WebSocket(url, { autoPong: false });
    await once(vanished, 'open');
    await once(vanished, 'close');
    let pings = 0;
    await new Promise<void>((resolve) => silent.on('ping', () => ++pings === 3 && resolve()));
    assert.deepEqual(
      sockets.map(({ signal }) => signal.aborted),
      [false, true],
    );
    silent.terminate();
    server.close();
  });
});
