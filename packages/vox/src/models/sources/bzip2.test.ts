import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { all, allBytes } from '../../transport/waiting.test.support.js';
import { bench, entryOf, Hub, noise, sha256, temporaryHome } from '../hub.test.support.js';
import { parseReference } from '../reference.js';
import type { Source } from '../types.js';
import { openTarball } from './archive.js';
import { decodeBzip2 } from './bzip2.js';

/** Made with Python's bz2: two streams, of 1638 bytes with long runs and of `second stream`. */
const TWO_STREAMS = Buffer.from(
  'QlpoMTFBWSZTWcAdaDwAAMN5Af//////////sAAAgAAIIACCCqlTTRkyaYJhGEwTTQZNGTJoYj8qDSUZNGQyNMmQMBBpkaDRhNGElGYSjMkgQ5' +
    'DnTk90KCi6VJ1Kaoqqyu61hZWlt2O1cXV5fdzAwsTGyO9leDM8Xk83oztD1aXs92prfDY2vlufT7fje4OL9fyKTihBAiQAKy4rDgCtBAEYxi/i' +
    '7kinChIYA60HgEJaaDkxQVkmU1nwk5f7AAAFEYBAAC4DnAAgADEA000EAaMlWw4g8kh4u5IpwoSHhJy/2A==',
  'base64',
);
const TWO_STREAMS_TEXT = 'c8d6a9c7c69677456c153a7ef09edfc7af1e4b170ae67aafcab0a60397c0ac80';

/** Made with Python's tarfile: `m-1/model.onnx`, `m-1/tokens.txt` and a file that nobody asks for. */
const TARBALL = Buffer.from(
  'QlpoOTFBWSZTWcSYW6QABIVbgMqQQAP9gBCAd++fwgoIMADZoMAMmmgyGCGmI0YGlG1GjQAGmmgAAEVFNTzVPepR+qZNDTJoPU0fqm9U/fvXRvJl' +
    'nnhsQMhlJBa1MHawPjmd7JoAEgaU6YPD1jj2KoDq6zo7WAnJXNiYrxOWBAqHA+HghKyWYcpNph8jaZWKJRpQC9YSmZc8eAAQeE+n9btsAIMWAEGA' +
    'BB5aTre9t2OOnzFutMcvxniAINNl3rVypvAEGLsb1UBrp3bkH/F3JFOFCQxJhbpA',
  'base64',
);

function decode(bytes: Uint8Array, step = bytes.length): Promise<Buffer> {
  const input = async function* () {
    for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
  };
  return allBytes(decodeBzip2(input()));
}

test('runs, all bytes and a second stream come out as they went in, however the input is cut', async () => {
  for (const step of [1, 7, 100, 10_000])
    assert.equal(sha256(await decode(TWO_STREAMS, step)), TWO_STREAMS_TEXT);
  assert.equal((await decode(TWO_STREAMS)).subarray(-13).toString(), 'second stream');
});

test('a damaged or cut file is an error, never other bytes', async () => {
  await assert.rejects(decode(Buffer.from('PK\u0003\u0004 a zip')), /not a bzip2 file/);
  await assert.rejects(decode(Buffer.alloc(0)), /ends in the middle/);
  for (const end of [3, 10, 100, TWO_STREAMS.length - 5])
    await assert.rejects(decode(TWO_STREAMS.subarray(0, end)), `cut after ${end}`);
  let wrong = 0;
  for (let at = 4; at < TWO_STREAMS.length; at++) {
    const damaged = Buffer.from(TWO_STREAMS);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    const text = await decode(damaged).catch(() => undefined);
    if (text === undefined) wrong++;
    // The checksum over the whole stream, and padding, are not needed: every block has its own.
    else assert.equal(sha256(text), TWO_STREAMS_TEXT, `byte ${at}`);
  }
  assert.ok(wrong > 190, `${wrong} damaged files were refused`);
});

test('a source of archives at plain addresses: chosen files of a .tar.bz2, and a file that is its own archive', async (t) => {
  const hub = await Hub.start(t);
  const vocoder = noise(5_000);
  const web = (path: string, bytes: Buffer, format: 'tar.bz2' | 'file') => ({
    manager: 'https' as const,
    url: hub.serve(path, bytes),
    format,
    size: bytes.length,
    sha256: sha256(bytes),
  });
  const source: Source = {
    type: 'packages',
    packages: [web('/m-1.tar.bz2', TARBALL, 'tar.bz2'), web('/vocoder.onnx', vocoder, 'file')],
    files: [
      { as: 'model.onnx', paths: ['0:m-1/model.onnx'] },
      { as: 'tokens.txt', paths: ['0:m-1/tokens.txt'] },
      { as: 'vocoder.onnx', paths: ['1:vocoder.onnx'] },
    ],
  };
  const { puller, store } = await bench(t, [entryOf('m:1', [source])]);
  await all(puller.pull('m:1', { signal: new AbortController().signal }));
  const manifest = await store.get(parseReference('m:1'));
  assert.deepEqual(
    manifest?.files.map(({ name, size, digest }) => [name, size, digest]),
    [
      ['model.onnx', 3_200, `sha256-${sha256(Buffer.from('weights '.repeat(400)))}`],
      ['tokens.txt', 8, `sha256-${sha256(Buffer.from('a 1\nb 2\n'))}`],
      ['vocoder.onnx', 5_000, `sha256-${sha256(vocoder)}`],
    ],
  );
  assert.match(manifest.origin, /^https .*m-1\.tar\.bz2, https .*vocoder\.onnx$/);
});

test('what only calls itself .tar.bz2 is a source that failed', async (t) => {
  const folder = await temporaryHome(t);
  const path = join(folder, 'x.tar.bz2');
  await writeFile(path, noise(1_000));
  await assert.rejects(
    openTarball(path, () => true, join(folder, 'spool'), decodeBzip2),
    { code: 'source_failed', message: /not a sound archive/ },
  );
});
