import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plain, StreamedText, segmentsOfJson } from './transcript.js';
import { chunk } from './upstream.test-support.js';

const UPSTREAM = { url: 'http://gpu:8000' };
const read = (answer: unknown) => segmentsOfJson(UPSTREAM, JSON.stringify(answer), 4_000);

describe('an answer in one piece', () => {
  it('is one segment over the window', () => {
    const usage = { type: 'duration', seconds: 4 };
    assert.deepEqual(read({ text: ' Hello  there.', usage }), [
      { text: 'Hello there.', startMs: 0, endMs: 4_000 },
    ]);
    assert.deepEqual(read({ text: ' ' }), []);
  });

  it('has the probabilities of tokens, or of none', () => {
    const logprobs = [
      { token: ' Hi', logprob: -0.5, bytes: [32, 72, 105] },
      { token: '.', logprob: 1e-9 },
    ];
    assert.deepEqual(read({ text: 'Hi.', logprobs })[0]?.scores, [
      { text: ' Hi', logProbability: -0.5, bytes: [32, 72, 105] },
      { text: '.', logProbability: 0 },
    ]);
    for (const broken of [[...logprobs, { token: 'x' }], 'none', [null], []])
      assert.equal(read({ text: 'Hi.', logprobs: broken })[0]?.scores, undefined);
  });

  it('gives segments and words, as vLLM and as OpenAI write them', () => {
    const words = [
      { word: ' One', start: 0.1, end: 0.5 },
      { word: 'two.', start: '2.1', end: '9.9' },
    ];
    const segments = [
      { start: 0, end: 2, text: ' One', avg_logprob: -0.25, no_speech_prob: null },
      { start: '2.0', end: '4.0', text: ' two.' },
      { start: 4, end: 4, text: ' ' },
    ];
    // vLLM's duration is a text, and its words are null.
    assert.deepEqual(read({ duration: '4.0', language: 'en', text: ' One two.', segments, words: null }), [
      { text: 'One', startMs: 0, endMs: 2_000, language: 'en', averageLogProbability: -0.25 },
      { text: 'two.', startMs: 2_000, endMs: 4_000, language: 'en' },
    ]);
    assert.deepEqual(
      read({ duration: 4, language: 'english', text: 'One two.', segments, words }).map((one) => one.words),
      [[{ text: 'One', startMs: 100, endMs: 500 }], [{ text: 'two.', startMs: 2_100, endMs: 4_000 }]],
    );
    const whole = read({ text: 'One two.', words });
    assert.deepEqual(
      whole.map(({ text, words: inside }) => [text, inside?.length]),
      [['One two.', 2]],
    );
  });

  it('is refused where it is none', () => {
    for (const answer of ['[]', 'null', '"x"', '{}', '{"text":7}', '<html>', '{"error":{"message":"no"}}'])
      assert.throws(() => segmentsOfJson(UPSTREAM, answer, 1_000), { code: 'upstream_failed' }, answer);
  });
});

it('what Qwen3-ASR says of the language is no part of the text', () => {
  assert.deepEqual(plain('language English<asr_text>Good day.language English<asr_text> Bye.'), {
    text: 'Good day. Bye.',
    language: 'en',
  });
  assert.deepEqual(plain('language Chinese,English<asr_text>ni hao'), { text: 'ni hao', language: 'zh' });
  assert.deepEqual(plain('language None<asr_text>'), { text: '' });
  assert.deepEqual(plain('The language English is spoken.'), { text: 'The language English is spoken.' });
});

describe('an answer bit by bit', () => {
  const heard = (...data: unknown[]) => {
    const streamed = new StreamedText(UPSTREAM);
    for (const one of data) streamed.push(typeof one === 'string' ? one : JSON.stringify(one));
    return streamed;
  };

  it("is put together from vLLM's chunks", () => {
    const streamed = heard(chunk(' My'), chunk(' word', 'stop'), chunk(' again'), chunk('', 'stop'));
    assert.equal(streamed.over, false);
    streamed.push('{"object":"transcription.chunk","choices":[],"usage":{"total_tokens":9}}');
    streamed.push('[DONE]');
    assert.deepEqual([streamed.text, streamed.over], [' My word again', true]);
    streamed.end();
  });

  it("is put together from OpenAI's events", () => {
    const streamed = heard(
      { type: 'transcript.text.delta', delta: 'My' },
      { type: 'transcript.text.delta', delta: ' word' },
      { type: 'something.new' },
      { type: 'transcript.text.done', text: 'My word.' },
    );
    assert.deepEqual([streamed.text, streamed.over], ['My word.', true]);
  });

  it('fails with what the stream says', () => {
    for (const error of [
      { error: { message: 'out of memory', code: 500 } },
      { error: 'out of memory' },
      { object: 'error', message: 'out of memory' },
      { type: 'error', error: { message: 'out of memory' } },
    ])
      assert.throws(() => heard(chunk(' My'), error), { code: 'upstream_failed', message: /out of memory/ });
    assert.throws(() => heard('{"object":'), { code: 'upstream_failed' });
  });

  it('is not taken for whole when it is cut off', () => {
    assert.throws(() => heard(chunk(' My')).end(), { code: 'upstream_failed' });
    assert.throws(() => heard(chunk(' My', 'stop'), chunk(' word')).end(), { code: 'upstream_failed' });
    heard(chunk(' My', 'stop')).end();
  });
});
