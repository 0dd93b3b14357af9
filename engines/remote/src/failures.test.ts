import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failureInside, nameOf, refusal } from './failures.js';

const KEYED = { url: 'https://user:secret-word@gpu.example/base/?token=abc', apiKey: 'sk-very-secret' };

describe('what upstreams say', () => {
  it('is told without keys, passwords and queries', () => {
    assert.equal(nameOf(KEYED), 'https://gpu.example/base');
    for (const body of ['{"error":{"message":"bad key sk-very-secret"}}', 'sk-very-secret is no key']) {
      for (const status of [400, 401, 429, 500]) {
        const { message } = refusal(KEYED, status, body);
        assert.ok(!/sk-very-secret|secret-word|abc/.test(message), message);
      }
    }
    assert.ok(!failureInside(KEYED, { message: 'sk-very-secret' }).message.includes('sk-very-secret'));
  });

  it('is found in every shape of error', () => {
    const bodies = [
      '{"error":{"message":"what went wrong"}}',
      '{"error":"what went wrong"}',
      '{"object":"error","message":"what went wrong"}',
      '{"detail":"what went wrong"}',
      '{"detail":[{"msg":"what went wrong"}]}',
      'what went wrong',
    ];
    for (const body of bodies)
      assert.match(refusal(KEYED, 500, body).message, /answered 500: .*what went wrong/);
    assert.ok(refusal(KEYED, 500, 'x'.repeat(10_000)).message.length < 500);
  });

  it('has the code of its status', () => {
    const codes = [400, 401, 404, 413, 422, 429, 500, 503].map((status) => refusal(KEYED, status, '').code);
    assert.deepEqual(codes, [
      'invalid_request',
      'upstream_failed',
      'upstream_failed',
      'too_large',
      'invalid_request',
      'overloaded',
      'upstream_failed',
      'upstream_failed',
    ]);
    assert.equal(refusal(KEYED, 429, '', '7').retryAfter, 7);
    assert.equal(refusal(KEYED, 429, '', 'Wed, 21 Oct 2026 07:28:00 GMT').retryAfter, 1);
  });
});
