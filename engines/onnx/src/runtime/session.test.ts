/** The library itself, on small graphs that are written here. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Node, onnxFile, type Port } from './graphs.test-support.js';
import { loadRuntime, probeRuntime, type Runtime } from './library.js';
import { Session } from './session.js';
import type { TensorData } from './tensor.js';
import { Value } from './value.js';

const { available, reason } = probeRuntime();
const MEBIBYTE = 2 ** 20;

const float = (name: string, ...shape: (number | string)[]): Port => ({ name, type: 'float32', shape });
const node = (operator: string, inputs: string[], ...outputs: string[]): Node => ({
  operator,
  inputs,
  outputs,
});

/** x and y of [rows, 2] are added. */
const SUM = onnxFile(
  [node('Add', ['x', 'y'], 'sum')],
  [float('x', 'rows', 2), float('y', 'rows', 2)],
  [float('sum', 'rows', 2)],
  { words: 'да, 日本', empty: '' },
);
/** Squares a matrix, again and again: seconds of work for a large one, none for a small one. */
const DEPTH = 400;
const POWERS = onnxFile(
  Array.from({ length: DEPTH }, (_, at) => node('MatMul', [`m${at}`, `m${at}`], `m${at + 1}`)),
  [float('m0', 'n', 'n')],
  [float(`m${DEPTH}`, 'n', 'n')],
);
const LARGE = 512;
const OF_EACH = { float32: 'f', int32: 'i', int64: 'l', float16: 'h' } as const;
const COPIES = onnxFile(
  Object.values(OF_EACH).map((name) => node('Identity', [name], `${name}2`)),
  Object.entries(OF_EACH).map(([type, name]) => ({ name, type: type as Port['type'], shape: ['n'] })),
  Object.entries(OF_EACH).map(([type, name]) => ({
    name: `${name}2`,
    type: type as Port['type'],
    shape: ['n'],
  })),
);

