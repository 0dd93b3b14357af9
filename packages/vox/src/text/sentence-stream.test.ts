import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SentenceStream } from './sentence-stream.js';
import { MAX_SENTENCE, splitSentences } from './sentences.js';

const TEXT = `Dr. Who is here. "Really?" he asked. It cost 3.50 dollars, i.e. nothing.

A heading
1. Open the door.
2. Go in… and wait! No. 5 is alive.
これは文です。次の文です。End`;

describe('a text that is being written', () => {
  it('gives a sentence as soon as the word after it is whole', () => {
    const stream = new SentenceStream();
    const given: string[] = [];
    for (const token of ['Dr.', ' Who', ' is', ' here.', ' He', ' said', ' so.'])
      given.push(
        stream
          .push(token)
          .map(({ text }) => text)
          .join('|'),
      );
    assert.deepEqual(given, ['', '', '', '', '', 'Dr. Who is here.', '']);
    assert.equal(stream.looksWhole, true);
    assert.deepEqual(
      stream.flush().map(({ text }) => text),
      ['He said so.'],
    );
    assert.equal(stream.waiting, 0);
  });

  it('cuts as a text given whole is cut, wherever it is torn', () => {
    const whole = splitSentences(TEXT).map(({ text }) => text);
    for (const size of [1, 2, 3, 7, 50, 1000]) {
      const stream = new SentenceStream();
      const pieces = [];
      for (let at = 0; at < TEXT.length; at += size) pieces.push(...stream.push(TEXT.slice(at, at + size)));
      pieces.push(...stream.flush());
      assert.deepEqual(
        pieces.map(({ text }) => text),
        whole,
        `pieces of ${size}`,
      );
      assert.equal(
        pieces.reduce((sum, { characters }) => sum + characters, 0),
        TEXT.length,
      );
    }
  });

  it('ends a paragraph at an empty line, without a stop', () => {
    const stream = new SentenceStream();
    const [heading] = stream.push('A title\n\nThen');
    assert.deepEqual(heading, { text: 'A title', endsParagraph: true, characters: 9 });
    assert.equal(stream.push(' it. Goes on')[0]?.endsParagraph, false);
  });

  it('is bounded: a text that never ends a sentence is spoken in parts', () => {
    const stream = new SentenceStream();
    let longest = 0;
    let given = 0;
    for (let i = 0; i < 2000; i++) {
      given += stream.push('word ').length;
      longest = Math.max(longest, stream.waiting);
    }
    assert.ok(given > 20);
    assert.ok(longest <= 4 * MAX_SENTENCE, String(longest));
    assert.deepEqual(
      new SentenceStream(20).push('One two three four five, six seven. Eight nine ').map(({ text }) => text),
      ['One two three four', 'five, six seven.'],
    );
  });

  it('says nothing of what makes no sound, and counts it to what comes next', () => {
    const stream = new SentenceStream();
    assert.deepEqual(stream.push('... !! \n\n'), []);
    assert.deepEqual(stream.push('Yes. And so on.'), [
      { text: 'Yes.', endsParagraph: false, characters: 13 },
    ]);
    assert.equal(stream.flush()[0]?.characters, 11);
  });
});
