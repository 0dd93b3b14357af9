import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { lockedPackages, type Machine } from './locked.js';
import { checkPin, engineName, exactPackage } from './pin.js';

const LINUX: Machine = { platform: 'linux', arch: 'x64', libc: 'glibc' };
const INTEGRITY = `sha512-${'A'.repeat(86)}==`;
const PINNED = { version: '1.0.0', integrity: INTEGRITY };

async function locked(
  t: TestContext,
  packages: Record<string, unknown>,
  dependencies: Record<string, string> = {},
  machine = LINUX,
): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'vox-locked-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'e', version: '1.0.0', dependencies }),
  );
  await writeFile(join(folder, 'npm-shrinkwrap.json'), JSON.stringify({ packages: { '': {}, ...packages } }));
  await mkdir(join(folder, 'node_modules/bundled'), { recursive: true });
  return (await lockedPackages(folder, machine)).map(({ path, package: name }) => `${path}=${name}`);
}

test('what a machine needs is taken, what is for others or for building is not', async (t) => {
  const optional = { ...PINNED, optional: true };
  const packages = {
    'node_modules/a': PINNED,
    'node_modules/@s/b/node_modules/c': PINNED,
    'node_modules/renamed': { ...PINNED, name: 'real' },
    'node_modules/linux': { ...optional, os: ['linux'], cpu: ['x64'] },
    'node_modules/glibc': { ...optional, libc: ['glibc'] },
    'node_modules/not-windows': { ...optional, os: ['!win32'] },
    'node_modules/arm': { ...optional, cpu: ['arm64'] },
    'node_modules/musl': { ...optional, libc: ['musl'] },
    'node_modules/not-linux': { ...optional, os: ['!linux'] },
    'node_modules/dev': { dev: true },
    'node_modules/bundled': { inBundle: true },
    'node_modules/@vox-speech/contract': { link: true },
  };
  const names = ['a', '@s/b/node_modules/c', 'renamed', 'linux', 'glibc', 'not-windows'];
  assert.deepEqual(
    await locked(t, packages, { a: '1', bundled: '1', '@vox-speech/contract': '1' }),
    names.map(
      (name) => `node_modules/${name}=${{ renamed: 'real', '@s/b/node_modules/c': 'c' }[name] ?? name}`,
    ),
  );
});

test('what is not pinned, or not made for this machine, is refused', async (t) => {
  const cases: [Record<string, unknown>, RegExp, Record<string, string>?][] = [
    [{}, /depends on free, which nothing pins/, { free: '^1.0.0' }],
    [{ 'node_modules/a': { version: '1.0.0' } }, /does not pin a /],
    [{ 'node_modules/a': { ...PINNED, integrity: 'sha1-x' } }, /does not pin a /],
    [{ 'node_modules/a': { ...PINNED, version: '^1.0.0' } }, /does not pin a /],
    [{ 'node_modules/a': { ...PINNED, version: 'https://example.com/a.tgz' } }, /does not pin a /],
    [{ 'node_modules/a': { ...PINNED, link: true } }, /does not pin a /],
    [{ 'node_modules/../../a': PINNED }, /no package/],
    [{ 'other/a': PINNED }, /no package/],
    [{ 'node_modules/a/b/../..': PINNED }, /no package/],
    [{ 'node_modules/a': { ...PINNED, os: ['win32'] } }, /not made for linux-x64/],
  ];
  for (const [packages, message, dependencies] of cases)
    await assert.rejects(locked(t, packages, dependencies), (error: unknown) => {
      assert.ok(VoxError.is(error) && error.code === 'engine_missing');
      assert.match(error.message, message);
      return true;
    });
});

test('names, versions and hashes have one strict form', () => {
  for (const name of ['sherpa', 'a', '0', 'my-engine', 'x'.repeat(64)]) assert.equal(engineName(name), name);
  for (const name of ['', '-a', 'A', 'a.b', 'a/b', '..', 'a\0', 'a b', '@s/a', 'x'.repeat(65)])
    assert.throws(() => engineName(name), { code: 'invalid_request', param: 'engine' });
  assert.deepEqual(exactPackage('@s/a@1.2.3-rc.1'), { package: '@s/a', version: '1.2.3-rc.1' });
  for (const text of [
    'a',
    'a@latest',
    'a@^1.0.0',
    'a@1',
    '@s/a',
    'A@1.0.0',
    'git+ssh://x@1.0.0',
    'a@1.0.0 --x',
    '../a@1.0.0',
  ])
    assert.equal(exactPackage(text), undefined, text);
  const pin = { name: 'mine', package: '@s/mine', version: '1.2.3', integrity: INTEGRITY };
  assert.deepEqual(checkPin(pin), pin);
  for (const wrong of [
    { package: '--global' },
    { version: '*' },
    { integrity: 'sha512-' },
    { integrity: `sha256-${'A'.repeat(86)}==` },
  ])
    assert.throws(() => checkPin({ ...pin, ...wrong }), { param: `engine.${Object.keys(wrong)[0]}` });
});
