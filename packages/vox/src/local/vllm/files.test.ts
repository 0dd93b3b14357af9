/** What is read and written: a model's folder, logs, records. */
import assert from 'node:assert/strict';
import {
  appendFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { lastLog, nuke, nukedPaths } from './files.js';
import { trimLog } from './log-trim.js';
import { missingFiles, readShape, writeDelay } from './model-folder.js';
import { Records } from './record.js';
import { modelFolder } from './vllm.test.support.js';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vox-vllm-files-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const readTokenizer = async () => JSON.parse(await readFile(join(folder, 'tekken.json'), 'utf8'));

test('the delay goes to the top if it is there, else into audio, else to the top anew (yap.md section 4)', async () => {
  const cases = [
    [
      { transcription_delay_ms: 480, audio: { transcription_delay_ms: 1 } },
      { transcription_delay_ms: 240, audio: { transcription_delay_ms: 1 } },
    ],
    [
      { audio: { rate: 1, transcription_delay_ms: 480 } },
      { audio: { rate: 1, transcription_delay_ms: 240 } },
    ],
    [{ audio: { rate: 1 } }, { audio: { rate: 1 }, transcription_delay_ms: 240 }],
    [{ vocab: [] }, { vocab: [], transcription_delay_ms: 240 }],
  ] as const;
  for (const [before, after] of cases) {
    await modelFolder(folder, before);
    assert.equal(await writeDelay(folder, 240), true);
    assert.deepEqual(await readTokenizer(), after);
    const { ino } = await stat(join(folder, 'tekken.json'));
    assert.equal(await writeDelay(folder, 240), false, 'a second time changes nothing');
    assert.equal((await stat(join(folder, 'tekken.json'))).ino, ino);
  }
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.endsWith('.tmp')),
    [],
  );
});

test('a tokenizer that is no JSON object is refused and stays as it is', async () => {
  await modelFolder(folder);
  await writeFile(join(folder, 'tekken.json'), '[1');
  await assert.rejects(writeDelay(folder, 240), {
    code: 'model_broken',
    message: /tekken\.json: not a JSON object/,
  });
  assert.equal(await readFile(join(folder, 'tekken.json'), 'utf8'), '[1');
});

test('a folder is whole with params.json, tekken.json and weights (yap.md 6.1), or as Transformers lays it out', async () => {
  assert.deepEqual(await missingFiles(join(folder, 'none')), ['params.json', 'tekken.json', '*.safetensors']);
  await modelFolder(folder);
  assert.deepEqual(await missingFiles(folder), []);
  await rm(join(folder, 'tekken.json'));
  assert.deepEqual(await missingFiles(folder), ['tekken.json']);
  const other = join(folder, 'other');
  await mkdir(other);
  await writeFile(join(other, 'config.json'), '{}');
  await writeFile(join(other, 'model.safetensors'), '');
  assert.deepEqual(await missingFiles(other), []);
});

test("a model's shape from Mistral's parameters and from a configuration of Transformers; weights count once", async () => {
  await modelFolder(folder, {}, 5000);
  await writeFile(join(folder, 'model.safetensors'), 'twice');
  const voxtral = { layers: 26, cacheHeads: 8, headSize: 128, slidingWindow: 8192, weights: 5000 };
  assert.deepEqual(await readShape(folder), voxtral);
  const other = join(folder, 'other');
  await mkdir(other);
  assert.equal(await readShape(other), undefined);
  await writeFile(join(other, 'model-1.safetensors'), 'abc');
  const text = { num_hidden_layers: 28, num_key_value_heads: 8, hidden_size: 2048, num_attention_heads: 16 };
  await writeFile(join(other, 'config.json'), JSON.stringify({ thinker_config: { text_config: text } }));
  assert.deepEqual(await readShape(other), { layers: 28, cacheHeads: 8, headSize: 128, weights: 3 });
  await writeFile(join(other, 'config.json'), '{"num_hidden_layers": "many"}');
  assert.equal(await readShape(other), undefined);
});

test('a log keeps its last bytes from the start of a line on, while its writer goes on', async () => {
  const path = join(folder, 'engine.log');
  const lines = Array.from({ length: 300_000 }, (_, at) => `line ${at}\n`);
  await writeFile(path, lines.join(''));
  const writer = await open(path, 'a');
  const { size } = await stat(path);
  assert.equal(await trimLog(path, size), false, 'what is not longer stays');
  assert.equal(await trimLog(path, 2_500_000), true);
  await writer.write('after\n');
  await writer.close();
  const kept = await readFile(path, 'utf8');
  assert.ok(kept.length <= 2_500_006 && kept.length > 2_499_900, `${kept.length}`);
  assert.match(kept, /^line \d+\n/);
  const wanted = lines.join('').slice(-(kept.length - 'after\n'.length));
  assert.equal(kept, `${wanted}after\n`);
  await appendFile(path, 'x'.repeat(3_000_000));
  assert.equal(await trimLog(path, 2_500_000), true, 'one line without an end');
  assert.equal((await stat(path)).size, 0);
  assert.equal(await trimLog(join(folder, 'none.log'), 1), false);
});

test('a record that names no process of ours is none: damaged, of group 0 or 1, without an identity', async () => {
  const records = new Records(folder);
  const whole = { schemaVersion: 1, reference: 'a:b', pid: 99, identity: 'x', log: '/l', url: 'http://h:1' };
  for (const damage of [
    { pid: 0 },
    { pid: 1 },
    { pid: -5 },
    { pid: 'x' },
    { identity: '' },
    { schemaVersion: 2 },
  ]) {
    await mkdir(join(folder, 'run'), { recursive: true });
    await writeFile(records.path('a:b'), JSON.stringify({ ...whole, ...damage }));
    assert.equal(await records.read('a:b'), undefined, JSON.stringify(damage));
  }
  await writeFile(records.path('a:b'), '{');
  assert.deepEqual(await records.all(), []);
  await writeFile(records.path('a:b'), JSON.stringify(whole));
  assert.equal((await records.all()).length, 1);
});

test('nuke names and removes what vox engine made, and nothing else', async () => {
  const logs = join(folder, 'logs');
  for (const path of ['cache/engine/vllm', 'cache/catalog', 'run', 'logs', 'models/blobs'])
    await mkdir(join(folder, path), { recursive: true });
  for (const path of ['run/engine-a--b.json', 'run/other.json', 'logs/engine-a--b.log', 'logs/serve.log'])
    await writeFile(join(folder, path), '');
  const paths = await nukedPaths(folder, logs);
  assert.deepEqual(paths, [
    join(folder, 'cache/engine'),
    join(folder, 'run/engine-a--b.json'),
    join(logs, 'engine-a--b.log'),
  ]);
  await nuke(paths);
  assert.deepEqual(await nukedPaths(folder, logs), []);
  for (const kept of ['cache/catalog', 'run/other.json', 'logs/serve.log', 'models/blobs'])
    await stat(join(folder, kept));
});

test('the last log is the one written to last, or that of a reference', async () => {
  assert.equal(await lastLog(folder, undefined), undefined);
  await writeFile(join(folder, 'engine-a--1.log'), '');
  await writeFile(join(folder, 'engine-b--1.log'), '');
  await utimes(join(folder, 'engine-b--1.log'), 1, 1);
  assert.equal(await lastLog(folder, undefined), join(folder, 'engine-a--1.log'));
  assert.equal(await lastLog(folder, 'b:1'), join(folder, 'engine-b--1.log'));
  assert.equal(await lastLog(folder, 'c:1'), undefined);
});
