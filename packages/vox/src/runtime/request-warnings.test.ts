import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveOptions, ModelInfo, SynthesizeOptions } from '@vox-speech/contract';
import type { Manifest } from '../models/types.js';
import type { LeasedHost } from '../scheduler/model-spec.js';
import { checkLive } from './listen.js';
import { startSpeech } from './speak.js';
import { checkTranscription } from './transcribe.js';

const INFO: ModelInfo = {
  kind: 'stt',
  family: 'fake',
  sampleRate: 16_000,
  languages: ['de', 'en'],
  voices: [],
  canTranslate: false,
  canDetectLanguage: true,
  canTimeWords: true,
  canPrompt: false,
  concurrency: 1,
};
const { signal } = new AbortController();
const request = { model: 'm', path: 'p', task: 'transcribe', words: false, signal } as const;
const check = (info: ModelInfo, options: object) =>
  checkTranscription({ ...request, ...options }, { info, languages: info.languages } as unknown as Manifest);

test('a prompt goes to the models that take one; the others answer with a warning', () => {
  const taken = check({ ...INFO, canPrompt: true }, { prompt: 'Zebra' });
  assert.equal(taken.options.prompt, 'Zebra');
  assert.deepEqual(taken.warnings, []);
  const left = check(INFO, { prompt: 'Zebra' });
  assert.equal(left.options.prompt, undefined);
  assert.deepEqual(
    left.warnings.map(({ option }) => option),
    ['prompt'],
  );
});

test('a language that the model can not be told is answered with a warning', () => {
  assert.deepEqual(check(INFO, { language: 'de' }).warnings, []);
  const hears: ModelInfo = { ...INFO, canChooseLanguage: false };
  assert.deepEqual(
    check(hears, { language: 'de' }).warnings.map(({ option }) => option),
    ['language'],
  );
  assert.deepEqual(check(hears, { language: 'auto' }).warnings, []);
  assert.deepEqual(check({ ...hears, languages: ['de'] }, { language: 'de' }).warnings, []);
});

test('a decoder goes to the models that have it, live too; the others answer with a warning', () => {
  const both: ModelInfo = { ...INFO, decoders: ['beam', 'greedy'] };
  assert.equal(check(both, { decoder: 'greedy' }).options.decoder, 'greedy');
  const left = check(INFO, { decoder: 'beam' });
  assert.equal(left.options.decoder, undefined);
  assert.deepEqual(
    left.warnings.map(({ option }) => option),
    ['decoder'],
  );
  // All others are greedy.
  assert.deepEqual(check(INFO, { decoder: 'greedy' }).warnings, []);
  const live = (info: ModelInfo) => {
    const options: LiveOptions = {
      sampleRate: 8_000,
      task: 'transcribe',
      words: true,
      hotwords: [],
      decoder: 'beam',
      endpointing: { detector: 'manual', silenceMs: 1, minSpeechMs: 1, preRollMs: 0, maxUtteranceMs: 1 },
    };
    return checkLive(options, { info, languages: [] } as unknown as Manifest);
  };
  assert.equal(live(both).options.decoder, 'beam');
  assert.equal('decoder' in live(INFO).options, false);
  assert.equal(live(INFO).warnings.length, 1);
});

test("what is wrong with a voice is in the answer's warnings", async () => {
  const voices = [
    { id: 'default', name: 'Heart' },
    { id: 'zf_xiaoni', name: 'Xiaoni', warning: 'it cannot read Chinese' },
  ];
  const summary = Promise.resolve({ durationMs: 0, processingMs: 0, warnings: [] });
  const run = { sampleRate: Promise.resolve(24_000), audio: [], summary };
  const lease = { host: { info: { ...INFO, voices }, synthesize: () => run }, release: () => {} };
  const warningsOf = async (voice: string) => {
    const speech = { model: 'm', text: 'a', voice, speed: 1, format: 'wav', signal } as const;
    return (await startSpeech(speech, 'm', lease as unknown as LeasedHost, { directory: '' }, undefined))
      .warnings;
  };
  assert.deepEqual(await warningsOf('zf_xiaoni'), [
    { type: 'other', option: 'voice', message: 'it cannot read Chinese' },
  ]);
  assert.deepEqual(await warningsOf(''), []);
});

test('a voice that can be told how to speak is; another one answers with a warning', async () => {
  const summary = Promise.resolve({ durationMs: 0, processingMs: 0, warnings: [] });
  const run = { sampleRate: Promise.resolve(24_000), audio: [], summary };
  const speak = async (canInstruct: boolean, instructions: string | undefined) => {
    const asked: SynthesizeOptions[] = [];
    const info = { ...INFO, ...(canInstruct ? { canInstruct } : {}) };
    const synthesize = ({ options }: { options: SynthesizeOptions }) => {
      asked.push(options);
      return run;
    };
    const lease = { host: { info, synthesize }, release: () => {} } as unknown as LeasedHost;
    const words = instructions === undefined ? {} : { instructions };
    const speech = { model: 'm', text: 'a', voice: '', speed: 1, format: 'wav', signal, ...words } as const;
    const { warnings } = await startSpeech(speech, 'm', lease, { directory: '' }, undefined);
    return [asked[0]?.instructions, warnings.map(({ option }) => option)];
  };
  assert.deepEqual(await speak(true, 'Softly.'), ['Softly.', []]);
  assert.deepEqual(await speak(false, 'Softly.'), [undefined, ['instructions']]);
  assert.deepEqual(await speak(false, undefined), [undefined, []]);
});

test('probabilities of tokens are asked of the models that tell them; the others answer with a warning', () => {
  const told = check({ ...INFO, canScore: true }, { scores: true });
  assert.deepEqual([told.options.scores, told.warnings], [true, []]);
  const left = check(INFO, { scores: true });
  assert.deepEqual([left.options.scores, left.warnings[0]?.option], [undefined, 'scores']);
});
