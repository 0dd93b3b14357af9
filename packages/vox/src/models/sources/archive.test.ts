import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import { create } from 'tar';
import { allBytes } from '../../transport/waiting.test.support.js';
import { settingsFor, temporaryHome } from '../hub.test.support.js';
import { Layout } from '../layout.js';
import { openTarball, openWheel } from './archive.js';
import type { SourceContext } from './context.js';
import { writeVerified } from './write.js';

/** A zip of these files, as its format says (APPNOTE 6.3): local header, data, central directory, end record. */
function zip(files: readonly { name: string; content: string; mode?: number }[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, mode = 0o100644 } of files) {
    const raw = Buffer.from(content);
    const data = deflateRawSync(raw);
    const title = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(raw), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(raw.length, 18);
    common.writeUInt16LE(title.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, title, data]);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, tail, title]));
    parts.push(local);
    offset += local.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listing, end]);
}

async function wheel(t: TestContext, files: Parameters<typeof zip>[0]): Promise<string> {
  const path = join(await temporaryHome(t), 'x.whl');
  await writeFile(path, zip(files));
  return path;
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  return (await allBytes(stream)).toString();
}

test('files are read out of a wheel by name, links are not listed', async (t) => {
  const path = await wheel(t, [
    { name: 'a/one', content: 'first' },
    { name: 'a/link', content: '/etc/passwd', mode: 0o120777 },
    { name: 'a/two', content: 'second '.repeat(10_000) },
  ]);
  const archive = await openWheel(path);
  t.after(() => archive.close());
  assert.deepEqual(archive.names, ['a/one', 'a/two']);
  assert.equal(await text(await archive.read('a/two')), 'second '.repeat(10_000));
  assert.equal(await text(await archive.read('a/one')), 'first');
  await assert.rejects(archive.read('a/link'), { code: 'source_failed' });
});

test('a wheel with a name that climbs out is refused whole', async (t) => {
  for (const name of ['../evil', 'a/../../evil', '/etc/evil', 'C:/evil']) {
    const path = await wheel(t, [
      { name: 'fine', content: 'x' },
      { name, content: 'x' },
    ]);
    await assert.rejects(openWheel(path), { code: 'source_failed', message: /not a sound archive/ }, name);
  }
});

test('a wheel that was cut, or is none, is refused', async (t) => {
  const whole = zip([{ name: 'a', content: 'x'.repeat(1000) }]);
  const home = await temporaryHome(t);
  for (const [index, bytes] of [
    whole.subarray(0, -5),
    whole.subarray(0, 30),
    Buffer.alloc(0),
    Buffer.from('<html>'),
  ].entries()) {
    await writeFile(join(home, `${index}.whl`), bytes);
    await assert.rejects(openWheel(join(home, `${index}.whl`)), { code: 'source_failed' });
  }
});

test('wanted files of a tarball are read, others and links never touch the disk', async (t) => {
  const home = await temporaryHome(t);
  await mkdir(join(home, 'package', 'voices'), { recursive: true });
  for (const name of ['a', 'b']) await writeFile(join(home, 'package', 'voices', name), name.repeat(100_000));
  await writeFile(join(home, 'package', 'big'), 'x'.repeat(1_000_000));
  await symlink('/etc/passwd', join(home, 'package', 'voices', 'link'));
  const path = join(home, 'x.tgz');
  await create({ file: path, cwd: home, gzip: true }, ['package']);
  const spool = join(home, 'spool');
  const archive = await openTarball(path, (name) => name.startsWith('package/voices/'), spool);
  assert.deepEqual([...archive.names].sort(), ['package/voices/a', 'package/voices/b']);
  assert.equal(await text(await archive.read('package/voices/b')), 'b'.repeat(100_000));
  await assert.rejects(archive.read('package/big'), { code: 'source_failed' });
  const cut = join(home, 'cut.tgz');
  await writeFile(cut, (await readFile(path)).subarray(0, 300));
  await assert.rejects(
    openTarball(cut, () => true, join(home, 'spool2')),
    { code: 'source_failed' },
  );
});

test('a delivered name never leaves the folder of the pull', async (t) => {
  const home = await temporaryHome(t);
  const context: SourceContext = {
    settings: settingsFor(home),
    layout: new Layout(home),
    work: join(home, 'work'),
    signal: new AbortController().signal,
    emit: () => undefined,
  };
  for (const as of ['../x', '/x', 'a//b', 'a/./b', 'a\\b', 'c:x', ''])
    await assert.rejects(writeVerified(context, { as, paths: ['x'] }, []), { code: 'internal' }, as);
});
