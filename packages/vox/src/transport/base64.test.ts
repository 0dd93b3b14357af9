import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { decodeBase64, decodeLongBase64 } from './base64.js';

const alive = new AbortController().signal;
const decode = (json: string, signal = alive) => decodeLongBase64(Buffer.from(json), signal);

describe('base64 of megabytes', () => {
  const bytes = randomBytes(2_000_001);
  const text = bytes.toString('base64');

  it('is decoded with turns of the event loop in between', async () => {
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns++;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    const decoded = await decode(text);
    done = true;
    assert.ok(bytes.equals(decoded ?? Buffer.alloc(0)));
    assert.ok(turns >= text.length / 2 ** 18 - 1, `${turns} turns`);
  });

  it('is read as JSON has it, wherever the slices end', async () => {
    // Twos of a slash and escapes of six: every slice ends in the middle of one.
    const slashes = Buffer.alloc(750_000, 0xff).toString('base64');
    for (let shift = 0; shift < 6; shift++)
      for (const written of [slashes.replaceAll('/', '\\/'), slashes.replaceAll('/', '\\u002f')]) {
        const head = 'QUFB'.repeat(10).slice(0, 4 * shift);
        const decoded = Buffer.from((await decode(head + written)) ?? []);
        assert.ok(decoded.equals(Buffer.from(head + slashes, 'base64')), String(shift));
      }
  });

  it('is as strict as of a few bytes', async () => {
    const long = 'AAAA'.repeat(200_000);
    for (const end of [
      '',
      'AA==',
      'AAA=',
      'A',
      'AA',
      'A===',
      'AA-A',
      'AA A',
      '?AAA',
      '\\nAAA',
      '\\xAAA',
      'é',
    ])
      assert.equal((await decode(long + end)) === undefined, decodeBase64(end) === undefined, end);
    // Padding at the end of a slice, and more behind it.
    for (let at = 2 ** 18 - 8; at <= 2 ** 18 + 8; at++)
      assert.equal(await decode(`${long.slice(0, at - 1)}=${long.slice(at)}`), undefined, String(at));
  });

  it('is given up when nobody waits for it any more', async () => {
    const controller = new AbortController();
    const decoding = decode(text, controller.signal);
    controller.abort(new Error('gone'));
    await assert.rejects(decoding, /gone/);
  });
});
