import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { type Upstream, VoxError } from '@vox-speech/contract';
import { type WebSocket, WebSocketServer } from 'ws';
import { openRealtime } from './realtime.js';
import { RealtimeConnections } from './realtime-connections.js';
import { until } from './upstream.test-support.js';
import type { Upstreams } from './upstreams.js';

/** What an upstream does with one connection; it greets unless it is told not to. */
interface Manner {
  readonly greets?: boolean;
  heard?(message: { type: string; final?: boolean }, socket: WebSocket): void;
}

const say = (socket: WebSocket, message: object): void => socket.send(JSON.stringify(message));
const done = (socket: WebSocket, text: string): void => say(socket, { type: 'transcription.done', text });
/** Says all it has to say at the end. */
const LISTENER: Manner = {
  heard: ({ final }, socket) => {
    if (final === true) done(socket, 'hello');
  },
};

/** A stand-in for `/v1/realtime` that hears nothing: it does what the test says with each connection. */
async function standIn(t: TestContext, manner: (connection: number) => Manner) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  t.after(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const messages: string[][] = [];
  server.on('connection', (socket) => {
    const mine: string[] = [];
    const { greets = true, heard } = manner(messages.push(mine));
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { type: string; final?: boolean };
      mine.push(message.final === true ? 'end' : message.type.replace('input_audio_buffer.', ''));
      heard?.(message, socket);
    });
    if (greets) say(socket, { type: 'session.created' });
  });
  const upstream: Upstream = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  return { upstream, messages, server };
}

/** The first upstream that was not tried yet. */
const inOrder = (...all: readonly Upstream[]): Upstreams => ({
  take(tried = new Set()) {
    const upstream = all.find((one) => !tried.has(one));
    if (upstream === undefined) throw new VoxError('upstream_unavailable', 'none is left');
    return { upstream, release() {} };
  },
});

/** An utterance, and what is told of it. */
function utterance(
  t: TestContext,
  upstreams: Upstreams,
  stallMs: number,
  connections = new RealtimeConnections('test/model'),
) {
  const told: { text: string; done?: string; error?: VoxError; drained: number } = { text: '', drained: 0 };
  const stream = openRealtime(
    { upstreams, connections, stallMs },
    {
      delta(text) {
        told.text += text;
      },
      done(text) {
        told.done = text;
      },
      failed(error) {
        told.error = error;
      },
      drained() {
        told.drained++;
      },
    },
  );
  t.after(() => {
    stream.close();
    connections.close();
  });
  return { stream, told, connections };
}

const STEP = new Float32Array(1_280);

describe('an utterance over the realtime wire', () => {
  it('goes elsewhere where nobody greets, with all that came meanwhile, and is not late there', async (t) => {
    const mute = await standIn(t, () => ({ greets: false }));
    // Takes its time, but less than the stall.
    const slow = await standIn(t, () => ({
      heard: ({ final }, socket) => {
        if (final === true) setTimeout(() => done(socket, 'hello'), 400);
      },
    }));
    const { stream, told } = utterance(t, inOrder(mute.upstream, slow.upstream), 600);
    let room = true;
    // More than is kept once an upstream listens.
    for (let step = 0; step < 70; step++) room = stream.push(STEP);
    assert.equal(room, false);
    stream.finish();
    await until('it is heard', () => told.done !== undefined || told.error !== undefined);
    assert.deepEqual([told.error, told.done, told.drained], [undefined, 'hello', 1]);
    assert.equal(slow.messages[0]?.filter((one) => one === 'append').length, 70);
  });

  it('goes elsewhere after an error and after silence, as long as nothing was heard', async (t) => {
    const broken = await standIn(t, () => ({
      heard: ({ type }, socket) => {
        if (type.endsWith('commit')) say(socket, { type: 'error', error: 'out of memory', code: 'x' });
      },
    }));
    const silent = await standIn(t, () => ({}));
    const well = await standIn(t, () => LISTENER);
    const all = inOrder(broken.upstream, silent.upstream, well.upstream);
    const { stream, told } = utterance(t, all, 200);
    stream.push(STEP);
    stream.finish();
    await until('it is heard', () => told.done === 'hello');
    assert.equal(told.error, undefined);
  });

  it('fails with what the upstream did, not with there being no other one', async (t) => {
    const silent = await standIn(t, () => ({}));
    const { stream, told } = utterance(t, inOrder(silent.upstream), 100);
    stream.push(STEP);
    await until('it fails', () => told.error !== undefined);
    assert.equal(told.error?.code, 'upstream_stalled');
    assert.match(told.error?.message ?? '', /has said nothing for/);
  });

  it('has not stalled where words alone are said, and the last ones after a long silence', async (t) => {
    const words = await standIn(t, () => ({
      heard: ({ type, final }, socket) => {
        if (type.endsWith('append') && final !== true) first(socket);
        if (final === true) setTimeout(() => done(socket, 'one two'), 300);
      },
    }));
    let told1 = false;
    function first(socket: WebSocket): void {
      if (!told1) say(socket, { type: 'transcription.delta', delta: 'one' });
      told1 = true;
    }
    const { stream, told } = utterance(t, inOrder(words.upstream), 400);
    stream.push(STEP);
    await until('the first word', () => told.text === 'one');
    stream.push(STEP);
    await new Promise((resolve) => setTimeout(resolve, 600));
    stream.finish();
    await until('the end', () => told.done !== undefined || told.error !== undefined);
    assert.deepEqual([told.error, told.done], [undefined, 'one two']);
  });

  it('takes a new connection where one that was used before is gone', async (t) => {
    const once = await standIn(t, (connection) => {
      let ends = 0;
      return {
        heard: ({ final }, socket) => {
          if (connection === 1 && ends === 1) socket.terminate();
          else if (final === true) done(socket, `hello ${connection}`);
          if (final === true) ends++;
        },
      };
    });
    const first = utterance(t, inOrder(once.upstream), 1_000);
    first.stream.push(STEP);
    first.stream.finish();
    await until('the first is heard', () => first.told.done === 'hello 1');
    const second = utterance(t, inOrder(once.upstream), 1_000, first.connections);
    second.stream.push(STEP);
    second.stream.finish();
    await until('the second is heard', () => second.told.done === 'hello 2');
    assert.equal(second.told.error, undefined);
  });
});
