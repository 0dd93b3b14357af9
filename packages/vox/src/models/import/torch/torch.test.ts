import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sincFilters } from '../diarization/sinc-filters.js';
import { readCheckpoint } from './checkpoint.js';
import { unpickle } from './pickle.js';

/**
 * What Python's pickle writes (protocol 2) for `{"a": 1, "b": [2.5, True, None], "c": (300, 70000, -1), "d": Thing()}` with a
 * class that nobody here has.
 */
const PICKLE = Buffer.concat([
  Buffer.from([0x80, 2, 0x7d, 0x71, 0, 0x28]),
  text('a'),
  Buffer.from([0x4b, 1]),
  text('b'),
  Buffer.from([0x5d, 0x71, 1, 0x28, 0x47, 0x40, 4, 0, 0, 0, 0, 0, 0, 0x88, 0x4e, 0x65]),
  text('c'),
  Buffer.from([0x4d, 0x2c, 1, 0x4a, 0x70, 0x11, 1, 0, 0x4a, 255, 255, 255, 255, 0x87]),
  text('d'),
  Buffer.from('cnobody\nThing\n)\x81}b', 'latin1'),
  Buffer.from('u.'),
]);

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([0x58, value.length, 0, 0, 0]), Buffer.from(value)]);
}

describe('pickles', () => {
  it('are read as data; an object of a class is nothing', () => {
    assert.deepEqual(
      unpickle(PICKLE),
      new Map<string, unknown>([
        ['a', 1],
        ['b', [2.5, true, undefined]],
        ['c', [300, 70_000, -1]],
        ['d', undefined],
      ]),
    );
  });

  it('that are cut off or unknown are refused', () => {
    for (let length = 0; length < PICKLE.length; length++)
      assert.throws(() => unpickle(PICKLE.subarray(0, length)), RangeError);
    assert.throws(() => unpickle(Buffer.from([0x80, 2, 0xff])), /opcode 0xff/);
    assert.throws(() => unpickle(Buffer.from('u.')), /no mark/);
  });

  it('a file that is no checkpoint is a broken model', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'vox-torch-'));
    t.after(() => rm(directory, { recursive: true, force: true }));
    const path = join(directory, 'a.pt');
    await writeFile(path, 'PK no');
    await assert.rejects(readCheckpoint(path), { code: 'model_broken' });
  });
});

it('sinc filters: even ones are mirrored with 1 in the middle, odd ones are turned over', () => {
  const given: Record<string, Float32Array> = {
    low_hz_: Float32Array.from({ length: 40 }, (_, band) => 30 + band * 150),
    band_hz_: new Float32Array(40).fill(100),
    window_: new Float32Array(125).fill(1),
    n_: Float32Array.from({ length: 125 }, (_, at) => (2 * Math.PI * (at - 125)) / 16_000),
  };
  const filters = sincFilters({
    has: () => true,
    take: (name, dims) => ({ dims, values: given[name.split('.').at(-1) ?? ''] ?? new Float32Array(0) }),
  });
  assert.equal(filters.length, 80 * 251);
  const row = (number: number) => filters.subarray(number * 251, (number + 1) * 251);
  assert.equal(row(5)[125], 1);
  assert.equal(row(45)[125], 0);
  for (let at = 0; at < 125; at++) {
    assert.equal(row(5)[at], row(5)[250 - at]);
    assert.equal(row(45)[at], -(row(45)[250 - at] ?? 0));
  }
  // Its own frequency comes through, another one does not.
  const answer = (number: number, hertz: number) =>
    Math.abs(
      row(number).reduce(
        (sum, tap, at) => sum + tap * Math.cos((2 * Math.PI * hertz * (at - 125)) / 16_000),
        0,
      ),
    );
  assert.ok(answer(10, 50 + 30 + 1500 + 75) > 10 * answer(10, 5_000));
});
