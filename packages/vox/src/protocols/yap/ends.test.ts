/** How utterances and connections end, what an engine has to say of it, and what the log keeps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { until } from '../../transport/waiting.test.support.js';
import { Client, final, serve } from './serve.test.support.js';

test('pieces of a model with a window are one utterance', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted();
  client.start();
  client.append();
  await client.settled();
  const session = await live(0);
  session.listener.onEvent(final('One.', 'length'));
  client.commit();
  await until('the commit', () => session.log.includes('commit'));
  // It was cut before the commit came, and is told after.
  session.listener.onEvent(final('Two.', 'length'));
  session.listener.onEvent(final('Three.'));
  const tokens: unknown[] = [];
  for (let i = 0; i < 3; i++) tokens.push(((await client.next('token')).payload as { text: string }).text);
  assert.deepEqual(tokens, ['One.', ' Two.', ' Three.']);
  const { payload } = await client.next('final');
  assert.equal((payload as { normalized_text: string }).normalized_text, 'One. Two. Three.');
  await client.next('done');
  assert.deepEqual(client.told('r1').slice(-2), ['final', 'done']);
});

test('end: session_end, close 1000, and what was open is abandoned; a dropped socket ends it at once', async (t) => {
  const { greeted, live, runtime, scrape } = await serve(t);
  const client = await greeted();
  client.start();
  client.append();
  client.send('end', 'bye');
  assert.deepEqual(await client.next('session_end'), {
    type: 'session_end',
    session_id: 's1',
    request_id: 'bye',
    payload: {},
  });
  assert.deepEqual(await client.socket.closed, [1000, '']);
  assert.ok((await live(0)).request.signal.aborted);

  const dropped = await greeted();
  dropped.start();
  dropped.append();
  await dropped.settled();
  dropped.socket.ws.terminate();
  await until('all is free', () => runtime.asked.listen.every(({ request }) => request.signal.aborted));
  assert.equal(runtime.asked.listen.length, 2);
  const figures = await scrape();
  assert.ok(figures.includes('vox_yap_utterances_total{outcome="abandoned"} 2'));
  assert.ok(figures.includes('vox_yap_connections 0'));
});

test('an engine that fails ends the utterance with an error, not the socket', async (t) => {
  const { greeted, live, runtime } = await serve(t);
  const client = await greeted();
  client.start();
  client.append();
  await client.settled();
  (await live(0)).listener.onError(new VoxError('upstream_stalled', 'silent for 30 s'));
  const { payload } = await client.next('error');
  assert.deepEqual(payload, {
    code: 'processing_error',
    message: 'silent for 30 s',
    details: { reason_code: 'processing_error', error: 'upstream_stalled' },
  });
  client.commit();
  assert.deepEqual(await client.error(), ['invalid_payload', 'no_active_request', 'r1']);

  // The next can't even be opened: who began it is told, whatever it is.
  const rows: [VoxError, [string, string]][] = [
    [new VoxError('overloaded', 'no room', { retryAfter: 5 }), ['server_at_capacity', 'server_at_capacity']],
    [new VoxError('internal', 'secret /home/x'), ['internal_error', 'internal_error']],
    [
      new VoxError('invalid_request', 'language xx', { param: 'language' }),
      ['invalid_payload', 'invalid_payload'],
    ],
  ];
  for (const [error, codes] of rows) {
    runtime.script.listenError = error;
    client.start('r2');
    assert.deepEqual(await client.error(), [...codes, 'r2']);
  }
  delete runtime.script.listenError;
  client.start('r3');
  client.append('r3');
  client.commit('r3');
  const last = await live(1);
  await until('the commit', () => last.log.includes('commit'));
  last.listener.onEvent(final('Fine.'));
  for (const type of ['token', 'final', 'done']) await client.next(type);
});

test('warnings of the engine stand in the final', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted();
  client.start();
  client.append();
  client.commit();
  const session = await live(0);
  await until('the commit', () => session.log.includes('commit'));
  const warning = { type: 'unsupported', option: 'words', message: 'no word times' } as const;
  session.listener.onEvent({ type: 'warning', warning });
  session.listener.onEvent(final(''));
  const { payload } = await client.next('final');
  assert.deepEqual((payload as { warnings: unknown }).warnings, [warning]);
});

test('no key and no word of a client in the log; its ids are', async (t) => {
  const { connect, lines, live } = await serve(t, { access: { keys: ['s3cret'], keyRequired: true } });
  const client = new Client(await connect('?api_key=s3cret'));
  await client.next('session.created');
  client.start();
  client.append();
  client.commit();
  const session = await live(0);
  await until('the commit', () => session.log.includes('commit'));
  session.listener.onEvent(final('confidential'));
  for (const type of ['token', 'final', 'done']) await client.next(type);
  const text = JSON.stringify(lines);
  assert.doesNotMatch(text, /s3cret|confidential/);
  const said = lines.find(({ msg }) => msg === 'utterance');
  assert.deepEqual([said?.session_id, said?.request_id, said?.outcome], ['s1', 'r1', 'done']);
});
