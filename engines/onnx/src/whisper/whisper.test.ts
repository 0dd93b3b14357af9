/** Whisper on real weights: what comes of speech, and of what is no speech. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Model, Segment } from '@vox-speech/contract';
import {
  hear,
  load,
  NO_MODELS,
  NO_SPEECH,
  RATE,
  recording,
  SAID,
  silence,
  wordsIn,
} from './whisper.test-support.js';

const LENGTH_MS = 11_000;

/** What the tokens of a segment spell together, byte for byte. */
const spelled = ({ scores = [] }: Segment): string =>
  Buffer.concat(scores.map(({ text, bytes }) => Buffer.from(bytes ?? Buffer.from(text)))).toString('utf8');

describe('Whisper base', { skip: NO_SPEECH }, () => {
  let model: Model;
  const speech = NO_SPEECH ? silence(0) : recording();
  before(async () => {
    model = await load('base');
  });
  after(() => model.close());

  test('knows what it can do', () => {
    const { canPrompt, canBias, canScore, canTimeWords, canTranslate, canDetectLanguage } = model.info;
    assert.deepEqual(
      [canPrompt, canBias, canScore, canTimeWords, canTranslate, canDetectLanguage],
      [true, true, true, true, true, true],
    );
    assert.equal(model.info.languages.length, 99);
    for (const language of ['en', 'de', 'zh', 'su']) assert.ok(model.info.languages.includes(language));
  });

  test('writes every word, hears the language, times each word and says how sure it was', async () => {
    const said = await hear(model, speech, { words: true, scores: true });
    assert.ok(said);
    assert.equal(wordsIn(said.text), SAID);
    assert.deepEqual([said.language, said.startMs, said.endMs], ['en', 0, LENGTH_MS]);

    const words = said.words ?? [];
    assert.equal(words.map(({ text }) => text).join(' '), said.text);
    let last = 0;
    for (const { text, startMs, endMs } of words) {
      assert.ok(startMs >= last && endMs >= startMs && endMs <= LENGTH_MS, `${text} ${startMs}-${endMs}`);
      last = startMs;
    }
    // Heard by a person: "ask not" after 3.2 s, "ask what you can do" after 8 s.
    const at = (word: string, from: number): number =>
      words.find(({ text, startMs }) => wordsIn(text) === word && startMs >= from)?.startMs ?? 0;
    assert.ok(Math.abs(at('not', 0) - 3_900) < 500, `not at ${at('not', 0)}`);
    assert.ok(Math.abs(at('ask', 5_000) - 8_200) < 500, `ask at ${at('ask', 5_000)}`);

    const { scores = [], averageLogProbability = 0 } = said;
    assert.equal(spelled(said).trim(), said.text);
    assert.ok(scores.every(({ logProbability: log }) => log <= 0 && Number.isFinite(log)));
    const sum = scores.reduce((total, { logProbability }) => total + logProbability, 0);
    assert.ok(Math.abs(sum / scores.length - averageLogProbability) < 1e-6);
    assert.ok(averageLogProbability > -0.5, `${averageLogProbability} for words that are all right`);
  });

  test('without words and scores there are none; their mean costs nothing', async () => {
    const said = await hear(model, speech.subarray(0, 3 * RATE));
    assert.ok(said);
    assert.deepEqual([said.words, said.scores], [undefined, undefined]);
    assert.ok((said.averageLogProbability ?? 1) < 0);
  });

  test('writes in the language it is told, two at once too', async () => {
    const [english, german] = await Promise.all([
      hear(model, speech, { language: 'en' }),
      hear(model, speech, { language: 'de' }),
    ]);
    assert.equal(wordsIn(english?.text ?? ''), SAID);
    assert.deepEqual([english?.language, german?.language], ['en', 'de']);
    assert.match(german?.text ?? '', /\bund\b/i);
  });

  test('translates', async () => {
    const said = await hear(model, speech, { task: 'translate' });
    assert.equal(wordsIn(said?.text ?? ''), SAID);
    assert.equal(said?.language, 'en');
  });
});

describe('Whisper tiny.en', { skip: NO_MODELS }, () => {
  let model: Model;
  const speech = NO_SPEECH ? silence(0) : recording();
  const skip = NO_SPEECH;
  before(async () => {
    model = await load('tiny.en');
  });
  after(() => model.close());

  test('knows English alone: it translates nothing', async () => {
    const { languages, canTranslate, canDetectLanguage } = model.info;
    assert.deepEqual([languages, canTranslate, canDetectLanguage], [['en'], false, false]);
    await assert.rejects(hear(model, silence(1), { language: 'de' }), {
      code: 'invalid_request',
      param: 'language',
    });
    await assert.rejects(hear(model, silence(1), { task: 'translate' }), {
      code: 'invalid_request',
      param: 'task',
    });
  });

  test('writes as the prompt is written', { skip }, async () => {
    const plain = await hear(model, speech);
    assert.equal(wordsIn(plain?.text ?? ''), SAID);
    assert.match(plain?.text ?? '', /^And so my fellow Americans/);
    assert.equal(plain?.language, 'en');
    const lower = await hear(model, speech, { prompt: SAID });
    assert.equal(lower?.text, SAID);
  });

  test('of a prompt of 10 000 words the end counts', { skip }, async () => {
    const end = 'the senators spoke first and then the president spoke to all of us. '.repeat(20);
    const [long, short] = await Promise.all([
      hear(model, speech, { prompt: `${'Word, '.repeat(10_000)} ${end}` }),
      hear(model, speech, { prompt: end }),
    ]);
    assert.equal(wordsIn(long?.text ?? ''), SAID);
    assert.equal(long?.text, short?.text);
  });

  test('writes hotwords as they are given: they are words before the prompt', { skip }, async () => {
    const hotwords = ['fellow-Americans', 'your Country', 'for You'];
    const said = await hear(model, speech, { hotwords });
    assert.match(said?.text ?? '', /my fellow-Americans/);
    const prompt = 'He spoke to us.';
    const both = await hear(model, speech, { hotwords, prompt });
    const one = await hear(model, speech, { prompt: `${hotwords.join(', ')} ${prompt}` });
    assert.deepEqual(both, one);
  });

  test('an empty prompt is none', { skip }, async () => {
    const short = speech.subarray(0, 3 * RATE);
    assert.deepEqual(
      await hear(model, short, { prompt: ' \n', hotwords: ['', ' '] }),
      await hear(model, short),
    );
  });

  test('says nothing of less than 100 ms, and lives through silence', async () => {
    for (const length of [0, 1, 1_599]) assert.equal(await hear(model, new Float32Array(length)), undefined);
    for (const seconds of [0.1, 1, 29.5]) {
      const said = await hear(model, silence(seconds), { words: true, scores: true });
      for (const { startMs, endMs } of said?.words ?? [])
        assert.ok(startMs <= endMs && endMs <= seconds * 1000);
    }
  });

  test('hears no sample more than 29.5 s at once', async () => {
    const longer = new Float32Array(29.5 * RATE + 1);
    await assert.rejects(hear(model, longer), { code: 'internal', message: /29500/ });
  });

  test('takes 16 kHz alone', async () => {
    const segments = model.transcribe?.(
      { samples: new Float32Array(8_000), sampleRate: 8_000 },
      { task: 'transcribe', words: false },
      new AbortController().signal,
    );
    await assert.rejects(async () => segments?.[Symbol.asyncIterator]().next(), { code: 'internal' });
  });
});
