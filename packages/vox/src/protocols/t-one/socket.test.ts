import assert from 'node:assert/strict';
import { test } from 'node:test';
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
