import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeModel, type ModelInfo, VoxError } from '@vox-speech/contract';
import { manifest } from '../../runtime/fake-runtime.test.support.js';
import type { ListedVoice, Manifest } from '../../runtime/types.js';
import {
  chooseVoice,
  describe as describePrograms,
  type ProgramsRuntime,
  recogniser,
  select,
} from './programs.js';

const INFO = describeModel({
  kind: 'tts',
  family: 'kokoro',
  sampleRate: 24_000,
  languages: ['en', 'es'],
  concurrency: 1,
});

const VOICES: Readonly<Record<string, readonly ListedVoice[]>> = {
  'kokoro:v1': [
    { id: 'default', name: 'Heart', language: 'en-us' },
    { id: 'bf_emma', name: 'Emma', language: 'en-gb' },
    { id: 'ef_dora', name: 'Dora', language: 'es' },
    { id: 'jf_alpha', name: 'Alpha', language: 'ja', warning: 'speaks Japanese by the wrong rules' },
    { id: 'my-own', name: 'Me', cloned: true },
  ],
  'piper:joe': [{ id: 'default', name: 'default', language: 'en-us' }],
};

const model = (reference: string, kind: 'stt' | 'tts', languages: string[], info?: ModelInfo): Manifest => ({
  ...manifest(reference, kind),
  languages,
  ...(info === undefined ? {} : { info }),
});

const MODELS = [
  model('kokoro:v1', 'tts', ['en', 'es'], INFO),
  model('online:en', 'stt', ['en']),
  model('piper:joe', 'tts', ['en'], { ...INFO, languages: ['en'] }),
  model('whisper:base', 'stt', ['en', 'de', 'fr']),
  model('zipformer:zh', 'stt', []),
  // Says nothing of itself before it is loaded, and must not be loaded to be listed.
  model('matcha:de', 'tts', ['de']),
  { ...manifest('turn:v1', 'stt'), kind: 'turn' as const },
];

function runtime(models: readonly Manifest[] = MODELS): ProgramsRuntime {
  const find = (name: string): Manifest => {
    const found = models.find(({ reference }) => reference === (name === 'piper' ? 'piper:joe' : name));
    if (found === undefined) throw new VoxError('model_unknown', `Model '${name}' not found in catalog`);
    return found;
  };
  return {
    list: async () => models,
    show: async (name) => find(name),
    defaultModel: async (kind) => find(kind === 'stt' ? 'online:en' : 'piper:joe'),
    async voices(name) {
      const found = VOICES[name];
      if (found === undefined) throw new Error(`${name} would have been loaded`);
      return found;
    },
  };
}

interface Program {
  readonly name: string;
  readonly models?: readonly { readonly name: string }[];
  readonly voices?: readonly { readonly name: string; readonly languages: readonly string[] }[];
}

describe('programs', () => {
  it('stand in order: everything, the default, the others', async () => {
    const { asr, tts } = (await describePrograms(runtime(), '1')) as Record<string, readonly Program[]>;
    const recognisers = ['online:en', 'whisper:base', 'zipformer:zh'];
    assert.deepEqual(
      asr?.map(({ name }) => name),
      ['vox', ...recognisers],
    );
    assert.deepEqual(
      asr?.[0]?.models?.map(({ name }) => name),
      recognisers,
    );
    assert.deepEqual(
      tts?.map(({ name }) => name),
      ['vox', 'piper:joe', 'kokoro:v1', 'matcha:de'],
    );
    assert.deepEqual(
      tts?.[0]?.voices?.map(({ name, languages }) => [name, languages]),
      [
        ['piper:joe', ['en-US']],
        ['kokoro:v1', ['en-US']],
        ['kokoro:v1/bf_emma', ['en-GB']],
        ['kokoro:v1/ef_dora', ['es']],
        ['kokoro:v1/my-own', ['en', 'es']],
        ['matcha:de', ['de']],
      ],
    );
  });

  it('are none on an empty machine', async () => {
    const { asr, tts } = await describePrograms(runtime([]), '1');
    assert.deepEqual([asr, tts], [[], []]);
  });

  it('are selected for one kind of work each', async () => {
    const first = await select(runtime(), {}, 'whisper:base');
    const both = await select(runtime(), first, 'piper');
    assert.deepEqual(both, { stt: 'whisper:base', tts: 'piper:joe' });
    assert.deepEqual(await select(runtime(), both, 'vox'), {});
    await assert.rejects(select(runtime(), both, 'nope'), { code: 'model_unknown' });
    await assert.rejects(select(runtime(), both, 'turn:v1'), { code: 'wrong_kind' });
  });
});

