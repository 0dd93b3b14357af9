import assert from 'node:assert/strict';
import { it } from 'node:test';
import { decode, encode, failureOf } from './envelope.js';

it('writes and reads envelopes, and reads nothing else', () => {
  assert.deepEqual(JSON.parse(encode('ping', 's', 'r')), {
    type: 'ping',
    session_id: 's',
    request_id: 'r',
    payload: {},
  });
  const payload = { text: 'Hi.' };
  assert.deepEqual(decode(encode('token', 's', 'r', payload)), { type: 'token', requestId: 'r', payload });
  assert.deepEqual(decode('{"type":"pong"}'), { type: 'pong', requestId: '', payload: {} });
  for (const text of ['', '{', 'null', '[]', '"x"', '{"type":1}', '{"payload":{}}'])
    assert.equal(decode(text), undefined, text);
});

it('tells what ends an utterance from what does not', () => {
  const failure = (code: string, reason?: string) =>
    failureOf({
      type: 'error',
      requestId: 'r',
      payload: {
        code,
        message: 'why',
        ...(reason === undefined ? {} : { details: { reason_code: reason } }),
      },
    });
  assert.equal(failure('invalid_audio', 'invalid_audio'), undefined);
  assert.equal(failure('invalid_payload', 'missing_audio'), undefined);
  assert.equal(failure('authentication_failed')?.kind, 'key');
  assert.equal(failure('server_at_capacity', 'server_at_capacity')?.kind, 'capacity');
  assert.equal(failure('upstream_failed')?.message, 'upstream_failed: why');
  assert.equal(
    failure('invalid_payload', 'no_active_request')?.message,
    'invalid_payload (no_active_request): why',
  );
  assert.equal(failureOf({ type: 'error', requestId: '', payload: {} })?.message, 'error: no message');
});
