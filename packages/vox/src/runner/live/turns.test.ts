import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settle } from './live.test-support.js';
import { DecodeTurns } from './turns.js';

/** Starts decodes that last until they are released, and notes the order in which they begin. */
function decodes(slots: number, live = true) {
  const turns = new DecodeTurns(slots, () => live);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const { signal } = new AbortController();
  const ask = (kind: 'final' | 'piece' | 'file', name: string, stop = signal): Promise<void> =>
    turns[kind](async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
    }, stop);
  const end = async (name: string): Promise<void> => {
    await settle();
    ends.get(name)?.();
    await settle();
  };
  return { turns, begun, ask, end };
}

describe('turns of decodes', () => {
  it('finals come before pieces, pieces before files', async () => {
    const { begun, ask, end } = decodes(1);
    void ask('final', 'first');
    void ask('file', 'file');
    void ask('piece', 'piece');
    void ask('final', 'second');
    for (const name of ['first', 'second', 'piece', 'file']) await end(name);
    assert.deepEqual(begun, ['first', 'second', 'piece', 'file']);
  });

  it('a piece that is waited for has the turn of a final, and can be given up there too', async () => {
    const { turns, begun, ask, end } = decodes(1);
    const [urgent, given] = [new AbortController(), new AbortController()];
    void ask('final', 'first');
    void ask('piece', 'piece');
    void ask('piece', 'urgent', urgent.signal);
    const gone = assert.rejects(ask('piece', 'given up', given.signal), { code: 'cancelled' });
    for (const { signal } of [given, urgent]) turns.hasten(signal);
    void ask('final', 'second');
    given.abort();
    for (const name of ['first', 'urgent', 'second', 'piece']) await end(name);
    await gone;
    assert.deepEqual(begun, ['first', 'urgent', 'second', 'piece']);
  });

  it('one file at a time beside live streams; as many as come without', async () => {
    const beside = decodes(2);
    void beside.ask('file', 'a');
    void beside.ask('file', 'b');
    await settle();
    assert.deepEqual(beside.begun, ['a']);
    await beside.end('a');
    assert.deepEqual(beside.begun, ['a', 'b']);
    const alone = decodes(1, false);
    void alone.ask('file', 'a');
    void alone.ask('file', 'b');
    await settle();
    assert.deepEqual(alone.begun, ['a', 'b']);
  });

  it('spare work may start where nobody waits and a slot stays free', async () => {
    const { turns, ask, end } = decodes(2);
    assert.equal(turns.idle, true);
    void ask('final', 'first');
    await settle();
    assert.equal(turns.idle, false);
    await end('first');
    assert.equal(turns.idle, true);
  });

  it('who gives up loses its place and nobody else does', async () => {
    const { begun, ask, end } = decodes(1);
    void ask('final', 'first');
    const abort = new AbortController();
    const gone = ask('final', 'gone', abort.signal);
    void ask('final', 'last');
    abort.abort();
    await assert.rejects(gone, { code: 'cancelled' });
    await end('first');
    assert.deepEqual(begun, ['first', 'last']);
  });
});
