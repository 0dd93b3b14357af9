/** 8-bit weights in the file: what is replaced, what stays as it was, and which files are refused. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { halfBits, INPUTS, OUTPUTS, productGraph, WEIGHTS } from './eight-bit.test.support.js';
import {
  bytesOf,
  floats,
  GraphBuilder,
  inspectModel,
  SEVEN_BITS,
  scalar,
  writeEightBit,
  writeModel,
} from './index.js';
import { bytesField, concatenate, integerField, stringField, varint } from './protobuf.js';

/** What no GraphBuilder writes is written by hand: fields of a graph, as a model of operator set 13. */
function model(...fields: readonly Uint8Array[]): Uint8Array {
  const sets = bytesField(8, concatenate([stringField(1, ''), integerField(2, 13)]));
  return concatenate([integerField(1, 8), bytesField(7, concatenate(fields)), sets]);
}

function node(operator: string, inputs: readonly string[], output: string, ...more: readonly Uint8Array[]) {
  const names = [...inputs.map((name) => stringField(1, name)), stringField(2, output)];
  return bytesField(1, concatenate([...names, stringField(4, operator), ...more]));
}

const MULTIPLIED = node('MatMul', ['x', 'w'], 'y');
/** A weight [2, 2], and how it is in 8 bits. */
const SMALL = [1, -2, 0.5, 4];
const SMALL_VALUES = [64, -32, 32, 64];
const SMALL_SCALES = [1 / 64, 4 / 64];
const FLOAT = 1;
const HALF = 10;

/** A tensor 'w' [2, 2] whose numbers are these fields. */
function small(type: number, ...numbers: readonly Uint8Array[]): Uint8Array {
  const head = [integerField(1, 2), integerField(1, 2), integerField(2, type), stringField(8, 'w')];
  return concatenate([...head, ...numbers]);
}

const RAW = bytesField(9, bytesOf(Uint16Array.from(SMALL, halfBits)));

