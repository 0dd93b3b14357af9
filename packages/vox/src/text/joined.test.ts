import assert from 'node:assert/strict';
import { test } from 'node:test';
import { after, joined } from './joined.js';

const OVERLAP = { reach: 32, expected: 12 };

test('what both say is said once, whatever the case, the marks and the spaces', () => {
  const rows = [
    ['it was the age of wisdom', 'Age of Wisdom, it was', 'it was the age of wisdom, it was'],
    ['everyone said so.', 'every one, said so. And then', 'everyone said so. And then'],
    ['the spring of hope', 'ring of hope, it was', 'the spring of hope, it was'],
    ['of hope, it was the wi', 'hope it was the winter of despair', 'of hope, it was the winter of despair'],
    ['of hope, it was the we', 'hope it was the winter of despair', 'of hope, it was the winter of despair'],
    ['he came to the house', 'Bto the house of his', 'he came to the house of his'],
    ['we had of', 'of everything', 'we had of everything'],
  ] as const;
  for (const [before, next, whole] of rows) assert.equal(joined(before, next, OVERLAP), whole);
});

test('where nothing agrees nothing is lost', () => {
  assert.equal(joined('one two', 'three four', OVERLAP), 'one two three four');
  assert.equal(joined('', 'three', OVERLAP), 'three');
  assert.equal(joined('one', '', OVERLAP), 'one');
});

test('of places that agree alike the expected one counts', () => {
  const whole = 'it was the best of times, it was the worst of times, it was the age';
  const shown = 'it was the best of times, it was the';
  assert.equal(joined(shown, whole, { reach: 1_000, expected: 27 }), whole);
});

test('scripts without spaces get none', () => {
  assert.equal(after('今天天气', '很好'), '今天天气很好');
  assert.equal(after('one ', ' two'), 'one two');
});
