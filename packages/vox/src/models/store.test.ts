import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sha256, temporaryHome } from './hub.test.support.js';
import { parseReference } from './reference.js';
import { Store } from './store.js';
import { put } from './store.test.support.js';

async function open(t: TestContext): Promise<Store> {
  return Store.open(await temporaryHome(t));
}

const blobs = (store: Store) => readdir(store.layout.blobs);
const names = async (store: Store) => (await store.list()).models.map((model) => model.reference);

test('a committed model is listed, found and lies in its view under its names', async (t) => {
  const store = await open(t);
  const manifest = await put(store, 'a:1', { 'model.onnx': 'weights', 'lang/en/dict': 'words' });
  assert.deepEqual(await store.get(parseReference('a:1')), manifest);
  const directory = await store.viewDirectory(manifest);
  assert.equal(await readFile(join(directory, 'lang/en/dict'), 'utf8'), 'words');
  const [view, blob] = await Promise.all([
    stat(join(directory, 'model.onnx')),
    stat(store.layout.blob(manifest.files[0]?.digest ?? '')),
  ]);
  assert.equal(view.ino, blob.ino, 'one copy on the disk');
  assert.deepEqual(await readdir(store.layout.temporary), ['downloads', 'locks']);
});

test('a view that lost a file, or all of them, is made again', async (t) => {
  const store = await open(t);
  const manifest = await put(store, 'a:1', { one: '1', two: '2' });
  const directory = await store.viewDirectory(manifest);
  await rm(join(directory, 'one'));
  assert.deepEqual((await readdir(await store.viewDirectory(manifest))).sort(), ['one', 'two']);
  await rm(store.layout.views, { recursive: true });
  assert.deepEqual((await readdir(await store.viewDirectory(manifest))).sort(), ['one', 'two']);
});

test('of several stores that miss one view the first makes it, and nobody takes it away from under the others', async (t) => {
  const store = await open(t);
  const manifest = await put(store, 'a:1', { one: '1', two: '2' });
  const stores = [store, ...(await Promise.all([1, 2, 3].map(() => Store.open(store.layout.home))))];
  for (let round = 0; round < 5; round++) {
    await rm(store.layout.views, { recursive: true });
    const seen = await Promise.all(
      stores.map(async (one) => (await stat(await one.viewDirectory(manifest))).ino),
    );
    assert.equal(new Set(seen).size, 1, String(seen));
  }
});

test('a blob that was cut is model_broken with the line that helps', async (t) => {
  const store = await open(t);
  const manifest = await put(store, 'a:1', { one: 'content' });
  await rm(store.layout.views, { recursive: true });
  await truncate(store.layout.blob(manifest.files[0]?.digest ?? ''), 3);
  await assert.rejects(store.files(manifest), { code: 'model_broken', message: /vox pull a:1/ });
});

test('shared blobs live as long as anybody names them, and go at once after that', async (t) => {
  const store = await open(t);
  await put(store, 'a:1', { x: 'shared', y: 'only a' });
  await put(store, 'b:1', { x: 'shared' });
  assert.equal((await blobs(store)).length, 2);
  assert.deepEqual(await store.remove(parseReference('a:1')), { removed: ['a:1'], freedBytes: 6 });
  assert.deepEqual(await blobs(store), [`sha256-${sha256(Buffer.from('shared'))}`]);
  await store.remove(parseReference('b:1'));
  assert.deepEqual(await blobs(store), []);
  assert.deepEqual(await readdir(store.layout.views), []);
  assert.deepEqual(await readdir(store.layout.manifests), []);
  await assert.rejects(store.remove(parseReference('b:1')), { code: 'model_not_pulled' });
});

test('companions go with the last that needs them, unless they were asked for', async (t) => {
  const store = await open(t);
  await put(store, 'data:1', { d: 'data' }, { companion: true });
  const asked = await put(store, 'vad:1', { v: 'vad' }, { companion: true });
  await store.keep(asked);
  await put(store, 'a:1', { a: 'a' }, { needs: ['data:1', 'vad:1'] });
  await put(store, 'b:1', { b: 'b' }, { needs: ['data:1'] });
  await assert.rejects(store.remove(parseReference('data:1')), { code: 'conflict', message: /a:1/ });
  assert.deepEqual((await store.remove(parseReference('a:1'))).removed, ['a:1']);
  assert.deepEqual((await store.remove(parseReference('b:1'))).removed, ['b:1', 'data:1']);
  assert.deepEqual(await names(store), ['vad:1']);
});

