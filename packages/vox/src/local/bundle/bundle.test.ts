import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { sha256, temporaryHome } from '../../models/hub.test.support.js';
import { Catalog, parseReference, Store } from '../../models/index.js';
import { put } from '../../models/store.test.support.js';
import { allBytes } from '../../transport/waiting.test.support.js';
import { boundOf, bundleBytes, chooseModels } from './export.js';
import { BLOCK, entryHeader, INDEX_NAME, indexOf, paddingAfter } from './format.js';
import { importBundle } from './import.js';
import { openExport } from './index.js';

const catalog = new Catalog();
const watched = { signal: new AbortController().signal, emit: () => undefined };

async function open(t: TestContext): Promise<Store> {
  return Store.open(await temporaryHome(t));
}

/** A recogniser with its companion; weights of two tar blocks and a bit. */
async function filled(t: TestContext): Promise<Store> {
  const store = await open(t);
  await put(store, 'vad:1', { 'vad.onnx': 'finds speech' }, { kind: 'vad', companion: true });
  await put(
    store,
    'ears:1',
    { 'model.onnx': 'w'.repeat(1100), 'lang/dict': 'words', empty: '' },
    { kind: 'stt', needs: ['vad:1'] },
  );
  await put(store, 'other:1', { x: 'not exported' }, { kind: 'tts' });
  return store;
}

