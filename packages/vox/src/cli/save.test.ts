import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { saveAudio, saveText } from './save.js';

async function folderFor(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vox-save-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function* inParts(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** A WAV as a server streams it: sizes unknown, with a chunk of odd length before the data. */
function streamed(samples: Buffer): Buffer {
  const head = Buffer.from('RIFF\xff\xff\xff\xffWAVE', 'latin1');
  const format = Buffer.from('fmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0', 'latin1');
  const list = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1');
  return Buffer.concat([head, format, list, Buffer.from('data\xff\xff\xff\xff', 'latin1'), samples]);
}

test('the sizes of a streamed WAV are put right, and no sample is touched', async (context) => {
  const path = join(await folderFor(context), 'a.wav');
  const samples = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));
  const sent = streamed(samples);
  for (const size of [1, 7, 4096]) {
    assert.equal(await saveAudio(path, inParts(sent, size), 'wav'), sent.length);
    const saved = await readFile(path);
    assert.equal(saved.length, sent.length);
    assert.equal(saved.readUInt32LE(4), sent.length - 8);
    const data = sent.indexOf('data');
    assert.equal(saved.readUInt32LE(data + 4), 1000);
    assert.deepEqual(saved.subarray(data + 8), samples);
    assert.deepEqual(saved.subarray(8, data + 4), sent.subarray(8, data + 4));
  }
});

test('what is no WAV is saved as it came', async (context) => {
  const folder = await folderFor(context);
  for (const text of ['', 'RIFF', 'ID3 something', 'RIFF\xff\xff\xff\xffWAVEfmt ']) {
    const path = join(folder, 'x');
    await saveAudio(path, inParts(Buffer.from(text, 'latin1'), 3), 'wav');
    assert.equal((await readFile(path)).toString('latin1'), text);
  }
});

test('a failure leaves what was there before, and nothing else', async (context) => {
  const folder = await folderFor(context);
  const path = join(folder, 'a.wav');
  await writeFile(path, 'before');
  const broken = (async function* () {
    yield Buffer.from('RIFF');
    throw new Error('the model died');
  })();
  await assert.rejects(saveAudio(path, broken, 'wav'), /the model died/);
  assert.deepEqual(await readdir(folder), ['a.wav']);
  assert.equal(await readFile(path, 'utf8'), 'before');
});

test('a place that can not be written is told before anything is made', async (context) => {
  const folder = await folderFor(context);
  await assert.rejects(saveText(folder, 'x'), /is a folder/);
  await assert.rejects(
    saveText(join(folder, 'no', 'a.txt'), 'x'),
    /--output .* can't be written: there is no folder .*no$/,
  );
});
