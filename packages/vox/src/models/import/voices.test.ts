import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { CatalogEntry } from '../types.js';
import { type ImportRequest, importModel } from './index.js';
import { floats, GraphBuilder, inspectModel, writeModel } from './onnx/index.js';

const ENTRY: CatalogEntry = {
  reference: 'piper:test',
  aliases: [],
  kind: 'tts',
  family: 'piper',
  description: '',
  license: { id: 'MIT' },
  languages: ['en'],
  needs: [],
  importer: 'piper',
  parameters: {},
  sources: [],
};

const PIPER = {
  audio: { sample_rate: 22050, quality: 'medium' },
  espeak: { voice: 'en-gb-x-rp' },
  language: { code: 'en_GB', family: 'en', name_english: 'English' },
  num_speakers: 3,
  speaker_id_map: { bob: 1, anna: 0, carol: 2 },
  phoneme_id_map: { _: [0], '^': [1], ' ': [3], '\n': [4], '1': [5], ə: [59, 60] },
};

describe('importing voices', () => {
  let root = '';
  let count = 0;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'vox-import-voices-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  /** Writes the files into a new folder; a request for their import. */
  const request = async (
    importer: ImportRequest['importer'],
    contents: Record<string, string | Uint8Array>,
  ): Promise<ImportRequest> => {
    const directory = join(root, String(count++));
    const output = join(directory, 'out');
    await mkdir(output, { recursive: true });
    const files: Record<string, string> = {};
    for (const [name, content] of Object.entries(contents)) {
      files[name] = join(directory, name.replace('/', '-'));
      await writeFile(files[name], content);
    }
    return { importer, directory, files, output, entry: ENTRY, companions: {} };
  };

  let onnx: Uint8Array = new Uint8Array();
  before(async () => {
    const graph = new GraphBuilder('voice', 15);
    graph.node('Identity', [graph.constant('c', floats([1]))], { outputs: ['output'] });
    graph.output('output', 'float32', [1]);
    await writeModel(join(root, 'voice.onnx'), graph);
    onnx = await readFile(join(root, 'voice.onnx'));
  });
  const piper = (config: unknown) =>
    request('piper', { 'voice.onnx': onnx, 'voice.onnx.json': JSON.stringify(config) });

  test('a Piper voice with speakers', async () => {
    const task = await piper(PIPER);
    const { files, info } = await importModel(task);
    assert.deepEqual(
      files.map(({ name }) => name),
      ['model.onnx', 'tokens.txt', 'info.json'],
    );
    assert.deepEqual(
      info?.voices.map(({ id }) => id),
      ['default', 'anna', 'bob', 'carol'],
    );
    assert.equal(info?.voices[0]?.language, 'en-gb');
    assert.deepEqual(info?.languages, ['en']);
    assert.equal(info?.sampleRate, 22050);
    assert.deepEqual(info?.speed, { min: 0.25, max: 4 });
    const record = JSON.parse(await readFile(join(task.output, 'info.json'), 'utf8'));
    assert.deepEqual(record.speakers, { default: 0, anna: 0, bob: 1, carol: 2 });
    const { metadata } = await inspectModel(join(task.output, 'model.onnx'));
    assert.deepEqual(Object.fromEntries(metadata), {
      model_type: 'vits',
      comment: 'piper',
      language: 'English',
      voice: 'en-gb-x-rp',
      has_espeak: '1',
      n_speakers: '3',
      sample_rate: '22050',
    });
    const tokens = await readFile(join(task.output, 'tokens.txt'), 'utf8');
    assert.deepEqual(tokens.trimEnd().split('\n').sort(), ['  3', '1 5', '^ 1', '_ 0', 'ə 59']);
  });

  test('a Piper voice of one speaker and no language takes it from espeak', async () => {
    const { language: _, speaker_id_map: __, num_speakers: ___, ...config } = PIPER;
    const task = await piper({ ...config, espeak: { voice: 'de' } });
    const { info } = await importModel(task);
    assert.deepEqual(info?.voices, [{ id: 'default', name: 'default', language: 'de' }]);
    const { metadata } = await inspectModel(join(task.output, 'model.onnx'));
    assert.equal(metadata.get('language'), 'German');
    assert.equal(metadata.get('n_speakers'), '1');
  });

  test('a Piper configuration without a sample rate is refused by name', async () => {
    await assert.rejects(importModel(await piper({ ...PIPER, audio: {} })), {
      code: 'model_broken',
      message: /voice\.onnx\.json: audio\.sample_rate/,
    });
    await assert.rejects(importModel(await request('piper', { 'voice.onnx': onnx })), {
      code: 'model_broken',
      message: /voice\.onnx\.json did not come/,
    });
  });

  test('a voice file that is cut off is refused', async () => {
    const task = await request('piper', {
      'voice.onnx': onnx.subarray(0, onnx.length - 30),
      'voice.onnx.json': JSON.stringify(PIPER),
    });
    await assert.rejects(importModel(task), {
      code: 'model_broken',
      message: /voice\.onnx is not a whole ONNX/,
    });
  });

  test('an import that is cancelled says so', async () => {
    const task = await piper(PIPER);
    await assert.rejects(importModel({ ...task, signal: AbortSignal.abort() }), { code: 'cancelled' });
  });

  const style = (value: number): Uint8Array => new Uint8Array(new Float32Array(510 * 256).fill(value).buffer);
  const kokoro = (voices: Record<string, Uint8Array>) =>
    request('kokoro', {
      'model.onnx': onnx,
      'vocab.json': JSON.stringify({ vocab: { ';': 1, a: 43 } }),
      ...Object.fromEntries(Object.entries(voices).map(([id, bytes]) => [`voices/${id}.bin`, bytes])),
    });

  test('Kokoro: voices by number, language and gender from their names', async () => {
    const task = await kokoro({ zf_xiaoni: style(3), af_heart: style(1), bm_lewis: style(2) });
    const { info } = await importModel(task);
    assert.deepEqual(info?.voices, [
      { id: 'default', name: 'Heart', language: 'en-us', gender: 'female' },
      { id: 'af_heart', name: 'Heart', language: 'en-us', gender: 'female' },
      { id: 'bm_lewis', name: 'Lewis', language: 'en-gb', gender: 'male' },
      { id: 'zf_xiaoni', name: 'Xiaoni', language: 'zh', gender: 'female' },
    ]);
    // The voice of a Chinese speaker reads no Chinese.
    assert.deepEqual(info?.languages, ['en']);
    const record = JSON.parse(await readFile(join(task.output, 'info.json'), 'utf8'));
    assert.deepEqual(record.speakers, { default: 0, af_heart: 0, bm_lewis: 1, zf_xiaoni: 2 });
    const voices = await readFile(join(task.output, 'voices.bin'));
    assert.equal(voices.length, 3 * 510 * 256 * 4);
    assert.deepEqual(
      [0, 1, 2].map((i) => voices.readFloatLE(i * 510 * 256 * 4)),
      [1, 2, 3],
    );
    assert.equal(await readFile(join(task.output, 'tokens.txt'), 'utf8'), '; 1\na 43\n');
    const { metadata } = await inspectModel(join(task.output, 'model.onnx'));
    assert.equal(metadata.get('speaker2id'), 'af_heart->0,bm_lewis->1,zf_xiaoni->2');
  });

  test('Kokoro without voices, or with one that is cut off, is refused', async () => {
    await assert.rejects(importModel(await kokoro({})), { code: 'model_broken', message: /no voices/ });
    await assert.rejects(importModel(await kokoro({ af_heart: style(1).subarray(4) })), {
      code: 'model_broken',
      message: /af_heart\.bin has 522236 bytes where a voice has 522240/,
    });
  });
});
