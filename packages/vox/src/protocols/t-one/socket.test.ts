import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndReason } from '@vox-speech/contract';
import { SocketClient } from '../../transport/socket-client.test.support.js';
import { until } from '../../transport/waiting.test.support.js';
import { serve } from './serve.test.support.js';

const timing = { endpointToFinalMs: 1, sinceFirstAudioMs: 1, decodeMs: 1, revisedShare: 0 };

test('the demo: ready, transcripts, an empty message ends', async (t) => {
  const { url, runtime } = await serve(t);
  const client = await SocketClient.open(`${url.replace('http', 'ws')}/api/ws?language=ru`);
  const told = () => client.messages.map(({ event }) => event);
  await until('the first', () => told().length === 1);
  client.ws.send(Buffer.alloc(2400));
  client.ws.send(Buffer.alloc(1));
  await until('all three', () => told().length === 3);
  const [live] = runtime.asked.listen;
  assert.ok(live);
  assert.deepEqual(
    [live.request.options.sampleRate, live.request.options.language, live.log],
    [8000, 'ru', ['audio 2400', 'audio 1']],
  );
  live.listener.onEvent({
    type: 'final',
    utterance: 1,
    text: ' привет ',
    startMs: 1_000,
    endMs: 2_100,
    words: [{ text: 'привет', startMs: 1_788, endMs: 2_041 }],
    reason: 'silence',
    timing,
  });
  client.ws.send(Buffer.alloc(0));
  await until('what is heard', () => live.log.at(-1) === 'finish');
  live.listener.onEnd({ audioMs: 1, utterances: 1 });
  assert.equal((await client.closed)[0], 1000);
  const words = [{ text: 'привет', start_time: 1.79, end_time: 2.04 }];
  assert.deepEqual(client.messages.at(-1), {
    event: 'transcript',
    phrase: { text: 'привет', start_time: 1.79, end_time: 2.04, words },
  });
  assert.deepEqual(told(), ['ready', 'ready', 'ready', 'transcript']);
});

test('no ready while the queue is full; what goes wrong is told', async (t) => {
  const { url, runtime } = await serve(t);
  const client = await SocketClient.open(`${url.replace('http', 'ws')}/api/ws`);
  await until('the answer', () => client.messages.length === 1);
  const [live] = runtime.asked.listen;
  assert.ok(live);
  live.hasRoom = false;
  client.ws.send(Buffer.alloc(10));
  await until('what is heard', () => live.log.length === 1);
  assert.equal(client.messages.length, 1);
  live.listener.onDrain();
  await until('the answer', () => client.messages.length === 2);
  const wrong = await SocketClient.open(`${url.replace('http', 'ws')}/api/ws?sample_rate=fast`);
  const [code, reason] = await wrong.closed;
  assert.deepEqual([code, reason], [1008, 'sample_rate must be a number of Hz, not fast']);
  assert.equal(wrong.messages[0]?.event, 'error');
});

test('speech that is longer than the model’s window is one phrase', async (t) => {
  const { url, runtime } = await serve(t);
  const client = await SocketClient.open(`${url.replace('http', 'ws')}/api/ws?partials=true`);
  await until('the first', () => client.messages.length === 1);
  const [live] = runtime.asked.listen;
  assert.ok(live);
  const said = (utterance: number, text: string, startMs: number, endMs: number, reason: EndReason) =>
    live.listener.onEvent({ type: 'final', utterance, text, startMs, endMs, reason, timing });
  const phrases = () =>
    client.messages
      .filter(({ event }) => event === 'transcript')
      .map(({ phrase }) => Object.values(phrase as object));
  said(1, 'один', 0, 1_000, 'length');
  live.listener.onEvent({
    type: 'partial',
    utterance: 2,
    text: 'два',
    stable: 0,
    startMs: 1_000,
    endMs: 1_500,
  });
  said(2, 'два три', 1_000, 2_000, 'silence');
  await until('the phrase', () => phrases().length === 1);
  assert.deepEqual(phrases(), [['один два три', 0, 2]]);
  assert.deepEqual(client.messages.at(-2), { event: 'partial', text: 'один два' });
  // Nobody speaks on behind the cut: known once what came in is heard.
  said(3, 'четыре', 3_000, 4_000, 'length');
  client.ws.send(Buffer.alloc(16 * 7_500));
  client.ws.send(Buffer.alloc(16 * 200));
  await until('the second', () => phrases().length === 2);
  assert.deepEqual(live.log, ['audio 120000', 'audio 3200', 'heard']);
  // Nothing comes behind it at all.
  said(4, 'пять', 8_000, 9_000, 'length');
  live.listener.onEnd({ audioMs: 1, utterances: 4 });
  await client.closed;
  assert.deepEqual(phrases().slice(1), [
    ['четыре', 3, 4],
    ['пять', 8, 9],
  ]);
});

test('a text message is answered with what is taken, and the stream goes on', async (t) => {
  const { url } = await serve(t);
  const client = await SocketClient.open(`${url.replace('http', 'ws')}/api/ws`);
  await until('the first', () => client.messages.length === 1);
  client.ws.send('{"audio":"AAAA"}');
  client.ws.send(Buffer.alloc(10));
  await until('the answers', () => client.messages.length === 3);
  assert.deepEqual(
    client.messages.map(({ event }) => event),
    ['ready', 'error', 'ready'],
  );
  assert.match(String(client.messages[1]?.detail), /binary messages/);
});
