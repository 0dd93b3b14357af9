import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  appendMetadata,
  floats,
  GraphBuilder,
  inspectModel,
  integers,
  modelLength,
  writeModel,
} from './index.js';
import { varint } from './protobuf.js';

/** y = x × w + 1, with a constant made in pieces. */
function sample(pieces: readonly number[]): GraphBuilder {
  const graph = new GraphBuilder('sample', 17);
  const x = graph.input('x', 'float32', ['N', 3]);
  const w = graph.constant('w', {
    type: 'float32',
    dims: [3, 100_000],
    async *chunks() {
      for (const length of pieces) yield new Uint8Array(length).fill(7);
    },
  });
  const product = graph.node('MatMul', [x, w]);
  graph.node('Add', [product, graph.constant('one', floats([1]))], { outputs: ['y'] });
  graph.node('Gather', ['y', graph.integers(-1, 2)], { attributes: { axis: -1 }, outputs: ['z'] });
  graph.node('Gelu', ['y'], { domain: 'com.microsoft', outputs: ['unused'] });
  graph.output('y', 'float32', ['N', 100_000]);
  graph.metadata.set('language', 'Ελληνικά');
  return graph;
}

describe('ONNX files', () => {
  let root = '';
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'vox-onnx-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  test('what was written is read back, whatever pieces it came in', async () => {
    const whole = join(root, 'whole.onnx');
    const pieces = join(root, 'pieces.onnx');
    const size = await writeModel(whole, sample([1_200_000]));
    assert.equal((await stat(whole)).size, size);
    assert.equal(modelLength(sample([])), size);
    await writeModel(pieces, sample([1, 1_199_000, 0, 999]));
    assert.ok((await readFile(whole)).equals(await readFile(pieces)));

    const summary = await inspectModel(whole);
    assert.equal(summary.irVersion, 8);
    assert.deepEqual(
      [...summary.operatorSets],
      [
        ['', 17],
        ['com.microsoft', 1],
      ],
    );
    assert.deepEqual(summary.operators, ['MatMul', 'Add', 'Gather', 'Gelu']);
    assert.deepEqual([summary.inputs, summary.outputs], [['x'], ['y']]);
    assert.deepEqual([...summary.metadata], [['language', 'Ελληνικά']]);
    const [w, one, index] = summary.constants;
    assert.deepEqual([w?.name, w?.typeCode, w?.dims, w?.byteLength], ['w', 1, [3, 100_000], 1_200_000]);
    assert.deepEqual([one?.dims, one?.byteLength], [[1], 4]);
    const file = await readFile(whole);
    assert.equal(file.readFloatLE(one?.offset), 1);
    assert.equal(file.readBigInt64LE(index?.offset), -1n);
    assert.equal(file[(w?.offset ?? 0) + 1_199_999], 7);
  });

  test('numbers take the bytes that protobuf says', () => {
    assert.deepEqual([...varint(0)], [0]);
    assert.deepEqual([...varint(300)], [0xac, 0x02]);
    assert.deepEqual([...varint(2 ** 35)], [0x80, 0x80, 0x80, 0x80, 0x80, 0x01]);
    assert.deepEqual([...varint(-1)], [...new Uint8Array(9).fill(255), 1]);
  });

  test('a constant that is shorter or longer than its shape is refused', async () => {
    for (const [i, pieces] of [[1_199_999], [1_200_000, 1]].entries())
      await assert.rejects(writeModel(join(root, `wrong-${i}.onnx`), sample(pieces)), RangeError);
  });

  test('a constant of the same name is the first one, and a list of integers is shared', () => {
    const graph = new GraphBuilder('g', 17);
    graph.constant('a', floats([1]));
    graph.constant('a', integers([2]));
    assert.equal(graph.constants.get('a')?.type, 'float32');
    assert.equal(graph.integers(1, 2), graph.integers(1, 2));
    assert.throws(() => graph.node('Add', [], { outputs: [] }), RangeError);
  });

  test('writing stops when it is cancelled', async () => {
    const reason = new Error('enough');
    await assert.rejects(
      writeModel(join(root, 'cancelled.onnx'), sample([1_200_000]), { signal: AbortSignal.abort(reason) }),
      reason,
    );
  });

  test('metadata is appended to a copy, also of a read-only file', async () => {
    const source = join(root, 'source.onnx');
    const target = join(root, 'target.onnx');
    await writeModel(source, sample([1_200_000]));
    await chmod(source, 0o444);
    await appendMetadata(source, target, { model_type: 'vits', sample_rate: 22050, language: 'English' });
    const { metadata, constants } = await inspectModel(target);
    assert.deepEqual(Object.fromEntries(metadata), {
      language: 'English',
      model_type: 'vits',
      sample_rate: '22050',
    });
    assert.equal(constants.length, 3);
    assert.equal((await inspectModel(source)).metadata.size, 1);
    await assert.rejects(appendMetadata(source, target, {}), { code: 'EEXIST' });
  });

  test('a file that is cut off, empty or something else is refused', async () => {
    const path = join(root, 'cut.onnx');
    const small = new GraphBuilder('small', 17);
    small.node('Add', [small.constant('a', floats([1, 2, 3])), 'a'], { outputs: ['b'] });
    small.output('b', 'float32', [3]);
    const whole = join(root, 'small.onnx');
    const size = await writeModel(whole, small);
    const bytes = await readFile(whole);
    for (let length = 0; length < size - 10; length++) {
      await writeFile(path, bytes.subarray(0, length));
      await assert.rejects(inspectModel(path), { code: 'model_broken' }, `${length} of ${size} bytes`);
    }
    await writeFile(path, 'not a model');
    await assert.rejects(inspectModel(path), { code: 'model_broken' });
  });
});
