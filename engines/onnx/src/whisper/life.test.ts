/** What a loaded Whisper does when it is stopped, crowded, trimmed and closed; on real weights. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Model } from '@vox-speech/contract';
import { loadRuntime, Session } from '../runtime/index.js';
import { WhisperGraphs } from './graphs.js';
import {
  codeOf,
  hear,
  load,
  NO_MODELS,
  NO_SPEECH,
  RATE,
  recording,
  silence,
} from './whisper.test-support.js';

const sound = NO_SPEECH ? silence(3) : recording().subarray(0, 3 * RATE);

async function open(t: TestContext, threads = 2): Promise<Model> {
  const model = await load('tiny.en', undefined, threads);
  t.after(() => model.close());
  return model;
}

/** Resolves once a decode that starts now has said its first token. */
function firstStep(t: TestContext): { reached: Promise<void>; steps: () => number } {
  const say = WhisperGraphs.prototype.say;
  let steps = 0;
  const reached = new Promise<void>((resolve) => {
    t.mock.method(
      WhisperGraphs.prototype,
      'say',
      async function counted(this: WhisperGraphs, ...args: never) {
        const made = await Reflect.apply(say, this, args);
        steps++;
        resolve();
        return made;
      },
    );
  });
  return { reached, steps: () => steps };
}

describe('the life of a Whisper', { skip: NO_MODELS }, () => {
  test('who leaves before, while it hears and while it speaks is told so; the next one is served', async (t) => {
    const model = await open(t);
    const expected = (await hear(model, sound))?.text;
    assert.equal(await codeOf(hear(model, sound, {}, AbortSignal.abort())), 'cancelled');

    const hearing = new AbortController();
    const early = hear(model, sound, {}, hearing.signal);
    setImmediate(() => hearing.abort());
    assert.equal(await codeOf(early), 'cancelled');
    assert.equal((await hear(model, sound))?.text, expected);

    const { reached, steps } = firstStep(t);
    const speaking = new AbortController();
    const late = hear(model, sound, {}, speaking.signal);
    await reached;
    speaking.abort();
    assert.equal(await codeOf(late), 'cancelled');
    // The step that was under way may still end.
    const most = steps() + 1;
    await wait(300);
    assert.ok(steps() <= most, `${steps()} steps, ${most} until it was stopped`);
    assert.equal((await hear(model, sound))?.text, expected);
  });

  test('who leaves while he waits leaves the one before him alone', async (t) => {
    const model = await open(t, 1);
    const first = hear(model, sound);
    const abort = new AbortController();
    const second = hear(model, sound, {}, abort.signal);
    const third = hear(model, sound);
    setImmediate(() => abort.abort());
    assert.equal(await codeOf(second), 'cancelled');
    assert.equal((await first)?.text, (await third)?.text);
  });

  test('many at once say the same as one alone, before and after memory is given back', async (t) => {
    const model = await open(t);
    const options = { words: true, scores: true } as const;
    const alone = await hear(model, sound, options);
    for (const thrifty of [false, true]) {
      const all = await Promise.all(
        Array.from({ length: 4 }, () => hear(model, sound, { ...options, thrifty })),
      );
      for (const said of all) assert.equal(said?.text, alone?.text);
      model.trim?.();
    }
    assert.equal((await hear(model, sound, { thrifty: true }))?.text, alone?.text);
    model.trim?.();
    assert.equal((await hear(model, sound))?.text, alone?.text);
  });

  test('closed while it decodes: who waits is told so, and everything is given back', async (t) => {
    const opened = t.mock.method(Session, 'open');
    const released = t.mock.method(loadRuntime().api, 'releaseSession');
    const model = await load('tiny.en');
    // So that it has the second set of graphs too.
    while (opened.mock.callCount() < 6) await hear(model, silence(0.1), { thrifty: true });
    const decodes = Array.from({ length: 4 }, (_, at) => hear(model, sound, { thrifty: at % 2 === 0 }));
    await wait(20);
    await model.close();
    assert.deepEqual(await Promise.all(decodes.map(codeOf)), Array(4).fill('cancelled'));
    assert.equal(await codeOf(hear(model, sound)), 'cancelled');
    await model.close();
    while (released.mock.callCount() < opened.mock.callCount()) await wait(20);
    assert.equal(released.mock.callCount(), 6);
  });
});
