/** What a server may answer an utterance with, said by a server that answers nothing else. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, it } from 'node:test';
import { WebSocketServer } from 'ws';
import { Failure } from './envelope.js';
import { Session } from './session.js';
import { deadlineMs, type Spoken, speakUtterance, withDeadline } from './utterance.js';

/** One chunk of 80 ms. */
const PCM = Buffer.alloc(2_560);

let server: WebSocketServer;
/** What is answered to the final commit; the request id is put in. */
let answers: readonly { type: string; payload: object; request_id?: string }[] = [];
/** Close instead, with this. */
let close: readonly [number, string] | undefined;

before(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const { payload, request_id } = JSON.parse(String(data));
      if (payload.final !== true) return;
      for (const answer of answers) socket.send(JSON.stringify({ session_id: 's', request_id, ...answer }));
      if (close !== undefined) socket.close(...close);
    });
  });
});
after(() => {
  for (const socket of server.clients) socket.terminate();
  server.close();
});

async function speak(
  said: typeof answers,
  closing?: readonly [number, string],
  signal = AbortSignal.timeout(30_000),
): Promise<Spoken> {
  answers = said;
  close = closing;
  const session = await Session.open({
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    headers: {},
    model: undefined,
    debug: undefined,
    signal,
  });
  try {
    return await speakUtterance(session, PCM, { first: true, signal });
  } finally {
    session.abandon();
  }
}

const token = (text: string) => ({ type: 'token', payload: { text } });
const done = { type: 'done', payload: { usage: { total_tokens: 3 } } };
const error = (code: string) => ({ type: 'error', payload: { code, message: 'why' } });

it('joins the tokens of its own request, until the final says the whole', async () => {
  const stranger = { ...token(' Not me.'), request_id: 'another' };
  assert.equal((await speak([token('One'), stranger, token(' two'), done])).text, 'One two');
  const final = { type: 'final', payload: { normalized_text: 'One, two.' } };
  const spoken = await speak([token('One'), token(' two'), final, done]);
  assert.equal(spoken.text, 'One, two.');
  assert.equal(spoken.figures.partials, 2);
  assert.deepEqual(spoken.usage, { total_tokens: 3 });
});

it('goes on after a chunk that was not understood and after audio that was dropped, and says so', async () => {
  const status = { type: 'status', payload: { kind: 'overload_drop', dropped_seconds: 0.08 } };
  const { notes } = await speak([error('invalid_audio'), status, done]);
  assert.deepEqual(notes, ['error: why', 'status: {"kind":"overload_drop","dropped_seconds":0.08}']);
});

it('ends where the server ends it', async () => {
  const fails = (said: typeof answers, message: RegExp, closing?: readonly [number, string]) =>
    assert.rejects(speak(said, closing), (error) => error instanceof Failure && message.test(error.message));
  await fails([error('processing_error')], /^processing_error: why$/);
  await fails([{ type: 'cancelled', payload: { reason: 'barge_in' } }], /cancelled the utterance: barge_in$/);
  await fails([], /closed the connection: 4003 max connection/, [4003, 'max connection duration reached']);
  await fails([token('One')], /closed the connection: 1013$/, [1013, '']);
});

it('gives a silent server up at its deadline, and stops when it is told to', async () => {
  const deadline = withDeadline(200, new AbortController().signal);
  await assert.rejects(speak([], undefined, deadline.signal), /^Error: not done within 0 s$/);
  const stop = new AbortController();
  const stopped = new Error('stopped');
  setTimeout(() => stop.abort(stopped), 100);
  await assert.rejects(speak([], undefined, stop.signal), (error) => error === stopped);
});

it('waits as long as the original, and never less than the audio and a minute', () => {
  assert.equal(deadlineMs(2_000), 89_000);
  assert.equal(deadlineMs(0), 85_000);
  assert.equal(deadlineMs(280_000), 600_000);
  assert.equal(deadlineMs(1_200_000), 1_260_000);
});
