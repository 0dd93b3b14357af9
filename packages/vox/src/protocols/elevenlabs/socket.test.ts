/** `stream-input` and `multi-stream-input`, message for message. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { until } from '../../transport/waiting.test.support.js';
import { serve } from './serve.test.support.js';

const DONE = { durationMs: 100, processingMs: 5, warnings: [] };
const NOTHING = { normalizedAlignment: null, alignment: null };

test('one text: the first blank, words, flush, the end', async (t) => {
  const { connect, runtime } = await serve(t);
  const client = await connect(
    'JBFqnCBsd6RMkjVDRZzb/stream-input?model_id=tts-1&output_format=pcm_24000&language_code=en',
  );
  client.send({
    text: ' ',
    voice_settings: { speed: 1.2, stability: 1 },
    generation_config: {},
    xi_api_key: 'k',
  });
  client.send({ text: 'Hello ', try_trigger_generation: true });
  client.send({ text: 'there. ', flush: true });
  await until('the speech', () => runtime.asked.speakStream.length === 1);
  const speech = runtime.asked.speakStream[0];
  assert.ok(speech);
  await until('the text', () => speech.log.length === 3);
  assert.deepEqual(speech.log, ['text Hello ', 'text there. ', 'flush']);
  const { signal, ...request } = speech.request;
  assert.deepEqual(request, {
    model: 'tts-1',
    voice: 'default',
    speed: 1.2,
    format: 'pcm',
    sampleRate: 24_000,
    language: 'en',
  });
  await speech.listener.audio(Buffer.from([1, 2]));
  await speech.listener.audio(Buffer.from([3, 4]));
  const { warnings, ...first } = await client.next();
  assert.deepEqual(first, { audio: 'AQI=', isFinal: null, ...NOTHING });
  assert.deepEqual(
    (warnings as { option: string }[]).map(({ option }) => option),
    ['voice_id', 'voice_settings'],
  );
  assert.deepEqual(await client.next(), { audio: 'AwQ=', isFinal: null, ...NOTHING });
  client.send({ text: '' });
  await until('the end', () => speech.log.includes('finish'));
  speech.end(DONE);
  assert.deepEqual(await client.next(), { audio: null, isFinal: true, ...NOTHING });
  assert.deepEqual(await client.closed, [1000, '']);
  assert.equal(signal.aborted, true);
});

test('several texts at once, each by its id; keep-alives begin nothing', async (t) => {
  const { connect, runtime } = await serve(t);
  const client = await connect('af_nova/multi-stream-input?output_format=ulaw_8000&auto_mode=true');
  client.send({ text: '' });
  for (const id of ['a', 'b']) {
    client.send({ text: ' ', voice_settings: {}, context_id: id });
    client.send({ text: `I am ${id}. `, context_id: id, flush: true });
  }
  client.send({ text: '', context_id: 'a' });
  client.send({ context_id: 'b', flush: true });
  await until('both', () => runtime.asked.speakStream.length === 2);
  const [a, b] = runtime.asked.speakStream;
  assert.ok(a && b);
  await until('the text', () => b.log.length === 3);
  assert.deepEqual(
    [a.log, b.log],
    [
      ['text I am a. ', 'flush'],
      ['text I am b. ', 'flush', 'flush'],
    ],
  );
  assert.deepEqual([a.request.format, a.request.sampleRate, a.request.voice], ['mulaw', 8_000, 'af_nova']);
  await b.listener.audio(Buffer.from([1]));
  await a.listener.audio(Buffer.from([2]));
  assert.deepEqual(await client.next(), { audio: 'AQ==', isFinal: null, ...NOTHING, contextId: 'b' });
  assert.deepEqual(await client.next(), { audio: 'Ag==', isFinal: null, ...NOTHING, contextId: 'a' });
  client.send({ context_id: 'a', close_context: true });
  await until('the end of a', () => a.log.includes('finish'));
  a.end(DONE);
  assert.deepEqual(await client.next(), { audio: null, isFinal: true, ...NOTHING, contextId: 'a' });
  // One that never had a word is over at once.
  client.send({ text: ' ', context_id: 'c' });
  client.send({ context_id: 'c', close_context: true });
  assert.deepEqual(await client.next(), { audio: null, isFinal: true, ...NOTHING, contextId: 'c' });
  client.send({ close_socket: true });
  await until('the end of b', () => b.log.includes('finish'));
  b.end(DONE);
  assert.equal((await client.next()).contextId, 'b');
  assert.deepEqual(await client.closed, [1000, '']);
});

test('what fails: one context of several, or the connection', async (t) => {
  const { connect, runtime } = await serve(t);
  const client = await connect('default/multi-stream-input');
  client.send({ text: 'One. ', context_id: 'a' });
  client.send({ text: 'Two. ', context_id: 'b' });
  await until('both', () => runtime.asked.speakStream.length === 2);
  runtime.asked.speakStream[0]?.fail(new VoxError('runner_crashed', 'it died'));
  assert.deepEqual(await client.next(), {
    message: 'it died',
    error: 'runner_crashed',
    code: 1011,
    contextId: 'a',
  });
  assert.equal((await client.next()).isFinal, true);
  // Signs alone are no error.
  runtime.asked.speakStream[1]?.fail(new VoxError('invalid_request', 'nothing', { param: 'text' }));
  assert.deepEqual(await client.next(), { audio: null, isFinal: true, ...NOTHING, contextId: 'b' });
  client.send('{');
  assert.equal((await client.next()).error, 'invalid_request');
  assert.equal((await client.closed)[0], 1008);

  runtime.script.speakError = new VoxError('overloaded', 'full');
  const single = await connect('default/stream-input');
  single.send({ text: 'Hello. ' });
  assert.deepEqual(await single.next(), {
    message: 'full',
    error: 'too_many_concurrent_requests',
    code: 1013,
  });
  assert.deepEqual(await single.closed, [1013, 'full']);
  const nobody = await connect('nobody/stream-input');
  nobody.send({ text: 'Hello. ' });
  assert.equal((await nobody.next()).error, 'voice_not_found');
});

test('a context that had too much text is not spoken on, and its name is free', async (t) => {
  const { connect, runtime } = await serve(t);
  const client = await connect('default/multi-stream-input');
  client.send({ text: 'One. ', context_id: 'a' });
  await until('the speech', () => runtime.asked.speakStream.length === 1);
  client.send({ text: 'x'.repeat(101), context_id: 'a' });
  assert.equal((await client.next()).error, 'too_large');
  assert.ok(runtime.asked.speakStream[0]?.log.includes('cancelled'));
  client.send({ text: 'Two. ', context_id: 'a' });
  client.send({ context_id: 'a', close_context: true });
  await until('the next', () => runtime.asked.speakStream[1]?.log.includes('finish') === true);
  runtime.asked.speakStream[1]?.end(DONE);
  assert.deepEqual(await client.next(), { audio: null, isFinal: true, ...NOTHING, contextId: 'a' });
});

test('a client that goes ends the work; one that is silent is let go', async (t) => {
  const { connect, runtime } = await serve(t);
  const client = await connect('default/stream-input');
  client.send({ text: 'Hello. ' });
  await until('the speech', () => runtime.asked.speakStream.length === 1);
  client.ws.terminate();
  await until('the cancellation', () => runtime.asked.speakStream[0]?.log.includes('cancelled') === true);
  const silent = await connect('default/multi-stream-input?inactivity_timeout=1');
  assert.deepEqual(await silent.closed, [1000, 'nothing came for 1 s']);
  for (const query of ['inactivity_timeout=500', 'output_format=wav_16000', 'output_format=x'])
    await assert.rejects(connect(`default/stream-input?${query}`), /400/);
});
