import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ModelFiles, VoxError } from '@vox-speech/contract';
import engine from './index.js';
import { requireModel, requirePhonemeData, requireTokens } from './model-files.js';
import { readOnnxFile } from './onnx-file.js';
import { speakersOf } from './voices.js';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vox-sherpa-'));
});
after(() => rm(folder, { recursive: true, force: true }));

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}
const field = (number: number, body: Buffer | string): Buffer => {
  const content = Buffer.from(body);
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
};
/** An ONNX model of nothing: a graph with an initializer, an output and metadata. */
const model = (metadata: Record<string, string>): Buffer =>
  Buffer.concat([
    Buffer.from([8, 9]),
    field(7, Buffer.concat([field(5, Buffer.alloc(100_000, 7)), field(12, field(1, 'logits'))])),
    ...Object.entries(metadata).map(([key, value]) =>
      field(14, Buffer.concat([field(1, key), field(2, value)])),
    ),
  ]);

const files = (): ModelFiles => ({
  reference: 'test:1',
  family: 'piper',
  directory: folder,
  companions: {},
  parameters: {},
});
const broken = (pattern: RegExp) => (error: unknown) =>
  VoxError.is(error) &&
  error.code === 'model_broken' &&
  pattern.test(error.message) &&
  /vox (rm|pull)/.test(error.message);

test('reads metadata and outputs, skipping weights', async () => {
  const path = join(folder, 'good.onnx');
  await writeFile(path, model({ model_type: 'whisper', n_mels: '80' }));
  const { metadata, outputs } = readOnnxFile(path);
  assert.deepEqual(
    [...metadata],
    [
      ['model_type', 'whisper'],
      ['n_mels', '80'],
    ],
  );
  assert.deepEqual(outputs, ['logits']);
});

test('a file cut anywhere is noticed, and so is what is no model', async () => {
  const whole = model({ a: 'b' });
  const path = join(folder, 'cut.onnx');
  for (const length of [1, 3, 7, 5000, 100_000, whole.length - 1]) {
    await writeFile(path, whole.subarray(0, length));
    assert.throws(() => readOnnxFile(path), `cut at ${length}`);
  }
  await writeFile(path, '<html>404 not found</html>');
  assert.throws(() => readOnnxFile(path));
});

test('what is missing is named, with the way to get it', async () => {
  await writeFile(join(folder, 'empty.onnx'), '');
  await writeFile(join(folder, 'meta.onnx'), model({ a: 'b' }));
  await writeFile(join(folder, 'tokens.txt'), 'a 1\n<html>\n');
  await writeFile(join(folder, 'good.txt'), 'a 1\n  2\n');
  assert.throws(() => requireModel(files(), 'none.onnx'), broken(/none\.onnx is missing/));
  assert.throws(() => requireModel(files(), 'empty.onnx'), broken(/empty\.onnx is empty/));
  assert.throws(() => requireModel(files(), 'meta.onnx', ['n_mels']), broken(/n_mels/));
  assert.throws(() => requireTokens(files(), 'tokens.txt'), broken(/line 2/));
  assert.equal(requireTokens(files(), 'good.txt'), join(folder, 'good.txt'));
  assert.throws(() => requirePhonemeData(files()), broken(/espeak-ng/));
});

test('voices come from info.json, else from the metadata', async () => {
  const named = speakersOf(files(), new Map([['speaker_names', 'af_x,am_y']]));
  assert.deepEqual(
    [...named.ids],
    [
      ['default', 0],
      ['af_x', 0],
      ['am_y', 1],
    ],
  );
  const info = { voices: [{ id: 'default', name: 'Heart' }], speakers: { default: 3 } };
  await writeFile(join(folder, 'info.json'), JSON.stringify(info));
  assert.deepEqual([...speakersOf(files(), new Map()).ids], [['default', 3]]);
  await rm(join(folder, 'info.json'));
});

test('an unknown family is refused by name', async () => {
  await assert.rejects(
    engine.load({ ...files(), family: 'vosk' }, { threads: 1, device: 'cpu' }),
    (error) => VoxError.is(error) && error.code === 'engine_missing' && /vosk/.test(error.message),
  );
});
