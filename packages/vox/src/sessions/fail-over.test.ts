import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FinalTiming, type LiveEvent, type ModelInfo, VoxError } from '@vox-speech/contract';
import { openWithFailOver, withRoomFor } from './fail-over.js';
import type { LiveListener, LiveSession } from './types.js';

const TIMING: FinalTiming = { endpointToFinalMs: 0, sinceFirstAudioMs: 0, decodeMs: 0, revisedShare: 0 };
/** 100 ms at 16 kHz, all of one byte. */
const tenth = (value: number): Buffer => Buffer.alloc(3_200, value);

/** A model that the test speaks for. */
class Puppet {
  listener: LiveListener | undefined;
  readonly heard: string[] = [];

  constructor(readonly name: string) {}

  readonly open = async (listener: LiveListener): Promise<LiveSession> => {
    this.listener = listener;
    return {
      model: this.name,
      info: {} as ModelInfo,
      queuedMs: 0,
      append: (bytes) => {
        this.heard.push(String(bytes[0]));
        return true;
      },
      commit: () => void this.heard.push('commit'),
      heard: async () => void this.heard.push('heard'),
      finish: () => void this.heard.push('finish'),
    };
  };

  started(utterance: number, atMs = 0): void {
    this.listener?.onEvent({ type: 'speech-started', utterance, atMs });
  }

  partial(utterance: number, text: string, stable = text.length): void {
    this.listener?.onEvent({ type: 'partial', utterance, text, stable, startMs: 0, endMs: 100 });
  }

  final(utterance: number, text: string, endMs: number, reason: 'silence' | 'commit' = 'silence'): void {
    this.listener?.onEvent({ type: 'final', utterance, text, startMs: 0, endMs, reason, timing: TIMING });
  }

  fail(code: 'upstream_failed' | 'runner_crashed' = 'upstream_failed'): void {
    this.listener?.onError(new VoxError(code, 'the upstream broke off'));
  }
}

async function pair() {
  const [first, second] = [new Puppet('voxtral:realtime-4b'), new Puppet('whisper:base')];
  const events: LiveEvent[] = [];
  const told: string[] = [];
  const signal = new AbortController().signal;
  const session = await openWithFailOver(
    { first: first.open, second: second.open, audio: { sampleRate: 16_000 }, signal },
    {
      onEvent: (event) => events.push(event),
      onDrain: () => told.push('drain'),
      onEnd: (summary) => told.push(`end ${summary.audioMs} ${summary.utterances}`),
      onError: (error) => told.push(error.message),
    },
  );
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { first, second, session, events, told, settle };
}

const finals = (events: readonly LiveEvent[]) =>
  events.flatMap((event) =>
    event.type === 'final' ? [[event.utterance, event.text, event.startMs, event.endMs]] : [],
  );

describe('a session whose upstream fails', () => {
  it('goes on with the other model: what has no final yet is heard again, what was promised stands', async () => {
    const { first, second, session, events, told, settle } = await pair();
    session.append(tenth(1));
    first.started(1);
    session.append(tenth(2));
    first.final(1, 'one two', 200);
    first.started(2, 200);
    session.append(tenth(3));
    session.append(tenth(4));
    first.partial(2, 'It was the bes', 10);
    first.fail();
    assert.equal(session.append(tenth(5)), false);
    session.commit();
    await settle();
    assert.deepEqual(told, ['drain']);
    assert.deepEqual(second.heard, ['3', '4', '5', 'commit']);
    assert.equal(session.model, 'whisper:base');
    second.started(1);
    second.partial(1, 'it was');
    second.partial(1, 'it was, the best');
    second.final(1, 'it was, the best of times', 280, 'commit');
    second.started(2, 300);
    second.final(2, 'and more', 400);
    assert.deepEqual(finals(events), [
      [1, 'one two', 0, 200],
      [2, 'It was the best of times', 200, 480],
      [3, 'and more', 200, 600],
    ]);
    const seconds = events
      .filter((event) => event.type === 'speech-started')
      .map(({ utterance }) => utterance);
    assert.deepEqual(seconds, [1, 2, 3]);
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'partial' ? [event.text] : [])),
      ['It was the bes', 'It was the best'],
    );
    const [warning] = events.flatMap((event) => (event.type === 'warning' ? [event.warning.message] : []));
    assert.match(warning ?? '', /broke off; whisper:base has taken over/);
    second.listener?.onEnd({ audioMs: 300, utterances: 2 });
    assert.deepEqual(told, ['drain', 'end 500 3']);
  });

  it('gives the other model room for what is said again, and for what comes while it is loaded', async () => {
    const first = new Puppet('voxtral:realtime-4b');
    const asked: number[] = [];
    const session = await openWithFailOver(
      {
        first: first.open,
        second: (listener, againMs) => {
          asked.push(againMs);
          return new Puppet('whisper:base').open(listener);
        },
        audio: { sampleRate: 16_000 },
        signal: new AbortController().signal,
      },
      { onEvent() {}, onDrain() {}, onEnd() {}, onError() {} },
    );
    for (let value = 0; value < 120; value++) session.append(tenth(value));
    first.final(1, 'one', 2_000);
    first.fail();
    assert.deepEqual(asked, [40_000]);
    const request = {
      model: '',
      options: {},
      queueMs: 5_000,
      queueFrames: 64,
      overflow: 'drop-oldest',
    } as never;
    const roomy = withRoomFor(40_000, request);
    assert.deepEqual([roomy.queueMs, roomy.queueFrames, roomy.overflow], [45_000, undefined, 'drop-oldest']);
    assert.equal(withRoomFor(0, request), request);
  });

  it('replays each commit that has no answer, at its place', async () => {
    const { first, second, session, settle } = await pair();
    session.append(tenth(1));
    session.commit();
    session.append(tenth(2));
    session.commit();
    session.append(tenth(3));
    first.final(1, 'one', 90, 'commit');
    session.finish();
    first.fail();
    await settle();
    assert.deepEqual(second.heard, ['2', 'commit', '3', 'finish']);
  });

  it('is told of every other fault, and when nobody can take over', async () => {
    const { first, told } = await pair();
    first.fail('runner_crashed');
    assert.deepEqual(told, ['the upstream broke off']);
    const errors: string[] = [];
    const broken = new Puppet('voxtral:realtime-4b');
    await openWithFailOver(
      {
        first: broken.open,
        second: () => Promise.reject(new VoxError('overloaded', 'no room')),
        audio: { sampleRate: 16_000 },
        signal: new AbortController().signal,
      },
      { onEvent() {}, onDrain() {}, onEnd() {}, onError: (error) => errors.push(error.message) },
    );
    broken.fail();
    await new Promise((resolve) => setImmediate(resolve));
    assert.match(errors[0] ?? '', /broke off; and the model that was to take over could not: no room/);
  });

  it('begins on the other model where no upstream can be reached', async () => {
    const second = new Puppet('whisper:base');
    const events: LiveEvent[] = [];
    const session = await openWithFailOver(
      {
        first: () => Promise.reject(new VoxError('upstream_unavailable', 'nobody there')),
        second: second.open,
        audio: { sampleRate: 16_000 },
        signal: new AbortController().signal,
      },
      { onEvent: (event) => events.push(event), onDrain() {}, onEnd() {}, onError() {} },
    );
    session.append(tenth(1));
    assert.deepEqual(second.heard, ['1']);
    second.final(1, 'one', 100);
    assert.deepEqual(finals(events), [[1, 'one', 0, 100]]);
  });
});
