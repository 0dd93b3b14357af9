import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import fc from 'fast-check';
import { formatBytes, formatDuration, parseBytes, parseDuration } from './units.js';

function refused(read: () => unknown): void {
  assert.throws(read, (error) => VoxError.is(error) && error.code === 'invalid_request');
}

test('sizes: every suffix of the original is base 1024', () => {
  const cases: [string, number][] = [
    ['0', 0],
    ['17', 17],
    ['17b', 17],
    ['1k', 1024],
    ['1kb', 1024],
    ['1Ki', 1024],
    ['1KiB', 1024],
    ['512Mi', 536_870_912],
    ['1.5m', 1_572_864],
    ['10Gi', 10_737_418_240],
    ['10 GB', 10_737_418_240],
    ['2t', 2_199_023_255_552],
  ];
  for (const [text, bytes] of cases) assert.equal(parseBytes(text), bytes, text);
});

test('sizes: what is no size is refused', () => {
  for (const text of ['', '-1', '1x', 'k', '1kk', '1e3', '0x10', 'NaN', 'Infinity', '1,5m', '99999999t'])
    refused(() => parseBytes(text));
});

test('sizes: any whole number with any suffix is that many units', () => {
  const suffixes = fc.constantFrom('b', 'k', 'kb', 'ki', 'kib', 'M', 'mB', 'Mi', 'g', 'gb', 'Gi', 'GIB');
  fc.assert(
    fc.property(fc.nat(100_000), suffixes, (count, suffix) => {
      const power = 'bkmg'.indexOf(suffix.charAt(0).toLowerCase());
      assert.equal(parseBytes(`${count}${suffix}`), count * 1024 ** power);
    }),
  );
});

test('sizes: text of any kind is a number of bytes or a VoxError, nothing else', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        assert.ok(Number.isSafeInteger(parseBytes(text)) && parseBytes(text) >= 0);
      } catch (error) {
        assert.ok(VoxError.is(error));
      }
    }),
  );
});

test('sizes for people: one decimal, base 1024, never four digits before the point', () => {
  assert.equal(formatBytes(undefined), '-');
  assert.equal(formatBytes(0), '0 B');
  assert.equal(formatBytes(1023), '1023 B');
  assert.equal(formatBytes(1024), '1.0 KB');
  assert.equal(formatBytes(78_163_557), '74.5 MB');
  assert.equal(formatBytes(1024 ** 2 - 1), '1.0 MB');
  assert.equal(formatBytes(1024 ** 4), '1.0 TB');
  fc.assert(
    fc.property(fc.nat(2 ** 31), (bytes) => {
      assert.match(formatBytes(bytes), /^(?:\d{1,4} B|\d{1,4}\.\d [KMGT]B)$/);
      assert.doesNotMatch(formatBytes(bytes), /^(?:1024|10[3-9]\d)\./);
    }),
  );
});

test('durations: seconds, and every unit', () => {
  const cases: [string, number][] = [
    ['0', 0],
    ['300', 300],
    ['0.5', 0.5],
    ['30s', 30],
    ['5m', 300],
    ['1h30m', 5400],
    ['1H30M', 5400],
    ['250ms', 0.25],
    ['1.5h', 5400],
    ['1d', 86_400],
  ];
  for (const [text, seconds] of cases) assert.equal(parseDuration(text), seconds, text);
});

test('durations: what is none is refused', () => {
  for (const text of ['', 'm', '-5', '-5m', '5 m', '5mm', '5m3', '1w', 'NaN', '367d', '1e9']) {
    refused(() => parseDuration(text));
  }
});

test('durations: what is printed reads back the same', () => {
  fc.assert(
    fc.property(fc.nat(366 * 86_400_000), (milliseconds) => {
      assert.equal(parseDuration(formatDuration(milliseconds / 1000)), milliseconds / 1000);
    }),
  );
  assert.equal(formatDuration(Number.POSITIVE_INFINITY), 'for ever');
});
