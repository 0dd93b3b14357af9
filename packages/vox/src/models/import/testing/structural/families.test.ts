/**
 * Every family that the sherpa engine takes as published, loaded and run through the real library, each in a process of its
 * own. The weights are structural stand-ins, because no package registry carries the real ones.
 *
 * What this proves: that the files under their published names, the metadata, the inputs and outputs, the options (language,
 * task, words to expect, speaker, speed, recording) and the times go the way that they should. What it does not: that the
 * published files have these names and inputs, that the real weights understand or sound well, how fast they are and what
 * memory they take. Moonshine 2 is read from ONNX here, where the published files are in ONNX Runtime's own format.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Engine, type ModelInfo, VoxError } from '@vox-speech/contract';
import { findSherpa } from '../sherpa.js';
import { writeTone } from '../tone.js';
import { runChild } from './child.test.support.js';
import { writeMoonshine1, writeMoonshine2, writeQwen3 } from './decoders.test.support.js';
import { writePocket } from './pocket.test.support.js';
import { writeCanary, writeParakeet, writeSenseVoice } from './recognizers.test.support.js';
import type { RunFamily } from './run-family.test.support.js';
import {
  writeNemoCtc,
  writeNemoTransducer,
  writeParaformer,
  writeZipformer,
  writeZipformerCtc,
} from './streaming-graphs.test.support.js';
import { writeKitten, writeMatcha, writeSupertonic, writeZipVoice } from './voices.test.support.js';

const ENGINE: string = '@vox-speech/engine-sherpa';
const home = process.env.VOX_TEST_HOME ?? '';
const phonemes = join(home, 'models/views/espeak-ng-data/1.52');
const skip = findSherpa() === undefined && 'sherpa-onnx-node is not installed';
const skipPhonemes =
  skip || (!existsSync(phonemes) && 'the phoneme data of espeak-ng is not pulled (VOX_TEST_HOME)');

interface Failure {
  error: string;
  message: string;
}
interface Heard {
  text: string;
  language?: string;
  words?: { text: string; startMs: number; endMs: number }[];
  averageLogProbability?: number;
  scores?: { text: string; logProbability: number }[];
}
interface Report {
  info: ModelInfo;
  heard: (Heard[] | Failure)[];
  spoken: ({ length: number; peak: number } | Failure)[];
}

const BEEPS = [400, 1000, 1400, 2000, 2600];
const TRANSCRIBE = { task: 'transcribe', words: true } as const;

describe('families of the sherpa engine, on structural models', () => {
  let root = '';
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'vox-families-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  const make = async (
    name: string,
    family: string,
    write: (directory: string) => Promise<void>,
  ): Promise<RunFamily['files']> => {
    const directory = join(root, name);
    await mkdir(directory, { recursive: true });
    await write(directory);
    const reference = `${name}:1`;
    return { reference, family, directory, companions: { 'espeak-ng-data': phonemes }, parameters: {} };
  };

  const run = (job: RunFamily): Report => runChild('./run-family.test.support.js', job);
  const texts = ({ heard }: Report): (string | undefined)[] =>
    heard.map((segments) => (Array.isArray(segments) ? segments[0]?.text : segments.error));
  const languages = ({ heard }: Report): (string | undefined)[] =>
    heard.map((segments) => (Array.isArray(segments) ? segments[0]?.language : segments.error));
  const lengths = ({ spoken }: Report): (number | string)[] =>
    spoken.map((said) => ('error' in said ? said.error : said.length));
  const peaks = ({ spoken }: Report): (number | string)[] =>
    spoken.map((said) => ('error' in said ? said.error : said.peak));

  /** A word begins at its beep, to within two frames. */
  const checkTimes = (report: Report, beeps: readonly number[]): void => {
    const [segments] = report.heard;
    assert.ok(Array.isArray(segments));
    const words = segments[0]?.words ?? [];
    assert.equal(words.map(({ text }) => text).join(' '), segments[0]?.text);
    for (const [at, { text, startMs, endMs }] of words.entries()) {
      assert.ok(Math.abs(startMs - (beeps[at] ?? 0)) <= 160, `${text} begins at ${startMs}`);
      assert.ok(endMs > startMs, `${text} ends at ${endMs}`);
    }
  };
  // `brown` is two tokens and begins with the third beep.
  const WORD_BEEPS = [400, 1000, 1400, 2600];

  test('Parakeet 2: a transducer with durations, English, words with times', { skip }, async () => {
    const files = await make('parakeet-v2', 'parakeet', (to) => writeParakeet(to, 1024));
    const report = run({ files, beeps: BEEPS, transcribe: [TRANSCRIBE, { ...TRANSCRIBE, scores: true }] });
    assert.deepEqual(texts(report), ['the quick brown fox', 'the quick brown fox']);
    assert.deepEqual(report.info.languages, ['en']);
    assert.equal(report.info.canScore, true);
    const [plain, scored] = report.heard.map((segments) =>
      Array.isArray(segments) ? segments[0] : undefined,
    );
    assert.equal(plain?.scores, undefined);
    assert.equal(
      scored?.scores
        ?.map(({ text }) => text)
        .join('')
        .trim(),
      scored?.text,
    );
    assert.ok(scored?.scores?.every(({ logProbability }) => logProbability < 0 && logProbability > -5));
    assert.ok((plain?.averageLogProbability ?? 0) < 0);
    checkTimes(report, WORD_BEEPS);
  });

  test('Parakeet 3: 25 languages that it hears by itself', { skip }, async () => {
    const files = await make('parakeet-v3', 'parakeet', (to) => writeParakeet(to, 8192));
    const report = run({ files, beeps: BEEPS.slice(0, 2), transcribe: [{ ...TRANSCRIBE, language: 'de' }] });
    assert.deepEqual(texts(report), ['the quick']);
    assert.equal(report.info.languages.length, 25);
    assert.equal(report.info.canChooseLanguage, false);
    // It can't be told, so nothing is said about what was heard.
    assert.deepEqual(languages(report), [undefined]);
  });

  test('SenseVoice: detects, is told by loading anew, and tells what it heard', { skip }, async () => {
    const files = await make('sensevoice', 'sensevoice', writeSenseVoice);
    const report = run({
      files,
      beeps: BEEPS,
      transcribe: [
        TRANSCRIBE,
        { ...TRANSCRIBE, language: 'ja' },
        TRANSCRIBE,
        { ...TRANSCRIBE, language: 'fr' },
      ],
    });
    const text = 'the quick brown fox';
    assert.deepEqual(texts(report), [text, text, text, 'invalid_request']);
    assert.deepEqual(languages(report), ['en', 'ja', 'en', 'invalid_request']);
    checkTimes(report, WORD_BEEPS);
  });

  test('Canary: is told what is spoken, and translates into English', { skip }, async () => {
    const files = await make('canary', 'canary', writeCanary);
    const report = run({
      files,
      beeps: BEEPS.slice(0, 3),
      transcribe: [
        TRANSCRIBE,
        { ...TRANSCRIBE, language: 'de' },
        { ...TRANSCRIBE, language: 'fr' },
        { ...TRANSCRIBE, language: 'de', task: 'translate' },
      ],
    });
    assert.deepEqual(texts(report), [
      'the quick fox',
      'der schnelle fuchs',
      'le renard rapide',
      'the quick fox',
    ]);
    assert.deepEqual(languages(report), ['en', 'de', 'fr', 'de']);
  });

  for (const [version, write] of [writeMoonshine1, writeMoonshine2].entries())
    test(`Moonshine ${version + 1}: text without times`, { skip }, async () => {
      const files = await make(`moonshine-v${version + 1}`, 'moonshine', write);
      const report = run({ files, beeps: BEEPS, transcribe: [TRANSCRIBE] });
      assert.deepEqual(texts(report), ['the quick brown fox']);
      assert.equal(report.info.canTimeWords, false);
      assert.ok(Array.isArray(report.heard[0]) && report.heard[0][0]?.words === undefined);
    });

  test('Qwen3-ASR: language and words to expect go with each stream', { skip }, async () => {
    const files = await make('qwen3', 'qwen3-asr', writeQwen3);
    const report = run({
      files,
      beeps: BEEPS.slice(0, 3),
      transcribe: [
        TRANSCRIBE,
        { ...TRANSCRIBE, language: 'de' },
        { ...TRANSCRIBE, prompt: 'Zebra' },
        TRANSCRIBE,
        { ...TRANSCRIBE, hotwords: ['Zebra', 'Vox'] },
        { ...TRANSCRIBE, prompt: 'x'.repeat(300), hotwords: ['y'.repeat(100)] },
        { ...TRANSCRIBE, prompt: 'x'.repeat(401) },
      ],
    });
    assert.deepEqual(texts(report), [
      'the quick fox',
      'der schnelle Fuchs',
      'a little Zebra',
      'the quick fox',
      'a little Zebra',
      'invalid_request',
      'invalid_request',
    ]);
    assert.deepEqual([report.info.canPrompt, report.info.canBias], [true, true]);
  });

  const say = (text: string, options: object = {}, reference?: { seconds: number; text: string }) => ({
    text,
    options: { voice: 'default', speed: 1, ...options },
    ...(reference === undefined ? {} : { reference }),
  });

  test('Kitten: speakers and speed', { skip: skipPhonemes }, async () => {
    const files = await make('kitten', 'kitten', writeKitten);
    const female = { voice: 'expr-voice-2-f' };
    const report = run({
      files,
      speak: [
        say('Hello world.'),
        say('Hello world.', female),
        say('Hello world.', { speed: 2 }),
        say('a', { voice: 'b' }),
      ],
    });
    assert.deepEqual(peaks(report), [0.1, 0.3, 0.1, 'invalid_request']);
    const [plain, , fast] = lengths(report);
    assert.ok(Number(plain) > 0 && Number(plain) === 2 * Number(fast));
    assert.equal(report.info.sampleRate, 24_000);
  });

  test('Matcha: acoustic model and vocoder', { skip: skipPhonemes }, async () => {
    const files = await make('matcha', 'matcha', writeMatcha);
    const report = run({
      files,
      speak: [say('Hello world.'), say('Hello wide world out there.'), say('Hello world.', { speed: 2 })],
    });
    const [short, long, fast] = lengths(report).map(Number);
    assert.ok(short !== undefined && long !== undefined && short > 0 && long > 1.5 * short);
    assert.equal(short, 2 * Number(fast));
    assert.equal(report.info.sampleRate, 22_050);
    assert.deepEqual(report.info.languages, ['en']);
  });

  test('Supertonic: speakers, and the language with each call', { skip }, async () => {
    const files = await make('supertonic', 'supertonic', writeSupertonic);
    const report = run({
      files,
      speak: [
        say('Hello world.'),
        say('Hello world.', { voice: 'speaker-3' }),
        say('Hello world.', { language: 'ko' }),
        say('Hello world.', { speed: 2 }),
        say('Hello world.', { language: 'xx' }),
      ],
    });
    assert.deepEqual(peaks(report), [0.1, 0.3, 0.05, 0.1, 'invalid_request']);
    const [plain, , , fast] = lengths(report).map(Number);
    assert.ok(plain !== undefined && plain > 0 && Math.abs(plain - 2 * Number(fast)) <= 1);
    assert.equal(report.info.sampleRate, 44_100);
  });

  test('Pocket: speaks like a recording, those that came with it or a new one', { skip }, async () => {
    const files = await make('pocket', 'pocket', writePocket);
    const report = run({
      files,
      speak: [
        say('Hello world.'),
        say('Hello big wide world.'),
        say('Hello world.', { voice: 'loud' }),
        say('Hello world.', { voice: 'any' }, { seconds: 2, text: '' }),
        say('Hello world.', { voice: 'any' }),
      ],
    });
    const [bria, , loud, cloned, unknown] = peaks(report);
    // The levels of two recordings, and the mean magnitude of a sine of 0.25.
    assert.ok(Math.abs(Number(bria) - 0.2) < 0.01 && Math.abs(Number(loud) - 0.6) < 0.01);
    assert.ok(Math.abs(Number(cloned) - 0.159) < 0.01);
    assert.equal(unknown, 'invalid_request');
    const [short, long] = lengths(report).map(Number);
    assert.ok(Number(long) > 1.4 * Number(short));
    assert.deepEqual(
      report.info.voices.map(({ id }) => id),
      ['default', 'bria', 'loud'],
    );
    assert.deepEqual([report.info.cloning, report.info.cloningNeedsText], [true, false]);
  });

  test('ZipVoice: speaks like a recording whose words are known', { skip: skipPhonemes }, async () => {
    const files = await make('zipvoice', 'zipvoice', writeZipVoice);
    const reference = { seconds: 2, text: 'hello' };
    const report = run({
      files,
      speak: [
        say('Hello world.', {}, reference),
        say('Hello big wide world.', {}, reference),
        say('Hello world.', { speed: 2 }, { ...reference, seconds: 1 }),
        say('Hello world.'),
        say('Hello world.', {}, { ...reference, text: ' ' }),
      ],
    });
    const [short, long, fast, none, wordless] = lengths(report);
    assert.ok(Number(short) > 0 && Number(long) > 1.5 * Number(short));
    assert.equal(Number(short), 2 * Number(fast));
    assert.deepEqual([none, wordless], ['invalid_request', 'invalid_request']);
    assert.deepEqual([report.info.cloning, report.info.cloningNeedsText], [true, true]);
  });

  /** What is broken is noticed before the library sees it: in this process, which would end with it. */
  const FAMILIES: readonly [string, (directory: string) => Promise<void>][] = [
    ['parakeet', (to) => writeParakeet(to, 1024)],
    ['sensevoice', writeSenseVoice],
    ['canary', writeCanary],
    ['moonshine', writeMoonshine1],
    ['qwen3-asr', writeQwen3],
    ['kitten', writeKitten],
    ['matcha', writeMatcha],
    ['supertonic', writeSupertonic],
    ['pocket', writePocket],
    ['zipvoice', writeZipVoice],
    ['tone-ctc', (to) => writeTone(to)],
    ['zipformer-online', (to) => writeZipformer(to)],
    ['zipformer-ctc-online', writeZipformerCtc],
    ['paraformer-online', writeParaformer],
    ['nemo-ctc-online', writeNemoCtc],
    ['nemo-transducer-online', writeNemoTransducer],
  ];
  for (const [family, write] of FAMILIES)
    test(`${family}: a file that is missing or cut is named`, { skip }, async () => {
      const files = await make(`broken-${family}`, family, write);
      const { default: engine } = (await import(ENGINE)) as { default: Engine };
      const isBroken = (name: string) => (error: unknown) =>
        VoxError.is(error) &&
        error.code === 'model_broken' &&
        (error.message.includes(name) || /espeak-ng/.test(error.message));
      // Of a file with several published names, the first is asked for.
      const isMissing = isBroken('is missing');
      const names = (await readdir(files.directory, { recursive: true })).filter((name) =>
        /\.\w+$/.test(name),
      );
      assert.ok(names.length >= 2);
      for (const name of names.filter((each) => !each.startsWith('test_wavs'))) {
        const path = join(files.directory, name);
        const bytes = await readFile(path);
        await rename(path, `${path}.away`);
        await assert.rejects(engine.load(files, { threads: 1, device: 'cpu' }), isMissing, name);
        if (/\.(onnx|json)$/.test(name)) {
          await writeFile(path, bytes.subarray(0, Math.floor(bytes.length / 2)));
          const published = name.replace(/^.*\//, '');
          await assert.rejects(engine.load(files, { threads: 1, device: 'cpu' }), isBroken(published), name);
        }
        await rm(path, { force: true });
        await rename(`${path}.away`, path);
      }
    });
});
