import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mockModel } from './mock.js';

/** 100 samples for ten characters. */
const SCRIPT = { text: 'abcdefghij', expected: 100, delayMs: 0 };

describe('the mock backend', () => {
  it('shows as much of the text as audio came in, and ends at 95 percent', () => {
    const { openTranscription, step } = mockModel(SCRIPT);
    const stream = openTranscription({ task: 'transcribe', words: false });
    assert.equal(stream.ready(), false);
    const said: string[] = [];
    for (const samples of [1, 30, 63, 1]) {
      stream.push(new Float32Array(samples));
      assert.equal(stream.ready(), true);
      step([stream]);
      assert.equal(stream.ready(), false);
      for (const { type, text } of stream.poll()) said.push(`${type} ${text}`);
    }
    assert.deepEqual(said, [
      'transcript-partial a',
      'transcript-partial abc',
      'transcript-partial abcdefghi',
      'transcript-final abcdefghij',
    ]);
  });

  it('begins anew after an end, and says nothing of nothing', () => {
    const { openTranscription, step } = mockModel(SCRIPT);
    const stream = openTranscription({ task: 'transcribe', words: false });
    stream.push(new Float32Array(200));
    step([stream]);
    stream.push(new Float32Array(10));
    step([stream]);
    assert.deepEqual(
      stream.poll().map(({ text }) => text),
      ['abcdefghij', 'a'],
    );
    stream.finish();
    stream.finish();
    assert.deepEqual(
      stream.poll().map(({ type }) => type),
      ['transcript-final'],
    );
    const silent = openTranscription({ task: 'transcribe', words: false });
    silent.finish();
    assert.deepEqual(silent.poll(), []);
  });
});