describe('a file whose weights become 8 bits', () => {
  let root = '';
  let count = 0;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'vox-eight-bit-'));
  });
  after(() => rm(root, { recursive: true, force: true }));
  const path = (): string => join(root, `${count++}.onnx`);
  const written = async (what: GraphBuilder | Uint8Array): Promise<string> => {
    const made = path();
    if (what instanceof GraphBuilder) await writeModel(made, what);
    else await writeFile(made, what);
    return made;
  };
  const eightBit = async (what: GraphBuilder | Uint8Array): Promise<string> => {
    const target = path();
    await writeEightBit(await written(what), target);
    return target;
  };
  const namesOf = async (file: string): Promise<string[]> =>
    (await inspectModel(file)).constants.map(({ name }) => name);
  const isBroken = (what: RegExp) => (error: unknown) =>
    VoxError.is(error) && error.code === 'model_broken' && what.test(error.message);

  test('every column goes up to 64, where the sum of two products still has room in 16 bits', async () => {
    const target = await eightBit(productGraph());
    const { constants } = await inspectModel(target);
    const values = constants.find(({ name }) => name === 'eight-bit/w/values');
    assert.ok(values);
    assert.deepEqual([values.typeCode, values.dims], [3, [INPUTS, OUTPUTS]]);
    const file = await readFile(target);
    for (let column = 0; column < OUTPUTS; column++) {
      const sizes: number[] = Array.from({ length: INPUTS }, (_, at) =>
        Math.abs(file.readInt8(values.offset + at * OUTPUTS + column)),
      );
      assert.equal(Math.max(...sizes), column === 2 ? 0 : SEVEN_BITS);
    }
  });

  test('a value that several products read is quantised once, a weight that several read is there once', async () => {
    const graph = productGraph();
    graph.node('MatMul', ['x', 'w'], { outputs: ['again'] });
    graph.constant('v', floats(WEIGHTS.slice(0, INPUTS), [INPUTS, 1]));
    graph.node('MatMul', ['x', 'v'], { outputs: ['one'] });
    const target = await eightBit(graph);
    const { operators } = await inspectModel(target);
    assert.equal(operators.filter((name) => name === 'QuantizeLinear').length, 1);
    assert.equal(operators.filter((name) => name === 'MatMulIntegerToFloat').length, 3);
    assert.deepEqual(
      (await namesOf(target)).filter((name) => /(^|\/)[wv](\/|$)/.test(name)),
      ['eight-bit/w/values', 'eight-bit/w/scales', 'eight-bit/v/values', 'eight-bit/v/scales'],
    );
  });

  test('a weight that something else reads too stays beside its 8 bits', async () => {
    const branch = bytesField(
      5,
      concatenate([
        stringField(1, 'then_branch'),
        bytesField(6, node('Abs', ['w'], 'a')),
        integerField(20, 5),
      ]),
    );
    for (const [what, ...fields] of [
      ['another node', node('Abs', ['w'], 'a')],
      ['a left side', bytesField(5, small(HALF, RAW)), node('MatMul', ['w', 'x'], 'a')],
      ['an output', bytesField(12, stringField(1, 'w'))],
      ['a graph inside', node('If', ['c'], 'a', branch)],
    ] as const) {
      const target = await eightBit(model(bytesField(5, small(HALF, RAW)), MULTIPLIED, ...fields));
      const names = await namesOf(target);
      assert.ok(names.includes('w') && names.includes('eight-bit/w/values'), what);
    }
    assert.ok(!(await namesOf(await eightBit(productGraph()))).includes('w'));
  });

  test('weights may be bytes, floats, numbers of half floats, or what a node holds', async () => {
    const held = [stringField(1, 'value'), bytesField(5, small(HALF, RAW)), integerField(20, 4)];
    for (const [what, field] of [
      ['bytes', bytesField(5, small(HALF, RAW))],
      ['floats', bytesField(5, small(FLOAT, bytesField(4, bytesOf(Float32Array.from(SMALL)))))],
      [
        'numbers',
        bytesField(5, small(HALF, bytesField(5, concatenate(SMALL.map((value) => varint(halfBits(value))))))),
      ],
      ['a node', node('Constant', [], 'w', bytesField(5, concatenate(held)))],
    ] as const) {
      const target = await eightBit(model(field, MULTIPLIED));
      const { constants, operators } = await inspectModel(target);
      assert.ok(!operators.includes('Constant') && !constants.some(({ name }) => name === 'w'), what);
      const file = await readFile(target);
      const at = (name: string): number => constants.find((one) => one.name === name)?.offset ?? -1;
      const [values, scales] = [at('eight-bit/w/values'), at('eight-bit/w/scales')];
      assert.deepEqual([...new Int8Array(file.subarray(values, values + 4))], SMALL_VALUES, what);
      assert.deepEqual([file.readFloatLE(scales), file.readFloatLE(scales + 4)], SMALL_SCALES, what);
    }
  });

  test('all else is copied as it is, what nobody knows too', async () => {
    const unknown = node('Odd', ['y'], 'z', stringField(6, 'a doc string'), bytesField(99, RAW));
    const ofGraph = bytesField(98, Buffer.from('of the graph'));
    const ofModel = bytesField(97, Buffer.from('of the model'));
    const one = bytesField(5, concatenate([integerField(2, FLOAT), stringField(8, 'eight-bit/one')]));
    const weight = bytesField(5, small(HALF, RAW));
    const source = concatenate([model(unknown, weight, ofGraph, MULTIPLIED, one), ofModel]);
    const target = path();
    await writeEightBit(await written(source), target, { metadata: { version: 1, language: 'Ελληνικά' } });
    const file = await readFile(target);
    // In their order.
    const places = [unknown, ofGraph, one, ofModel].map((bytes) => file.indexOf(bytes));
    assert.ok(
      places.every((place, at) => place > (places[at - 1] ?? 0)),
      places.join(),
    );
    assert.ok([weight, MULTIPLIED].every((bytes) => file.indexOf(bytes) < 0));
    const { metadata, operatorSets, operators } = await inspectModel(target);
    assert.deepEqual(Object.fromEntries(metadata), { version: '1', language: 'Ελληνικά' });
    assert.deepEqual(Object.fromEntries(operatorSets), { '': 13, 'com.microsoft': 1 });
    assert.deepEqual([operators[0], operators.at(-1)], ['Odd', 'Cast']);
    // A name that was there is not taken again.
    assert.ok((await namesOf(target)).includes('_eight-bit/one'));
  });

  test('a file in which 8 bits can do nothing is refused, and says why', async () => {
    const weight = bytesField(5, small(HALF, RAW));
    const elsewhere = bytesField(5, small(HALF, bytesField(13, stringField(1, 'location'))));
    const held = concatenate([
      stringField(1, 'value'),
      bytesField(5, small(FLOAT, bytesField(13, stringField(1, 'location')))),
    ]);
    const heldElsewhere = node('Constant', [], 'b', bytesField(5, held));
    const short = bytesField(5, small(FLOAT, RAW));
    const nan = bytesField(5, small(FLOAT, bytesField(4, bytesOf(Float32Array.of(1, Number.NaN, 2, 3)))));
    const old = productGraph({ operatorSet: 12 });
    const none = new GraphBuilder('g', 13);
    none.node('MatMul', ['a', 'b'], { outputs: ['c'] });
    none.node('MatMul', ['a', none.constant('v', floats([1, 2]))], { outputs: ['d'] });
    none.node('Add', ['a', none.constant('w', floats([1, 2], [1, 2]))], { outputs: ['e'] });
    none.node('MatMul', ['a', 'w'], { outputs: ['f'], domain: 'somebody.else' });
    none.node('MatMul', ['a', none.constant('s', scalar(1))], { outputs: ['g'] });
    for (const [what, why] of [
      [old, /operator set 13 or newer, it has 12/],
      [none, /no MatMul in it has a constant matrix/],
      // One that is an input may be given another value.
      [model(weight, MULTIPLIED, bytesField(11, stringField(1, 'w'))), /no MatMul/],
      [model(elsewhere, MULTIPLIED), /lie in another file/],
      [model(weight, MULTIPLIED, heldElsewhere), /lie in another file/],
      [concatenate([model(MULTIPLIED), bytesField(7, weight)]), /it has a second graph/],
      [model(short, MULTIPLIED), /constant w has 8 bytes/],
      [model(nan, MULTIPLIED), /constant w has numbers that are not finite/],
      [Buffer.from('nothing'), /not a whole ONNX file/],
    ] as const)
      await assert.rejects(eightBit(what), isBroken(why), String(why));
    const whole = model(weight, MULTIPLIED);
    for (let length = 0; length < whole.length; length++)
      await assert.rejects(eightBit(whole.subarray(0, length)), isBroken(/whole/), `${length} bytes`);
  });

  test('says how far it is, and stops when it is cancelled', async () => {
    const source = await written(productGraph());
    const target = path();
    const told: number[][] = [];
    await writeEightBit(source, target, { onProgress: (...numbers) => told.push(numbers) });
    const { length } = await readFile(target);
    assert.deepEqual(told.at(-1), [length, length]);
    const reason = new Error('enough');
    await assert.rejects(writeEightBit(source, path(), { signal: AbortSignal.abort(reason) }), reason);
  });
});
