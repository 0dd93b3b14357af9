import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Inbound } from './inbound.js';

/** An inbox whose items each wait until the test lets one go, and what happened. */
function inbox(signal = new AbortController().signal) {
  const events: string[] = [];
  const waiting: (() => void)[] = [];
  const source = { pause: () => void events.push('pause'), resume: () => void events.push('resume') };
  const inbound = new Inbound<string>(source, {
    signal,
    size: ({ length }) => length,
    handle(item) {
      events.push(item.slice(0, 4));
      if (item === 'bad') throw new Error('of the test');
      return item.startsWith('now') ? undefined : new Promise((resolve) => waiting.push(resolve));
    },
    failed: (error) => void events.push(String(error)),
    onIdle: () => void events.push('idle'),
  });
  const next = async () => {
    waiting.shift()?.();
    await turn();
  };
  return { inbound, events, next };
}

const LARGE = 150 * 1024;

describe('what a client sends', () => {
  it('is handled one after another, at once where that can be, and goes on after what failed', async () => {
    const { inbound, events, next } = inbox();
    inbound.push('now1', 'bad', 'slow', 'now2');
    assert.deepEqual(events, ['now1', 'bad', 'Error: of the test', 'slow']);
    inbound.push('now3');
    assert.equal(inbound.idle, false);
    await next();
    assert.deepEqual(events.splice(4), ['now2', 'now3', 'idle']);
    assert.equal(inbound.idle, true);
  });

  it('keeps the client waiting while too much does, once, and empty items count', async () => {
    const { inbound, events, next } = inbox();
    inbound.push('slow');
    inbound.push('a'.repeat(LARGE));
    assert.deepEqual(events, ['slow']);
    inbound.push('b'.repeat(LARGE));
    inbound.push('c');
    assert.deepEqual(events, ['slow', 'pause']);
    await next();
    // More than half of what may wait still does.
    assert.deepEqual(events.splice(2), ['aaaa']);
    await next();
    assert.deepEqual(events.splice(2), ['bbbb']);
    await next();
    assert.deepEqual(events.splice(2), ['resume', 'c']);
    for (let i = 0; i < 5_000; i++) inbound.push('');
    assert.deepEqual(events.splice(2), ['pause']);
  });

  it('is forgotten when nobody wants it any more; a client that waited is read again, so that its end is seen', async () => {
    const stop = new AbortController();
    const { inbound, events, next } = inbox(stop.signal);
    inbound.push('slow', 'a'.repeat(LARGE), 'b'.repeat(LARGE));
    stop.abort();
    await next();
    inbound.push('late');
    assert.deepEqual(events, ['pause', 'slow', 'resume', 'idle']);
  });
});
