import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { elfHash, renameLibrary } from './elf.js';

/** The ONNX Runtime that sherpa-onnx carries: a real library with one versioned interface. */
const LIBRARY = join(
  dirname(createRequire(import.meta.url).resolve('sherpa-onnx-node/package.json')),
  `../sherpa-onnx-linux-${process.arch}/libonnxruntime.so`,
);
const isBroken = (error: unknown) => VoxError.is(error) && error.code === 'model_broken';

test('the hash is that of the ABI', () => {
  // What `readelf -V` shows of glibc's own versions.
  assert.equal(elfHash('GLIBC_2.2.5'), 0x09691a75);
  assert.equal(elfHash('GLIBC_2.14'), 0x06969194);
});

describe('a real library', { skip: existsSync(LIBRARY) ? false : `no ${LIBRARY} on this platform` }, () => {
  test('gets the name and the version, and nothing else changes', () => {
    const before = readFileSync(LIBRARY);
    const after = Buffer.from(before);
    renameLibrary(after, 'libother.so', 'VERS_9.87.6');
    assert.ok(after.includes('libother.so\0') && after.includes('VERS_9.87.6\0'));
    const hash = Buffer.alloc(4);
    hash.writeUInt32LE(elfHash('VERS_9.87.6'));
    assert.ok(after.includes(hash));
    const changed = before.reduce((count, byte, at) => count + (byte === after[at] ? 0 : 1), 0);
    assert.ok(changed > 0 && changed <= 'libonnxruntime.so'.length + 'VERS_1.28.2'.length + 4, `${changed}`);
  });

  test('a name that does not fit, or a file cut short, is refused', () => {
    assert.throws(() => renameLibrary(readFileSync(LIBRARY), `${'x'.repeat(40)}.so`, 'VERS_1'), isBroken);
    assert.throws(() => renameLibrary(readFileSync(LIBRARY).subarray(0, 4096), 'a.so', 'V'), isBroken);
  });
});

test('what is no library is refused', () => {
  assert.throws(() => renameLibrary(Buffer.alloc(500), 'a.so', 'V'), isBroken);
});