async function exported(store: Store, models: readonly string[]): Promise<Buffer> {
  const chosen = await chooseModels({ store, catalog, models, ffmpeg: true });
  const bound = boundOf(chosen, catalog);
  return allBytes(bundleBytes(store, chosen, { ...watched, bound }));
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const importFrom = (store: Store, bytes: Uint8Array, size = 700) =>
  importBundle({ store, catalog, source: pieces(bytes, size), ...watched });

/** Nothing but what was there: no model, no blob, no temporary folder. */
async function assertEmpty(store: Store): Promise<void> {
  assert.deepEqual(await store.list(), { models: [], broken: [] });
  assert.deepEqual(await readdir(store.layout.blobs), []);
  assert.deepEqual((await readdir(store.layout.temporary)).sort(), ['downloads', 'locks']);
}

function fails(code: string, message: RegExp) {
  return (error: unknown) => {
    assert.ok(VoxError.is(error), String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}

test('a model and what it needs come over whole, however the bytes are cut', async (t) => {
  const from = await filled(t);
  const bytes = await exported(from, ['ears:1']);
  for (const size of [1, 511, 512, 1 << 20]) {
    const to = await open(t);
    const done = await importFrom(to, bytes, size);
    assert.deepEqual(done.imported, ['vad:1', 'ears:1']);
    const { models } = await to.list();
    assert.deepEqual(
      models,
      (await from.list()).models.filter(({ reference }) => reference !== 'other:1'),
    );
    const ears = await to.get(parseReference('ears:1'));
    assert.ok(ears);
    const files = await to.files(ears);
    assert.equal(await readFile(join(files.directory, 'lang/dict'), 'utf8'), 'words');
    assert.equal(await readFile(join(files.directory, 'empty'), 'utf8'), '');
    assert.equal(await readFile(join(files.companions.vad ?? '', 'vad.onnx'), 'utf8'), 'finds speech');
  }
  assert.deepEqual(await exported(from, ['ears:1']), bytes, 'the same models make the same bytes');
});

test('importing twice changes nothing; a companion that was asked for here stays so', async (t) => {
  const bytes = await exported(await filled(t), ['ears:1']);
  const to = await open(t);
  await put(to, 'vad:1', { 'vad.onnx': 'finds speech' }, { kind: 'vad', companion: false });
  assert.deepEqual((await importFrom(to, bytes)).present, ['vad:1']);
  const again = await importFrom(to, bytes);
  assert.deepEqual([again.imported, again.present], [[], ['vad:1', 'ears:1']]);
  assert.equal((await to.get(parseReference('vad:1')))?.companion, false);
});

test('an import mends a blob whose bytes went bad', async (t) => {
  const from = await filled(t);
  const to = await open(t);
  const bytes = await exported(from, ['ears:1']);
  await importFrom(to, bytes);
  const ears = await to.get(parseReference('ears:1'));
  const weights = ears?.files.find(({ name }) => name === 'model.onnx');
  assert.ok(ears && weights);
  await writeFile(to.layout.blob(weights.digest), 'x'.repeat(weights.size));
  await importFrom(to, bytes);
  const directory = await to.viewDirectory(ears);
  assert.equal(await readFile(join(directory, 'model.onnx'), 'utf8'), 'w'.repeat(1100));
});

test('cut anywhere, it says so and leaves the store as it was', async (t) => {
  const bytes = await exported(await filled(t), ['ears:1']);
  const to = await open(t);
  for (let length = 0; length < bytes.length; length += 97) {
    const expected = length < BLOCK ? 'invalid_request' : 'hash_mismatch';
    await assert.rejects(
      importFrom(to, bytes.subarray(0, length)),
      fails(expected, expected === 'invalid_request' ? /not a file that vox export made/ : /ends too early/),
    );
  }
  await assertEmpty(to);
});

test('stopped on the way, either side ends with the reason, and the store is as it was', async (t) => {
  const from = await filled(t);
  const bytes = await exported(from, ['ears:1']);
  const to = await open(t);
  const stop = new AbortController();
  const reason = new Error('enough');
  const emit = () => stop.abort(reason);
  const source = pieces(bytes, 100);
  await assert.rejects(importBundle({ store: to, catalog, source, signal: stop.signal, emit }), reason);
  await assertEmpty(to);
  const chosen = await chooseModels({ store: from, catalog, models: ['ears:1'], ffmpeg: false });
  await assert.rejects(async () => {
    for await (const _ of bundleBytes(from, chosen, { signal: stop.signal, emit, bound: [] }));
  }, reason);
});

test('one changed byte anywhere is noticed, but for the zeros that fill blocks up', async (t) => {
  const bytes = await exported(await filled(t), ['ears:1']);
  const clean = await open(t);
  for (let at = 0; at < bytes.length; at += 61) {
    if (bytes[at] === 0) continue;
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await assert.rejects(importFrom(clean, changed), VoxError.is, `byte ${at}`);
  }
  await assertEmpty(clean);
});

test('an index can name no file outside the store', async (t) => {
  const store = await filled(t);
  const [vad] = await chooseModels({ store, catalog, models: ['vad:1'], ffmpeg: false });
  assert.ok(vad);
  const [file] = vad.files;
  assert.ok(file);
  const evil = [
    { ...vad, reference: '../../x:1' },
    { ...vad, files: [{ ...file, name: '../../../etc/passwd' }] },
    { ...vad, files: [{ ...file, name: '/etc/passwd' }] },
    { ...vad, files: [{ ...file, digest: '../../../../etc/passwd' }] },
  ];
  for (const manifest of evil) {
    const index = Buffer.from(JSON.stringify(indexOf([manifest])));
    const bytes = Buffer.concat([
      entryHeader(INDEX_NAME, index.length),
      index,
      Buffer.alloc(paddingAfter(index.length)),
      entryHeader('../../../etc/passwd', 4),
      Buffer.from('evil'.padEnd(BLOCK, '\0')),
    ]);
    const to = await open(t);
    await assert.rejects(importFrom(to, bytes), fails('model_broken', /damaged \(/));
    await assertEmpty(to);
  }
});

test('an entry of another name than the index makes us expect is refused', async (t) => {
  const bytes = await exported(await filled(t), ['vad:1']);
  const at = bytes.indexOf('blobs/sha256-');
  const changed = Buffer.from(bytes);
  entryHeader('../../evil', 12).copy(changed, at);
  const to = await open(t);
  await assert.rejects(importFrom(to, changed), fails('hash_mismatch', /not where the index says/));
  await assertEmpty(to);
});

test('a bundle of other importers or another format says that versions differ', async (t) => {
  const bytes = await exported(await filled(t), ['vad:1']);
  for (const [from, to] of [
    ['"importRevision":', '"importRevision":9'],
    ['"version":', '"version":9'],
  ] as const) {
    const text = bytes.toString('latin1');
    const end = text.indexOf('\0', BLOCK);
    const index = Buffer.from(text.slice(BLOCK, end).replace(from, to), 'latin1');
    const changed = Buffer.concat([
      entryHeader(INDEX_NAME, index.length),
      index,
      Buffer.alloc(paddingAfter(index.length)),
    ]);
    await assert.rejects(importFrom(await open(t), changed), fails('invalid_request', /same version of Vox/));
  }
});

test('what runs on another kind of machine is left out, and nobody needs it then', async (t) => {
  const from = await open(t);
  await put(from, 'ffmpeg:7', { ffmpeg: 'a program' }, { kind: 'program' });
  await put(from, 'onnxruntime:1.31', { lib: 'a library' }, { companion: true });
  await put(from, 'voice:1', { x: 'y' }, { kind: 'tts', needs: ['onnxruntime:1.31'] });
  const bytes = await exported(from, ['voice:1']);
  const same = await open(t);
  assert.deepEqual((await importFrom(same, bytes)).imported, ['onnxruntime:1.31', 'voice:1', 'ffmpeg:7']);
  // The index is the first file: the machine's name is replaced by one of the same length, and the seal with it.
  const machine = `${process.platform}-${process.arch}`;
  const elsewhere = Buffer.from(
    bytes.toString('latin1').replace(machine, 'x'.repeat(machine.length)),
    'latin1',
  );
  const index = elsewhere.subarray(BLOCK, elsewhere.indexOf(0, BLOCK));
  elsewhere.write(sha256(index), elsewhere.length - 3 * BLOCK, 'latin1');
  const other = await open(t);
  const done = await importFrom(other, elsewhere);
  assert.deepEqual([done.imported, done.skipped], [['voice:1'], ['onnxruntime:1.31', 'ffmpeg:7']]);
  assert.deepEqual((await other.get(parseReference('voice:1')))?.needs, []);
});

test('export: what is not here, is damaged, or lacks what it needs is told with what to do', async (t) => {
  const store = await filled(t);
  const home = store.layout.home;
  await assert.rejects(
    openExport(home, ['gone:1'], { ffmpeg: true }),
    fails(
      'model_not_pulled',
      /gone:1 is not on this machine; here are ears:1, other:1\. To get it: vox pull gone:1/,
    ),
  );
  assert.deepEqual((await openExport(home, [], { ffmpeg: true })).models, ['vad:1', 'ears:1', 'other:1']);
  assert.equal((await openExport(home, ['ears:1'], { ffmpeg: true })).fileName, 'ears-1.tar');
  const ears = await store.get(parseReference('ears:1'));
  const weights = store.layout.blob(ears?.files.find(({ name }) => name === 'model.onnx')?.digest ?? '');
  await writeFile(weights, 'v'.repeat(1100));
  await assert.rejects(
    exported(store, ['ears:1']),
    fails('model_broken', /damaged on the disk; run: vox pull ears:1/),
  );
  await rm(weights);
  await assert.rejects(
    exported(store, ['ears:1']),
    fails('model_broken', /not in the store; run: vox pull ears:1/),
  );
  await rm(store.layout.manifest(parseReference('vad:1')));
  await assert.rejects(exported(store, ['ears:1']), fails('model_broken', /ears:1 needs vad:1/));
});
