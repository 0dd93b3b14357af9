import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LiveEvent } from '@vox-speech/contract';
import { Transcript } from './transcript.js';

type Event<T extends LiveEvent['type']> = Extract<LiveEvent, { type: T }>;

const partial = (utterance: number, text: string, stable: number): Event<'partial'> => ({
  type: 'partial',
  utterance,
  text,
  stable,
  startMs: 0,
  endMs: 1,
});

const final = (utterance: number, text: string, language?: string): Event<'final'> => ({
  type: 'final',
  utterance,
  text,
  startMs: 0,
  endMs: 1,
  reason: 'silence',
  timing: { endpointToFinalMs: 0, sinceFirstAudioMs: 0, decodeMs: 0, revisedShare: 0 },
  ...(language === undefined ? {} : { language }),
});

describe('a transcript', () => {
  it('is what was told, joined', () => {
    const text = new Transcript(undefined);
    const told = [
      text.partial(partial(1, 'One two thee', 7)),
      text.partial(partial(1, 'One two three', 7)),
      // The next utterance has begun before this one is final.
      text.partial(partial(2, 'Four', 4)),
      text.final(final(1, ' One two three. ', 'en')),
      text.partial(partial(2, 'Four five', 4)),
      text.final(final(2, '')),
      text.final(final(3, 'Six.')),
    ];
    assert.deepEqual(told, ['One two', '', '', ' three.', ' Four', '', '']);
    // An utterance that came to nothing after something was told of it: the engine's finals never do that.
    assert.equal(text.text, 'One two three. Six.');
  });

  it('has no spaces in languages without them, as soon as the language is heard', () => {
    for (const known of ['zh', undefined]) {
      const text = new Transcript(known);
      const told = [
        text.final(final(1, '你好', 'zh')),
        text.partial(partial(2, '世界你', 2)),
        text.final(final(2, '世界', 'zh')),
      ];
      assert.deepEqual(told, ['你好', '世界', '']);
      assert.equal(text.text, told.join(''));
    }
  });
});
