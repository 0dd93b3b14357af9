import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Output } from './output.js';
import { barLine, PullDisplay } from './progress.js';

const MIB = 1024 * 1024;

function record(columns: number | undefined): { output: Output; text: () => string } {
  let text = '';
  return {
    output: {
      line: (line) => {
        text += `${line}\n`;
      },
      note: () => assert.fail('progress belongs on standard output'),
      raw: (part) => {
        text += part;
      },
      terminal: columns === undefined ? undefined : { columns },
    },
    text: () => text,
  };
}

/** What a terminal would show: `\r` and the clearing sequence start a line anew. */
function screen(text: string): string[] {
  return text.split('\n').map((line) => line.split('\r\x1b[2K').at(-1) ?? '');
}

test('without a terminal: the original’s lines, each once', () => {
  const { output, text } = record(undefined);
  const display = new PullDisplay(output);
  display.show({ status: 'pulling whisper:base' });
  for (const bytes of [0, 5, 10])
    display.show({
      status: 'downloading model.bin',
      completed: 0,
      total: 2,
      bytes_completed: bytes,
      bytes_total: 10,
    });
  display.show({ status: 'downloading vocab', completed: 1, total: 2 });
  display.show({ status: 'success' });
  display.close();
  assert.equal(
    text(),
    '  pulling whisper:base\n  downloading model.bin [0/2]\n  downloading vocab [1/2]\n  success\n',
  );
});

test('on a terminal: one line a file, which ends full', () => {
  const { output, text } = record(100);
  let now = 0;
  const display = new PullDisplay(output, () => now);
  display.show({ status: 'pulling whisper:base' });
  for (let done = 0; done <= 40; done += 1) {
    display.show({ status: 'downloading model.bin', bytes_completed: done * MIB, bytes_total: 40 * MIB });
    now += 250;
  }
  display.show({ status: 'downloading vocab', bytes_completed: 0, bytes_total: 100 });
  display.show({ status: 'success' });
  display.close();
  const lines = screen(text());
  assert.equal(lines.length, 5);
  assert.equal(lines[0], '  pulling whisper:base');
  assert.match(lines[1] ?? '', /downloading model\.bin .*█{30} 100%\s+40\.0 MB \/ 40\.0 MB\s+4\.0 MB\/s$/);
  assert.match(lines[2] ?? '', /downloading vocab .*0%/);
  assert.equal(lines[3], '  success');
});

test('on a terminal: many events draw at most ten times a second', () => {
  const { output, text } = record(100);
  let now = 0;
  const display = new PullDisplay(output, () => now);
  for (let i = 0; i < 1000; i += 1) {
    display.show({ status: 'x', bytes_completed: i, bytes_total: 10_000 });
    now += 1;
  }
  assert.equal(text().split('\r').length - 1, 10);
});

test('rate and time to go', () => {
  const line = barLine({ status: 'x', bytes_completed: 10 * MIB, bytes_total: 100 * MIB }, 100, MIB);
  assert.match(line, /10%\s+10\.0 MB \/ 100\.0 MB\s+1\.0 MB\/s\s+1m30s$/);
});

test('no line is wider than the terminal, however narrow, and no event breaks it', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 80 }),
      fc.nat(2 ** 31),
      fc.nat(2 ** 31),
      fc.integer({ min: 20, max: 300 }),
      fc.option(fc.nat(10 ** 9), { nil: undefined }),
      (status, done, total, columns, rate) => {
        const line = barLine({ status, bytes_completed: done, bytes_total: total }, columns, rate);
        assert.ok([...line].length < columns, `${[...line].length} of ${columns}: ${line}`);
      },
    ),
  );
});
