import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { VoxError } from '@vox-speech/contract';
import type { LeasedHost } from '../scheduler/model-spec.js';
import { SpeechStreamRun } from './speech-stream.js';
import type { SpeakRequest, SpeechProgress } from './types.js';

/** A stand-in for a voice: each sentence is its own text as bytes; what starts with `?` it can't read. */
function voice(options: { block?: Promise<void> } = {}) {
  const abort = new AbortController();
  const asked: SpeakRequest[] = [];
  const heard: string[] = [];
  const progress: SpeechProgress[] = [];
  let releases = 0;
  const held = {
    host: { reference: 'piper:joe', info: { sampleRate: 8000 } },
    release: () => void releases++,
  } as unknown as LeasedHost;
  const run = new SpeechStreamRun(
    { model: 'piper', voice: '', speed: 1, format: 'pcm', signal: abort.signal },
    {
      audio: async (bytes) => void heard.push(Buffer.from(bytes).toString()),
      progress: (step) => void progress.push(step),
    },
    {
      held,
      ffmpeg: undefined,
      warnings: [],
      maxWaiting: 100,
      async speak(request) {
        asked.push(request);
        if (request.text.startsWith('?'))
          throw new VoxError('invalid_request', 'nothing to speak', { param: 'input' });
        return {
          model: 'piper:joe',
          sampleRate: 8000,
          warnings: [],
          audio: (async function* () {
            yield Buffer.from(request.text);
            if (options.block === undefined) return;
            await Promise.race([
              options.block,
              new Promise((_, reject) => {
                request.signal.addEventListener('abort', () =>
                  reject(new VoxError('cancelled', 'cancelled')),
                );
              }),
            ]);
          })(),
          summary: Promise.resolve({ durationMs: 100, processingMs: 7, warnings: [] }),
        };
      },
    },
  );
  return { run, asked, heard, progress, abort, releases: () => releases };
}

describe('speech of a text as it is written', () => {
  it('speaks the first sentence before the text has ended, with pauses between and none after the last', async () => {
    const { run, asked, heard, progress, releases } = voice();
    assert.equal(run.sampleRate, 8000);
    run.append('One. Two. Th');
    while (heard.length < 1) await setImmediate();
    assert.deepEqual(heard, ['One.']);
    run.append('ree.\n\nFour.');
    run.finish();
    run.append('Never.');
    run.finish();
    assert.deepEqual(await run.done, { durationMs: 400, processingMs: 28, warnings: [] });
    assert.deepEqual(heard, ['One.', 'Two.', 'Three.', 'Four.']);
    assert.deepEqual(
      asked.map(({ pauseAfter }) => pauseAfter),
      ['sentence', 'sentence', 'paragraph', undefined],
    );
    assert.deepEqual(progress.at(-1), {
      completedCharacters: 23,
      totalCharacters: 23,
      completedSentences: 4,
      totalSentences: 4,
    });
    assert.equal(releases(), 1);
  });

  it('does not wait for ever for the word after a full stop', async () => {
    const { run, heard } = voice();
    run.append('Hello there.');
    while (heard.length < 1) await setImmediate();
    run.finish();
    assert.equal((await run.done).durationMs, 100);
  });

  it('leaves out what the voice can not read; nothing at all is an error', async () => {
    const some = voice();
    some.run.append('?uno. Two. ?tres.');
    some.run.finish();
    await some.run.done;
    assert.deepEqual(some.heard, ['Two.']);
    for (const text of ['?uno.', ' ... ', '']) {
      const none = voice();
      none.run.append(text);
      none.run.finish();
      await assert.rejects(none.run.done, { code: 'invalid_request', param: 'text' });
      assert.equal(none.releases(), 1);
    }
  });

  it('is bounded', async () => {
    const { run, abort, heard } = voice();
    run.append('One two. '.repeat(10));
    assert.throws(() => run.append('x'.repeat(90)), { code: 'too_large', param: 'text' });
    while (heard.length < 9) await setImmediate();
    run.append('x'.repeat(80));
    abort.abort();
  });

  it('stops at once when aborted, in the middle of a sentence or waiting for one', async () => {
    const speaking = voice({ block: new Promise(() => {}) });
    speaking.run.append('One. Two. Three');
    while (speaking.heard.length < 1) await setImmediate();
    speaking.abort.abort();
    await assert.rejects(speaking.run.done, { code: 'cancelled' });
    assert.equal(speaking.asked.length, 1);
    assert.equal(speaking.releases(), 1);
    const waiting = voice();
    await setImmediate();
    waiting.abort.abort();
    await assert.rejects(waiting.run.done, { code: 'cancelled' });
    assert.equal(waiting.releases(), 1);
  });
});
