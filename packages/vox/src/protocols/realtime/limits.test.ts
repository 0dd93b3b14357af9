/** Sockets that ask too much, too fast, or go: nothing grows without bound, and places come free. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { until } from '../../transport/waiting.test.support.js';
import { Intake } from './intake.js';
import { CHUNK, MANUAL, serve, started } from './serve.test.support.js';

test('15 MiB at once: in pieces with others in between, in order, and the client waits meanwhile', async () => {
  let room = 0;
  const intake = new Intake(() => room++);
  const log: string[] = [];
  let accepts = true;
  const session = {
    append(bytes: Uint8Array) {
      log.push(String(bytes.length));
      return accepts;
    },
    commit: () => void log.push('commit'),
  };
  const big = Buffer.alloc(15 * 2 ** 20, 0x55);
  assert.equal(intake.push(big), false);
  intake.commit();
  accepts = false;
  intake.open(session as unknown as Parameters<Intake['open']>[0]);
  assert.deepEqual(log, ['65536'], 'no more than a piece while the session has no room');
  accepts = true;
  intake.drained();
  assert.equal(log.length, 2, 'a piece a turn');
  await until('the commit', () => log.includes('commit'));
  assert.equal(log.at(-1), 'commit');
  const bytes = log.slice(0, -1).map(Number);
  assert.equal(
    bytes.reduce((sum, one) => sum + one, 0),
    big.length,
  );
  assert.equal(room, 1);
});

test('15 MiB in one message: in order, and whole or not at all', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted(MANUAL);
  const session = await live(0);
  const big = randomBytes(15 * 2 ** 20);
  client.append(CHUNK);
  client.send('input_audio_buffer.append', {
    audio: `${big.toString('base64', 0, 300_000)}?AAA`,
    event_id: 'wrong',
  });
  client.append(big);
  client.append(CHUNK);
  client.commit();
  const { error } = (await client.next('error')) as { error: Record<string, unknown> };
  assert.deepEqual([error.event_id, error.param], ['wrong', 'audio']);
  await until('the commit', () => session.log.includes('commit'));
  assert.ok(Buffer.concat(session.audio).equals(Buffer.concat([CHUNK, big, CHUNK])));
  assert.equal(session.log.at(-1), 'commit');
});

test('a full session is not read; it goes on where it was once there is room', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted(MANUAL);
  const session = await live(0);
  session.hasRoom = false;
  const second = Buffer.alloc(48_000);
  for (let i = 0; i < 60; i++) client.append(second);
  client.append(Buffer.alloc(2));
  await until('the first', () => session.audio.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(session.audio.length, 1);
  session.hasRoom = true;
  session.listener.onDrain();
  await until('all', () => Buffer.concat(session.audio).length === 60 * 48_000 + 2);
});

test('who leaves in the middle of an utterance frees the place at once', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted();
  client.append();
  const { request, listener } = await live(0);
  listener.onEvent(started(1, 0));
  await client.next('input_audio_buffer.speech_started');
  client.socket.ws.terminate();
  await until('the abort', () => request.signal.aborted);
});

test('a full machine: told, and closed to come again', async (t) => {
  const { greeted, runtime } = await serve(t);
  const client = await greeted();
  runtime.script.listenError = new VoxError('overloaded', 'no room for another stream', { retryAfter: 2 });
  client.append();
  const { error } = (await client.next('error')) as { error: Record<string, unknown> };
  assert.deepEqual(error, {
    type: 'invalid_request_error',
    code: 'rate_limit_exceeded',
    message: 'no room for another stream',
    param: null,
    event_id: null,
  });
  assert.deepEqual(await client.socket.closed, [1013, 'no room for another stream']);
});

test('a model that can not be opened is told once, and a commit is answered; the next update tries again', async (t) => {
  const { greeted, runtime, live } = await serve(t);
  const client = await greeted();
  runtime.script.listenError = new VoxError('model_broken', 'pull it again');
  client.append();
  assert.equal(((await client.next('error')).error as { code: string }).code, 'model_broken');
  for (let i = 0; i < 5; i++) client.append();
  client.commit();
  assert.equal(((await client.next('error')).error as { code: string }).code, 'model_broken');
  delete runtime.script.listenError;
  await client.update(MANUAL);
  client.append(CHUNK);
  const session = await live(0);
  await until('audio', () => session.audio.length === 1);
});

test('what was sent and lost with the engine is a failed item, not one without words', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted(MANUAL);
  const { listener } = await live(0);
  client.append();
  await client.settled();
  listener.onError(new VoxError('runner_crashed', 'out of cheese'));
  assert.equal(((await client.next('error')).error as { code: string }).code, 'runner_crashed');
  client.commit();
  await client.take(3);
  await client.next('conversation.item.input_audio_transcription.failed');
  client.commit();
  await client.take(3);
  await client.next('conversation.item.input_audio_transcription.completed');
});

test('commits without end wait for their answers', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted(MANUAL);
  const { log } = await live(0);
  client.append();
  for (let i = 0; i < 2_000; i++) client.commit();
  await until('many', () => log.filter((one) => one === 'commit').length >= 256);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const commits = log.filter((one) => one === 'commit').length;
  // What one read of the network brought is answered too.
  assert.ok(commits < 2_000, `${commits}`);
});

test('idle and overlong connections are told why, and closed', async (t) => {
  const idle = await serve(t, { settings: { idleMs: 1 } });
  const quiet = await idle.greeted();
  const { error } = (await quiet.next('error')) as { error: Record<string, unknown> };
  assert.equal(error.code, 'idle_timeout');
  assert.equal((await quiet.socket.closed)[0], 4000);
  const short = await serve(t, { settings: { maxDurationMs: 1 } });
  const long = await short.greeted();
  assert.equal(((await long.next('error')).error as { code: string }).code, 'session_expired');
  assert.equal((await long.socket.closed)[0], 4003);
});
