import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { inspectModel } from '../onnx/index.js';
import { findSherpa, hearTone } from '../testing/sherpa.js';
import { type TinyWhisper, tinyTokens, writeTinyWhisper } from '../testing/whisper.js';
import { importWhisper } from './index.js';

describe('importing Whisper', () => {
  let root = '';
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'vox-import-whisper-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  const make = async (name: string, tiny: TinyWhisper) => {
    const output = join(root, name, 'out');
    await mkdir(output, { recursive: true });
    const files = await writeTinyWhisper(join(root, name), tiny);
    return { files, output, name };
  };

  test('English only: what it can do, the metadata, and one embedding', async () => {
    const request = await make('tiny.en', { text: 'hello world', multilingual: false, mels: 80 });
    const progress: [number, number][] = [];
    const { names, info } = await importWhisper({ ...request, onProgress: (...at) => progress.push(at) });
    assert.deepEqual(names, ['encoder.int8.onnx', 'decoder.int8.onnx', 'features.onnx', 'tokens.txt']);
    const sizes = await Promise.all(
      names.slice(0, 3).map(async (name) => (await stat(join(request.output, name))).size),
    );
    assert.deepEqual(info.languages, ['en']);
    assert.equal(info.canTranslate, false);
    assert.equal(info.canTimeWords, true);
    const last = progress.at(-1);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    assert.deepEqual(last, [bytes, bytes], 'progress ends at its total, the bytes of every graph');
    assert.equal(new Set(progress.map(([, total]) => total)).size, 1, 'the total is known from the start');

    const encoder = await inspectModel(join(request.output, 'encoder.int8.onnx'));
    assert.equal(encoder.metadata.get('n_mels'), '80');
    assert.equal(encoder.metadata.get('is_multilingual'), '0');
    assert.equal(encoder.metadata.get('sot_sequence'), '28');
    assert.equal(encoder.metadata.get('n_alignment_heads'), '2');
    const decoder = await inspectModel(join(request.output, 'decoder.int8.onnx'));
    assert.deepEqual(decoder.outputs, [
      'logits',
      'out_n_layer_self_k_cache',
      'out_n_layer_self_v_cache',
      'cross_attention_weights',
    ]);
    const tables = decoder.constants.filter(({ dims }) => dims.includes(400) && dims.includes(64));
    assert.equal(tables.length, 1);
    assert.equal(tables[0]?.byteLength, 400 * 64);
  });

  test('many languages and 128 mels', async () => {
    const request = await make('large', { text: 'so', multilingual: true, mels: 128 });
    const { info } = await importWhisper(request);
    assert.deepEqual(info.languages, ['en', 'ru', 'yue']);
    assert.equal(info.canTranslate && info.canDetectLanguage, true);
    const { metadata } = await inspectModel(join(request.output, 'encoder.int8.onnx'));
    assert.equal(metadata.get('n_mels'), '128');
    assert.equal(metadata.get('all_language_codes'), 'en,ru,yue');
    assert.equal(metadata.get('all_language_tokens'), '29,30,31');
    assert.equal(metadata.get('sot_sequence'), '28,29,33');
    assert.equal(metadata.get('n_vocab'), '51866');
  });

  test('the token list is the same from vocabulary.json and vocabulary.txt', async () => {
    const lists: string[] = [];
    for (const kind of ['tokenizer.json', 'vocabulary.json', 'vocabulary.txt']) {
      const request = await make(kind, { text: 'a', multilingual: true, mels: 80 });
      const { 'tokenizer.json': tokenizer = '', ...files } = request.files;
      const path = join(root, kind, kind);
      if (kind === 'vocabulary.json') await writeFile(path, JSON.stringify(tinyTokens()));
      if (kind === 'vocabulary.txt') await writeFile(path, `${tinyTokens().join('\n')}\n`);
      await importWhisper({
        ...request,
        name: 'same',
        files: { ...files, [kind]: kind === 'tokenizer.json' ? tokenizer : path },
      });
      const { metadata } = await inspectModel(join(request.output, 'encoder.int8.onnx'));
      lists.push(
        (await readFile(join(request.output, 'tokens.txt'), 'utf8')) + JSON.stringify([...metadata]),
      );
    }
    assert.match(lists[0] ?? '', /^YQ== 0\n.*\nIA== 26\n\[/s);
    assert.equal(lists[1], lists[0]);
    assert.equal(lists[2], lists[0]);
  });

  test('a checkpoint without a token list, or with one that is damaged, is refused by name', async () => {
    const request = await make('tokenless', { text: 'a', multilingual: false, mels: 80 });
    const { 'tokenizer.json': tokenizer = '', ...files } = request.files;
    await assert.rejects(importWhisper({ ...request, files }), {
      code: 'model_broken',
      message: /tokenizer\.json/,
    });
    await writeFile(tokenizer, '{"added_tokens": [');
    await assert.rejects(importWhisper(request), {
      code: 'model_broken',
      message: /tokenizer\.json: not JSON/,
    });
    await writeFile(tokenizer, '{"added_tokens": [], "model": {"vocab": {"Ġ": 0}}}');
    await assert.rejects(importWhisper({ ...request, output: await mkdtemp(join(root, 'out-')) }), {
      code: 'model_broken',
      message: /no token <\|startoftranscript\|>/,
    });
  });

  test('a checkpoint that is cut off is refused', async () => {
    const request = await make('cut', { text: 'a', multilingual: false, mels: 80 });
    await truncate(request.files['model.bin'] ?? '', 300_000);
    await assert.rejects(importWhisper(request), { code: 'model_broken', message: /pull the model again/ });
  });

  test('it can be cancelled', async () => {
    const request = await make('cancel', { text: 'a', multilingual: false, mels: 80 });
    const controller = new AbortController();
    const running = importWhisper({
      ...request,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await assert.rejects(running, { name: 'AbortError' });
  });

  const addon = findSherpa();
  const skip = addon === undefined ? 'sherpa-onnx-node is not installed' : false;

  test('the engine reads what an English-only model says, with times', { skip }, async () => {
    const request = await make('run', { text: 'hello world', multilingual: false, mels: 80 });
    await importWhisper(request);
    const heard = await hearTone(addon ?? '', request.output, { mels: 80, language: '' });
    assert.equal(heard.text.trim(), 'hello world');
    assert.equal(heard.timestamps.length, heard.tokens.length);
  });

  test('the engine runs a model of many languages and 128 mels, and detects one', { skip }, async () => {
    const request = await make('run128', { text: 'so it goes', multilingual: true, mels: 128 });
    await importWhisper(request);
    for (const language of ['en', ''])
      assert.deepEqual(
        await hearTone(addon ?? '', request.output, { mels: 128, language }).then(({ text, lang }) => [
          text.trim(),
          lang,
        ]),
        ['so it goes', language || 'ru'],
      );
  });
});