test('files() names the folders of the companions by family', async (t) => {
  const store = await open(t);
  const data = await put(store, 'data:1', { d: 'data' }, { companion: true });
  const model = await put(store, 'a:1', { a: 'a' }, { needs: ['data:1'], parameters: { lang: 'en' } });
  const files = await store.files(model);
  assert.deepEqual(files.companions, { data: await store.viewDirectory(data) });
  assert.deepEqual(files.parameters, { lang: 'en' });
  await rm(store.layout.manifest(parseReference('data:1')));
  await assert.rejects(store.files(model), { code: 'model_broken', message: /needs data:1/ });
});

test('a model whose companion vanished is not committed', async (t) => {
  const store = await open(t);
  const template = await put(store, 'a:1', { a: 'a' });
  const path = join(store.layout.temporary, 'waiting');
  await writeFile(path, 'b');
  const manifest = { ...template, reference: 'b:1', needs: ['gone:1'] };
  assert.deepEqual(await store.commit(manifest, [{ digest: `sha256-${sha256(Buffer.from('b'))}`, path }]), [
    'gone:1',
  ]);
  assert.deepEqual(await names(store), ['a:1']);
  assert.equal(await readFile(path, 'utf8'), 'b');
});

test('damaged manifests are reported beside the sound ones, and cost no blob', async (t) => {
  const store = await open(t);
  await put(store, 'good:1', { g: 'good' });
  const sound = await put(store, 'bad:1', { b: 'bad' });
  const path = store.layout.manifest(parseReference('bad:1'));
  const climbing = { ...sound, files: [{ ...sound.files[0], name: '../../../etc/passwd' }] };
  const absolute = { ...sound, files: [{ ...sound.files[0], name: '/etc/passwd' }] };
  const window = { ...sound, files: [{ ...sound.files[0], name: 'c:\\x' }] };
  const digest = { ...sound, files: [{ ...sound.files[0], digest: 'sha256-../../x' }] };
  const other = { ...sound, reference: 'good:1' };
  const contents = [climbing, absolute, window, digest, other, {}, [], null].map((value) =>
    JSON.stringify(value),
  );
  for (const content of [...contents, '', '{"schemaVersion":1', JSON.stringify(sound).slice(0, -20)]) {
    await writeFile(path, content);
    const { models, broken } = await store.list();
    assert.deepEqual(
      [models.map((model) => model.reference), broken.map((model) => model.reference)],
      [['good:1'], ['bad:1']],
    );
    await assert.rejects(store.get(parseReference('bad:1')), {
      code: 'model_broken',
      message: /vox pull bad:1/,
    });
  }
  await put(store, 'third:1', { t: 'third' });
  assert.equal((await blobs(store)).length, 3, 'the digest in the damaged file still counts');
  await store.remove(parseReference('bad:1'));
  assert.equal((await blobs(store)).length, 2);
});

test('strangers in the folders are left alone and harm nothing', async (t) => {
  const store = await open(t);
  await put(store, 'a:1', { a: 'a' });
  await mkdir(join(store.layout.manifests, '.hidden'), { recursive: true });
  await writeFile(join(store.layout.manifests, 'stray'), 'x');
  await writeFile(join(store.layout.manifests, 'a', 'notes.txt'), 'x');
  await writeFile(join(store.layout.blobs, 'README'), 'x');
  assert.deepEqual(await names(store), ['a:1']);
  assert.deepEqual((await store.list()).broken, []);
  await store.remove(parseReference('a:1'));
  assert.deepEqual(await blobs(store), ['README']);
});

test('many changes at once from several stores on one home', async (t) => {
  const home = await temporaryHome(t);
  const stores = await Promise.all(Array.from({ length: 4 }, () => Store.open(home)));
  await Promise.all(
    stores.flatMap((store, i) =>
      [1, 2, 3].map((j) => put(store, `m${i}:${j}`, { s: 'same', o: `${i}${j}` })),
    ),
  );
  const [store = await Store.open(home)] = stores;
  assert.equal((await names(store)).length, 12);
  assert.equal((await blobs(store)).length, 13);
  await Promise.all(
    stores.flatMap((each, i) => [1, 2, 3].map((j) => each.remove(parseReference(`m${i}:${j}`)))),
  );
  assert.deepEqual(await blobs(store), []);
});

test('temporary files are pruned after a day, not before', async (t) => {
  const store = await open(t);
  const { downloads, temporary } = store.layout;
  await writeFile(join(downloads, 'fresh.part'), 'x');
  await writeFile(join(downloads, 'old.part'), 'x');
  await mkdir(join(temporary, 'pull-a--1'));
  const longAgo = new Date(Date.now() - 25 * 3_600_000);
  for (const path of [join(downloads, 'old.part'), join(temporary, 'pull-a--1')])
    await utimes(path, longAgo, longAgo);
  await Store.open(store.layout.home);
  assert.deepEqual(await readdir(downloads), ['fresh.part']);
  assert.deepEqual((await readdir(temporary)).sort(), ['downloads', 'locks']);
});
