/** T-one as it is published, pulled from an address, imported and heard through the real library; the weights are the fixture's. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Engine, VoxError } from '@vox-speech/contract';
import { all } from '../../../transport/waiting.test.support.js';
import { bench, entryOf, Hub } from '../../hub.test.support.js';
import { parseReference } from '../../reference.js';
import { inspectModel } from '../onnx/index.js';
import { findSherpa } from '../testing/sherpa.js';
import { toneSpeech, writePublishedTone, writeTone } from '../testing/tone.js';
import { importTone } from './index.js';

const ENGINE: string = '@vox-speech/engine-sherpa';
const skip = findSherpa() === undefined && 'sherpa-onnx-node is not installed';
const RATE = 16_000;

describe('T-one as it is published', () => {
  let root = '';
  let count = 0;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'vox-import-tone-'));
    await writePublishedTone(root);
  });
  after(() => rm(root, { recursive: true, force: true }));
  const output = async (): Promise<string> => {
    const folder = join(root, `out${count++}`);
    await mkdir(folder);
    return folder;
  };
  const isBroken = (what: RegExp) => (error: unknown) =>
    VoxError.is(error) && error.code === 'model_broken' && what.test(error.message);

  test('is pulled, imported, loaded and hears', { skip }, async (t) => {
    const hub = await Hub.start(t);
    const files = await hub.folder(root, ['model.onnx', 'vocab.json']);
    const { puller, store } = await bench(t, [
      entryOf('t-one:test', [{ type: 'https', files }], {
        kind: 'stt',
        family: 'tone-ctc',
        engine: 'sherpa',
        languages: ['ru'],
        importer: 't-one',
      }),
    ]);
    const events = await all(puller.pull('t-one:test', { signal: new AbortController().signal }));
    assert.deepEqual(events.at(-1), { status: 'success' });
    const manifest = await store.get(parseReference('t-one:test'));
    assert.ok(manifest);
    const directory = await store.viewDirectory(manifest);
    const made = await mkdtemp(join(root, 'fixture-'));
    await writeTone(made);
    assert.equal(
      await readFile(join(directory, 'tokens.txt'), 'utf8'),
      await readFile(join(made, 'tokens.txt'), 'utf8'),
    );
    const { metadata } = await inspectModel(join(directory, 'model.onnx'));
    assert.deepEqual(
      Object.fromEntries(metadata),
      Object.fromEntries((await inspectModel(join(made, 'model.onnx'))).metadata),
    );
    const { default: engine } = (await import(ENGINE)) as { default: Engine };
    const model = await engine.load(
      { reference: 't-one:test', family: 'tone-ctc', directory, companions: {}, parameters: {} },
      { threads: 1, device: 'cpu' },
    );
    const heard = [];
    const options = { task: 'transcribe', words: true } as const;
    const pcm = { samples: toneSpeech('привет мир', RATE), sampleRate: RATE };
    for await (const segment of model.transcribe?.(pcm, options, new AbortController().signal) ?? [])
      heard.push(segment.text);
    assert.deepEqual(heard, ['привет мир']);
    await model.close();
  });

  test('metadata that is there already is kept once', async () => {
    const made = await mkdtemp(join(root, 'whole-'));
    await writeTone(made);
    const files = { 'model.onnx': join(made, 'model.onnx'), 'vocab.json': join(root, 'vocab.json') };
    const out = await output();
    await importTone({ files, output: out });
    assert.equal(
      (await readFile(join(out, 'model.onnx'))).length,
      (await readFile(files['model.onnx'])).length,
    );
  });

  test('a language model comes along as it is, and with it the choice', async () => {
    const words = join(root, 'words.bin');
    await writeFile(words, 'a language model');
    const files = { 'model.onnx': join(root, 'model.onnx'), 'vocab.json': join(root, 'vocab.json') };
    const out = await output();
    const { names, info } = await importTone({ files: { ...files, 'kenlm.bin': words }, output: out });
    assert.deepEqual(names, ['model.onnx', 'tokens.txt', 'kenlm.bin']);
    assert.deepEqual(info.decoders, ['beam', 'greedy']);
    assert.equal(await readFile(join(out, 'kenlm.bin'), 'utf8'), 'a language model');
    const alone = await importTone({ files, output: await output() });
    assert.equal(alone.info.decoders, undefined);
  });

  test('files of something else are named', async () => {
    const model = join(root, 'model.onnx');
    for (const [content, what] of [
      ['{"а":0,"[PAD]":2}', /gaps/],
      ['{"а":0,"|":1}', /lacks \[PAD\]/],
      ['{"аб":0,"[PAD]":1}', /'аб' is no letter/],
      ['{"а":"0"}', /vocab/],
      ['nothing', /JSON/],
    ] as const) {
      const vocabulary = join(root, `vocab${count++}.json`);
      await writeFile(vocabulary, content);
      const files = { 'model.onnx': model, 'vocab.json': vocabulary };
      await assert.rejects(importTone({ files, output: await output() }), isBroken(what), content);
    }
    const cut = join(root, 'cut.onnx');
    await writeFile(cut, (await readFile(model)).subarray(0, 400));
    const vocabulary = join(root, 'vocab.json');
    for (const files of [
      { 'model.onnx': cut, 'vocab.json': vocabulary },
      { 'model.onnx': vocabulary, 'vocab.json': vocabulary },
    ])
      await assert.rejects(importTone({ files, output: await output() }), isBroken(/./));
    await assert.rejects(
      importTone({ files: { 'vocab.json': vocabulary }, output: await output() }),
      isBroken(/model\.onnx did not come/),
    );
  });
});
