import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LiveEvent, LiveOptions, ModelInfo } from '@vox-speech/contract';
import fc from 'fast-check';
import { AudioQueue } from './audio-queue.js';
import { LIVE } from './live-options.test.support.js';
import { ServerSession } from './live-session.js';
import type { LiveRequest } from './types.js';

/** 20 ms at 16 kHz. */
const FRAME = Buffer.alloc(640, 1);

function open(request: Partial<LiveRequest> = {}) {
  const events: LiveEvent[] = [];
  const sent: string[] = [];
  const told: string[] = [];
  const session = new ServerSession(
    'whisper:base',
    {} as ModelInfo,
    {
      model: '',
      options: LIVE,
      queueMs: 100,
      overflow: 'wait',
      signal: new AbortController().signal,
      ...request,
    },
    {
      onEvent: (event) => events.push(event),
      onDrain: () => told.push('drain'),
      onEnd: () => told.push('end'),
      onError: (error) => told.push(error.message),
    },
    () => told.push('closed'),
  );
  session.start({
    append: (bytes) => sent.push(`audio ${bytes.length}`),
    skip: (samples) => sent.push(`skip ${samples}`),
    commit: () => sent.push('commit'),
    mark: () => sent.push('mark'),
    finish: () => sent.push('finish'),
    cancel: () => sent.push('cancel'),
  });
  return { session, events, sent, told };
}

describe('the queue of a session', () => {
  it('gives back every sample however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 30 }), (pieces) => {
        const queue = new AudioQueue();
        const out: number[] = [];
        for (const piece of pieces) {
          queue.push(piece);
          for (let chunk = queue.shift(); chunk; chunk = queue.shift()) out.push(...chunk);
        }
        const all = pieces.flatMap((piece) => [...piece]);
        assert.deepEqual(out, all.slice(0, all.length - (all.length % 2)));
      }),
    );
  });
});

describe('a live session', () => {
  it('sends a second ahead, then says that it is full, and drains', () => {
    const { session, sent, told } = open();
    let taken = 0;
    while (session.append(FRAME)) taken++;
    assert.equal(sent.length, 50);
    // 100 ms wait here: the fifth frame fills the queue.
    assert.equal(taken, 54);
    assert.equal(session.queuedMs, 1_100);
    session.taken(3 * FRAME.length);
    assert.deepEqual(told, ['drain']);
    assert.equal(sent.length, 53);
  });

  it('drops the oldest, tells which, and leaves the gap in the time', () => {
    const { session, events, sent } = open({ overflow: 'drop-oldest' });
    for (let i = 0; i < 57; i++) session.append(FRAME);
    assert.deepEqual(
      events.map((event) => event.type === 'dropped' && [event.fromMs, event.toMs, event.frames]),
      [
        [1000, 1020, 1],
        [1020, 1040, 1],
      ],
    );
    session.taken(50 * FRAME.length);
    assert.deepEqual(sent.slice(50, 52), ['skip 640', 'audio 640']);
  });

  it('counts a byte of G.711 as a sample', () => {
    const options: LiveOptions = { ...LIVE, sampleRate: 8_000, encoding: 'mulaw' };
    const { session, sent } = open({ options });
    session.append(Buffer.alloc(160));
    session.append(Buffer.alloc(1));
    session.commit();
    assert.deepEqual(sent, ['audio 160', 'audio 1', 'commit']);
    assert.equal(session.queuedMs, 20);
  });

  it('counts frames where the protocol does', () => {
    const { session, events } = open({ overflow: 'drop-oldest', queueMs: 60_000, queueFrames: 2 });
    for (let i = 0; i < 55; i++) session.append(FRAME);
    assert.equal(events.length, 3);
  });

  it('never lets a full queue delay or lose a commit', () => {
    const { session, sent } = open({ overflow: 'drop-oldest' });
    for (let i = 0; i < 80; i++) session.append(FRAME);
    session.commit();
    session.finish();
    session.append(FRAME);
    assert.deepEqual(sent.slice(-2), ['commit', 'finish']);
    assert.equal(sent.filter((what) => what.startsWith('audio')).length, 55);
  });

  it('takes no more for being told to commit again and again', () => {
    const { session, sent, events } = open({ overflow: 'drop-oldest' });
    for (let i = 0; i < 1_000; i++) {
      session.append(FRAME);
      session.commit();
    }
    const count = (what: string) => sent.filter((one) => one.startsWith(what)).length;
    // A second ahead and 100 ms that may wait; every commit has gone.
    assert.deepEqual([count('audio'), count('commit')], [55, 1_000]);
    assert.equal(events.filter(({ type }) => type === 'dropped').length, 945);
    session.taken(10 * FRAME.length);
    for (let i = 0; i < 20; i++) session.append(FRAME);
    assert.equal(count('audio'), 60, 'what was taken makes room again');
  });

  it('ends once', () => {
    const { session, told } = open();
    session.end({ audioMs: 0, utterances: 0 });
    session.fail(new Error('late'));
    assert.deepEqual(told, ['closed', 'end']);
  });

  it('that is closed takes nothing more, and its stream is told so', () => {
    const { session, sent, told } = open();
    assert.equal(session.close(), true);
    assert.equal(session.close(), false);
    session.append(FRAME);
    session.finish();
    assert.deepEqual([sent, told], [['cancel'], ['closed']]);
  });
});
