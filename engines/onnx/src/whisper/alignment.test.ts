import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenTimes } from './alignment.js';
import { addMedians, MARGIN } from './median.js';
import { warp } from './time-warping.js';

/** Numbers in [0, 1), the same in every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('the running median is that of seven values in order, mirrored at the ends', () => {
  const next = chance(1);
  for (const count of [1, 2, 3, 4, 5, 6, 7, 8, 9, 40]) {
    const values = Array.from({ length: count }, () => Math.floor(next() * 10));
    const line = new Float64Array(count + 2 * MARGIN + 1).fill(99);
    line.set(values, MARGIN);
    const sums = new Float64Array(count + 2).fill(100);
    addMedians(line, count, sums, 1);
    const mirrored = (at: number): number =>
      values[at < 0 ? -at : at < count ? at : 2 * (count - 1) - at] ?? Number.NaN;
    const wanted = values.map((value, at) => {
      if (count <= 3) return value;
      const seven = [-3, -2, -1, 0, 1, 2, 3].map((off) => mirrored(at + off));
      return seven.sort((a, b) => a - b)[3] ?? Number.NaN;
    });
    assert.deepEqual([...sums], [100, ...wanted.map((value) => value + 100), 100], `${count} values`);
  }
});

test('the path is the best of all', () => {
  const next = chance(2);
  for (const [rows, columns] of [
    [1, 1],
    [1, 5],
    [5, 1],
    [2, 2],
    [3, 5],
    [5, 3],
    [4, 6],
  ] as const) {
    const scores = Float64Array.from({ length: rows * columns }, () => next() - 0.5);
    const at = (row: number, column: number): number => scores[row * columns + column] ?? 0;
    // Tries every path.
    const best = (row: number, column: number): number => {
      if (row < 0 || column < 0) return Number.NEGATIVE_INFINITY;
      if (row === 0 && column === 0) return at(0, 0);
      return (
        at(row, column) + Math.max(best(row - 1, column - 1), best(row - 1, column), best(row, column - 1))
      );
    };
    const begins = warp(scores, rows, columns);
    assert.equal(begins[0], 0);
    // A row ends in the column in which the next begins, or in the one before it.
    let total = 0;
    for (let row = 0; row < rows; row++) {
      const from = begins[row] ?? 0;
      const to = begins[row + 1];
      for (let column = from; column < (to ?? columns); column++) total += at(row, column);
      if (to !== undefined && (to === from || at(row, to) > 0)) total += at(row, to);
    }
    assert.ok(Math.abs(total - best(rows - 1, columns - 1)) < 1e-9, `${rows} rows, ${columns} columns`);
  }
});

interface Heard {
  readonly positions: number;
  readonly heads: number;
  /** Size of what is everywhere, over that of the voice. */
  readonly noise: number;
  /** Weight that every row has on the positions behind the audio. */
  readonly behind?: number;
}

/** Positions at which the tokens begin; the last of them is where the end of the text is chosen, and the audio goes on. */
const BEGINS = [0, 12, 30, 38, 80, 95];
const AUDIO = 120;

/** Attention that stays on each row's own positions. */
function attention({ positions, heads, noise, behind = 0 }: Heard): Float32Array[] {
  const next = chance(3);
  return BEGINS.map((from, row) => {
    const to = BEGINS[row + 1] ?? AUDIO;
    const one = (): number[] => {
      const line = Array.from({ length: positions }, (_, position) =>
        position >= AUDIO ? behind : next() * noise + (position >= from && position < to ? 1 : 0.01),
      );
      const sum = line.reduce((a, b) => a + b, 0);
      return line.map((weight) => weight / sum);
    };
    return Float32Array.from(Array.from({ length: heads }, one).flat());
  });
}

test('tokens begin where the attention goes to them', async () => {
  const times = await tokenTimes(attention({ positions: 150, heads: 2, noise: 0 }), 2, AUDIO);
  assert.deepEqual(
    times,
    BEGINS.map((position) => position * 0.02),
  );
});

test('noise moves them little where heads help each other', async () => {
  const times = await tokenTimes(attention({ positions: 150, heads: 6, noise: 0.6 }), 6, AUDIO);
  assert.equal(times.length, BEGINS.length);
  times.forEach((time, at) => {
    const wanted = (BEGINS[at] ?? 0) * 0.02;
    assert.ok(Math.abs(time - wanted) <= 0.041, `${time} s, not ${wanted}`);
  });
});

test('what rows look at behind the audio counts for nothing', async () => {
  const heard = { positions: 150, heads: 2, noise: 0.2 };
  const loud = await tokenTimes(attention({ ...heard, behind: 5 }), 2, AUDIO);
  assert.deepEqual(loud, await tokenTimes(attention(heard), 2, AUDIO));
});

test('one row, one position, no audio, nothing said, nothing looked at', async () => {
  const even = (rows: number, positions: number): Float32Array[] =>
    Array.from({ length: rows }, () => new Float32Array(positions).fill(1 / positions));
  assert.deepEqual(await tokenTimes(even(1, 5), 1, 4), [0]);
  assert.deepEqual(await tokenTimes(even(4, 1), 1, 1), [0, 0, 0, 0]);
  assert.deepEqual(await tokenTimes(even(2, 5), 1, 0), [0, 0]);
  assert.deepEqual(await tokenTimes([], 1, 5), []);
  const nowhere = await tokenTimes([new Float32Array(5), new Float32Array(5)], 1, 5);
  assert.ok(nowhere.every((time) => time >= 0 && time < 0.1));
});
