import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cut, table } from './output.js';

test('columns are as wide as their widest cell, and lines end in no space', () => {
  assert.deepEqual(
    table(
      ['NAME', 'TYPE'],
      [
        ['whisper:base', 'stt'],
        ['ü', ''],
      ],
    ),
    ['NAME          TYPE', 'whisper:base  stt', 'ü'],
  );
});

test('a cut text has the length asked for, counts characters and is one line', () => {
  assert.equal(cut('short', 50), 'short');
  assert.equal(cut('a\nb', 50), 'a b');
  assert.equal(cut('x'.repeat(60), 50), `${'x'.repeat(47)}...`);
  assert.equal([...cut('🎙'.repeat(60), 50)].length, 50);
});
