/** Adding, listing and removing engines, with the npm of this machine. */
import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { refused, Shop } from '../../models/engines/engines.test.support.js';
import { tarballName } from '../../models/engines/fetch.js';
import { entryOf, settingsFor, temporaryHome } from '../../models/hub.test.support.js';
import type { PullEvent } from '../../models/types.js';
import { Engines } from './index.js';

async function setUp(t: TestContext) {
  const home = await temporaryHome(t);
  const shop = new Shop(await temporaryHome(t));
  const { PATH } = process.env;
  const settings = settingsFor(home, { engineSource: shop.folder, environment: { PATH, HOME: home } });
  const engines = await Engines.open(settings, [entryOf('ghost:1', [], { engine: 'ghost' })]);
  const events: PullEvent[] = [];
  const add = (what: string, integrity?: string) =>
    engines.add({
      what,
      directory: shop.folder,
      signal: new AbortController().signal,
      emit: (event) => events.push(event),
      ...(integrity === undefined ? {} : { integrity }),
    });
  const remove = (name: string) => engines.remove(name, new AbortController().signal);
  return { home, shop, engines, add, remove };
}

test('a folder, a tarball and an exact package are added alike, listed and removed', async (t) => {
  const { shop, engines, add, remove } = await setUp(t);
  const made = await shop.engine();
  const ghost = { name: 'ghost', status: 'not installed' };
  assert.deepEqual(await engines.list(), [ghost]);
  for (const [what, integrity, source] of [
    [made.folder, undefined, made.folder],
    [tarballName('my-engine', '1.0.0'), undefined, join(shop.folder, tarballName('my-engine', '1.0.0'))],
    ['my-engine@1.0.0', made.integrity, 'npm my-engine@1.0.0'],
  ] as const) {
    const record = await add(what, integrity);
    assert.deepEqual([record.name, record.version, record.source], ['mine', '1.0.0', source]);
    const [first, second] = await engines.list();
    assert.deepEqual(first, ghost);
    assert.deepEqual(
      { ...second, path: '' },
      { name: 'mine', version: '1.0.0', status: 'ready', origin: `added: ${source}`, path: '' },
    );
    assert.deepEqual(await remove('mine'), []);
    assert.deepEqual(await engines.list(), [ghost]);
  }
  assert.deepEqual(
    (await readdir(shop.folder)).filter((name) => name.startsWith('ran-')),
    [],
  );
  await assert.rejects(remove('mine'), refused('not_found', /no engine called mine/));
  await assert.rejects(remove('../models'), refused('invalid_request', /not the name of an engine/));
});

test('what is not pinned or no engine is refused, and what was there stays', async (t) => {
  const { shop, engines, add } = await setUp(t);
  const made = await shop.engine();
  await add('my-engine@1.0.0', made.integrity);
  const before = await engines.list();
  const plain = await shop.make('plain', '1.0.0', { 'index.js': 'export default {};' });
  const broken = await shop.make('broken', '1.0.0', { 'index.js': "import 'nowhere';" });
  await writeFile(join(shop.folder, 'noise.tgz'), 'not a tarball');
  const wrong = `sha512-${'A'.repeat(86)}==`;
  await assert.rejects(add('my-engine@1.0.0'), refused('invalid_request', /--integrity is missing/));
  await assert.rejects(add('my-engine@1.0.0', wrong), refused('hash_mismatch', /sha512-AAAA/));
  await assert.rejects(add('my-engine@^1.0.0', wrong), refused('invalid_request', /no exact package/));
  await assert.rejects(add('my-engine'), refused('invalid_request', /no exact package/));
  await assert.rejects(add(plain.folder), refused('engine_missing', /not an engine of specification v1/));
  await assert.rejects(add(broken.folder), refused('engine_missing', /can't be imported/));
  await assert.rejects(add('noise.tgz'), refused('engine_missing', /./));
  assert.deepEqual(await engines.list(), before);
});