describe('sessions of ONNX Runtime', { skip: available ? false : (reason ?? 'not here') }, () => {
  let runtime: Runtime;
  let directory: string;
  const opened: Session[] = [];
  const open = async (bytes: Uint8Array, name = 'graph.onnx', threads = 1): Promise<Session> => {
    const path = join(directory, name);
    await writeFile(path, bytes);
    const session = await Session.open(runtime, path, threads);
    opened.push(session);
    return session;
  };
  before(async () => {
    runtime = loadRuntime();
    directory = await mkdtemp(join(tmpdir(), 'vox-onnx-'));
  });
  after(async () => {
    for (const session of opened) session.close();
    await rm(directory, { recursive: true, force: true });
  });

  const value = (data: TensorData, ...shape: number[]): Value => Value.of(runtime, data, shape);
  /** Beside the event loop; the inputs are released. */
  const add = async (session: Session, x: readonly number[], y: readonly number[]): Promise<number[]> => {
    const given = {
      x: value(Float32Array.from(x), x.length / 2, 2),
      y: value(Float32Array.from(y), y.length / 2, 2),
    };
    try {
      const { sum } = await session.run(given, ['sum']);
      const numbers = [...sum.numbers];
      assert.deepEqual(sum.shape, [x.length / 2, 2]);
      sum.release();
      return numbers;
    } finally {
      given.x.release();
      given.y.release();
    }
  };
  const power = (session: Session, size: number, signal?: AbortSignal) => {
    const m0 = value(new Float32Array(size * size).fill(1 / size), size, size);
    return session
      .run({ m0 }, [`m${DEPTH}`], signal)
      .then((made) => {
        const [first] = made[`m${DEPTH}`]?.numbers ?? [];
        made[`m${DEPTH}`]?.release();
        return first;
      })
      .finally(() => m0.release());
  };

  test('what a graph takes, gives and says of itself', async () => {
    const session = await open(SUM, 'сумма 日本.onnx');
    const slot = { type: 'float32', shape: [-1, 2] };
    assert.deepEqual(Object.fromEntries(session.inputs), { x: slot, y: slot });
    assert.deepEqual(Object.fromEntries(session.outputs), { sum: slot });
    assert.equal(session.metadata('words'), 'да, 日本');
    assert.equal(session.metadata('empty'), '');
    assert.equal(session.metadata('other'), undefined);
    const copies = await open(COPIES);
    assert.deepEqual(
      [...copies.inputs.values()].map(({ type }) => type),
      Object.keys(OF_EACH),
    );
  });

  test('runs beside the event loop, several at once, and on its thread', async () => {
    const session = await open(SUM);
    const sums = await Promise.all(
      Array.from({ length: 40 }, (_, at) => add(session, [at, 1, 2, 3], [10, 20, 30, at])),
    );
    assert.deepEqual(
      sums,
      Array.from({ length: 40 }, (_, at) => [at + 10, 21, 32, at + 3]),
    );
    assert.deepEqual(await add(session, [], []), []);
    const [x, sum] = [Float32Array.of(1, 2), new Float32Array(2)];
    const run = session.bind(
      { x: { data: x, shape: [1, 2] }, y: { data: Float32Array.of(5, 5), shape: [1, 2] } },
      { sum: { data: sum, shape: [1, 2] } },
    );
    run.runNow();
    assert.deepEqual([...sum], [6, 7]);
    x.set([3, 4]);
    run.runNow();
    assert.deepEqual([...sum], [8, 9], 'the inputs are read anew');
    run.release();
    run.release();
    assert.throws(() => run.runNow(), /released/);
  });

  test('values of every type come back as they went in, and empty ones', async () => {
    const session = await open(COPIES);
    const given = {
      f: Float32Array.of(1.5, -0.25, Number.NaN),
      i: Int32Array.of(2 ** 31 - 1, -(2 ** 31), 7),
      l: BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), 7n),
      h: Uint16Array.of(0x3c00, 0xfbff, 0x0001),
    };
    for (const length of [3, 0]) {
      const inputs = Object.entries(given).map(([name, data]) => [
        name,
        { data: data.slice(0, length), shape: [length] },
      ]);
      const outputs = Object.entries(given).map(([name, data]) => [
        `${name}2`,
        {
          data: data.slice(0, length).reverse(),
          shape: [length],
        },
      ]);
      const filled = Object.fromEntries(outputs);
      const run = session.bind(Object.fromEntries(inputs), filled);
      run.runNow();
      run.release();
      for (const [name, data] of Object.entries(given))
        assert.deepEqual(filled[`${name}2`].data, data.slice(0, length), name);
    }
  });

  test('what does not fit is refused with a message, and the session goes on', async () => {
    const session = await open(SUM);
    const right = Float32Array.of(1, 2);
    const refused = async (x: Value, what: RegExp, name = 'y', wanted = 'sum'): Promise<void> => {
      const y = value(right, 1, 2);
      await assert.rejects(session.run({ x, [name]: y }, [wanted]), what);
      x.release();
      y.release();
      assert.deepEqual(await add(session, [1, 2], [3, 4]), [4, 6]);
    };
    await refused(value(right, 1, 1, 2), /rank/i);
    await refused(value(Float32Array.of(1, 2, 3), 1, 3), /dimensions/i);
    await refused(value(Int32Array.of(1, 2), 1, 2), /type/i);
    await refused(value(right, 1, 2), /z/, 'z');
    await refused(value(right, 1, 2), /total/, 'y', 'total');
    assert.throws(() => value(right, 3, 2), /size|space/i);
    const tensor = { data: right, shape: [1, 2] };
    const inputs = { x: tensor, y: tensor };
    assert.throws(() => session.bind(inputs, { total: tensor }), /no output 'total' of float32/);
    const halves = { data: new Uint16Array(2), shape: [1, 2] };
    assert.throws(() => session.bind(inputs, { sum: halves }), /no output 'sum' of float16/);
    const longer = session.bind(inputs, { sum: { data: new Float32Array(4), shape: [2, 2] } });
    assert.throws(() => longer.runNow(), /shape/i);
    longer.release();
    assert.deepEqual(await add(session, [1, 2], [3, 4]), [4, 6]);
  });

  test('a file that is missing, or no model, is refused with a message', async () => {
    await assert.rejects(Session.open(runtime, join(directory, 'none.onnx'), 1), /none\.onnx/);
    await assert.rejects(open(Buffer.from('not a model'), 'text.onnx'), /text\.onnx|protobuf/i);
    const lacking = onnxFile([node('NoSuchOperator', ['x'], 'y')], [float('x', 1)], [float('y', 1)]);
    await assert.rejects(open(lacking), /NoSuchOperator/);
    assert.deepEqual(await add(await open(SUM), [1, 2], [3, 4]), [4, 6]);
  });

  test('a signal stops a run that is under way, or begins none; the next one works', async () => {
    const session = await open(POWERS);
    const stop = new AbortController();
    const running = power(session, LARGE, stop.signal);
    await turn();
    stop.abort();
    await assert.rejects(running, { code: 'cancelled' });
    await assert.rejects(power(session, 2, stop.signal), { code: 'cancelled' });
    assert.equal(await power(session, 2, new AbortController().signal), 0.5);
  });

  test('closed while a run is under way: the run ends well, and no other begins', async () => {
    const session = await open(POWERS);
    const m0 = { data: new Float32Array(4), shape: [2, 2] };
    const bound = session.bind({ m0 }, { [`m${DEPTH}`]: { data: new Float32Array(4), shape: [2, 2] } });
    const running = Promise.all([power(session, 128), power(session, 2)]);
    session.close();
    session.close();
    await assert.rejects(power(session, 2), { code: 'cancelled' });
    assert.throws(() => bound.runNow(), { code: 'cancelled' });
    assert.throws(() => session.metadata('words'), { code: 'cancelled' });
    bound.release();
    assert.deepEqual(
      (await running).map((first) => first?.toFixed(4)),
      [(1 / 128).toFixed(4), '0.5000'],
    );
  });

  test('a value that is released during a run lives until its end, and is not read after it', async () => {
    const session = await open(POWERS);
    const m0 = value(new Float32Array(128 * 128).fill(1 / 128), 128, 128);
    const running = session.run({ m0 }, [`m${DEPTH}`]);
    m0.release();
    m0.release();
    const made = (await running)[`m${DEPTH}`];
    assert.equal(made?.numbers[0]?.toFixed(4), (1 / 128).toFixed(4));
    made?.release();
    assert.throws(() => made?.numbers, /released/);
    assert.throws(() => made?.shape, /released/);
    await assert.rejects(session.run({ m0 }, [`m${DEPTH}`]), /released/);
    const whole = Value.integers(runtime, [1, 2], [2]);
    assert.throws(() => whole.numbers, /not of float32/);
    whole.release();
  });

  test('many runs leave nothing in memory', async () => {
    const session = await open(SUM);
    const rows = 4096;
    const tensor = { data: new Float32Array(rows * 2), shape: [rows, 2] };
    const both = async (): Promise<void> => {
      const bound = session.bind({ x: tensor, y: tensor }, { sum: { ...tensor, data: tensor.data.slice() } });
      bound.runNow();
      bound.release();
      const x = value(tensor.data, ...tensor.shape);
      const { sum } = await session.run({ x, y: x }, ['sum']);
      assert.equal(sum.numbers.length, rows * 2);
      sum.release();
      x.release();
    };
    for (let warm = 0; warm < 300; warm++) await both();
    const start = process.memoryUsage.rss();
    // 32 KiB a run: what is not given back would be 94 MiB.
    for (let run = 0; run < 3000; run++) await both();
    assert.ok(process.memoryUsage.rss() - start < 60 * MEBIBYTE);
  });
});