describe('the recogniser', () => {
  const chosen = (name: string, language?: string, stt?: string) =>
    recogniser(runtime(), stt === undefined ? {} : { stt }, {
      model: name,
      hotwords: [],
      warnings: [],
      ...(language === undefined ? {} : { language }),
    });

  it('is the one that is named, else selected, else the default', async () => {
    assert.equal(await chosen('whisper', 'en', 'online:en'), 'whisper');
    assert.equal(await chosen('vox', 'de', 'online:en'), 'online:en');
    assert.equal(await chosen(''), '');
    assert.equal(await chosen('', 'en'), 'online:en');
  });

  it('is one that hears the language', async () => {
    assert.equal(await chosen('', 'de'), 'whisper:base');
    // Of which nobody knows what it hears.
    assert.equal(await chosen('', 'zh'), 'zipformer:zh');
  });
});

describe('the voice', () => {
  const chosen = (wanted: Parameters<typeof chooseVoice>[2], tts?: string) =>
    chooseVoice(runtime(), tts === undefined ? {} : { tts }, wanted);

  it('is the one of a name, of a model, or of the model that is selected', async () => {
    assert.deepEqual(await chosen({}), { model: '', voice: '' });
    assert.deepEqual(await chosen({ name: 'vox' }, 'kokoro:v1'), { model: 'kokoro:v1', voice: '' });
    assert.deepEqual(await chosen({ name: 'kokoro:v1/bf_emma' }), { model: 'kokoro:v1', voice: 'bf_emma' });
    assert.deepEqual(await chosen({ name: 'kokoro:v1' }), { model: 'kokoro:v1', voice: '' });
    assert.deepEqual(await chosen({ name: 'piper' }), { model: 'piper:joe', voice: '' });
    assert.deepEqual(await chosen({ name: 'ef_dora' }, 'kokoro:v1'), {
      model: 'kokoro:v1',
      voice: 'ef_dora',
    });
    // The runtime says that there is none, and which there are.
    assert.deepEqual(await chosen({ name: 'nobody' }), { model: '', voice: 'nobody' });
  });

  it('is the first that speaks a language, of the very region where there is one', async () => {
    assert.deepEqual(await chosen({ language: 'en_GB' }), { model: 'kokoro:v1', voice: 'bf_emma' });
    assert.deepEqual(await chosen({ language: 'en' }), { model: 'piper:joe', voice: 'default' });
    assert.deepEqual(await chosen({ language: 'en-AU' }), { model: 'piper:joe', voice: 'default' });
    assert.deepEqual(await chosen({ language: 'es-MX' }), { model: 'kokoro:v1', voice: 'ef_dora' });
    await assert.rejects(chosen({ language: 'es' }, 'piper:joe'), {
      code: 'invalid_request',
      param: 'voice',
    });
    await assert.rejects(chosen({ language: 'ja' }), { code: 'invalid_request' });
  });

  it('is a speaker of the model, by id or by name', async () => {
    assert.deepEqual(await chosen({ name: 'kokoro:v1', speaker: 'Dora' }), {
      model: 'kokoro:v1',
      voice: 'ef_dora',
    });
    assert.deepEqual(await chosen({ speaker: 'default' }), { model: 'piper:joe', voice: 'default' });
    await assert.rejects(chosen({ name: 'kokoro:v1', speaker: 'x' }), /bf_emma/);
  });
});
