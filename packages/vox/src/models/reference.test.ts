import assert from 'node:assert/strict';
import { join, resolve, sep } from 'node:path';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import fc from 'fast-check';
import { Layout } from './layout.js';
import { formatReference, parseReference } from './reference.js';

const refused = (text: string) =>
  assert.throws(
    () => parseReference(text),
    (error) => VoxError.is(error) && error.code === 'invalid_request' && error.param === 'model',
    `accepted ${JSON.stringify(text)}`,
  );

test('names that the grammar allows are read and written back', () => {
  const part = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,40}$/).filter((text) => !text.includes('..'));
  fc.assert(
    fc.property(part, part, (name, tag) => {
      const reference = parseReference(`${name}:${tag}`);
      assert.deepEqual([reference.name, reference.tag], [name, tag]);
      assert.equal(formatReference(reference), `${name}:${tag}`);
    }),
  );
});

test('whatever is accepted stays inside the home folder', () => {
  const home = resolve(sep, 'home', 'vox');
  const layout = new Layout(home);
  const nasty = fc.array(fc.constantFrom('a', '.', '..', '/', '\\', ':', '%2e', '\0', ' ', 'A', '~', '-'), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(nasty, (parts) => {
      let reference: ReturnType<typeof parseReference>;
      try {
        reference = parseReference(parts.join(''));
      } catch (error) {
        assert.ok(VoxError.is(error) && error.code === 'invalid_request');
        return;
      }
      for (const path of [layout.manifest(reference), layout.view(reference), layout.work(reference)])
        assert.ok(resolve(path) === path && path.startsWith(join(home, sep)), path);
    }),
    { numRuns: 2000 },
  );
});

test('what climbs, points elsewhere or is too long is refused', () => {
  const wrong = [
    '',
    ':',
    'a',
    'a:',
    ':b',
    'a:b:c',
    '../a:b',
    'a:..',
    'a..b:c',
    '/a:b',
    'a/b:c',
    'a\\b:c',
    '%2e%2e:a',
  ];
  for (const text of [...wrong, '.a:b', '-a:b', 'a:b\n', 'a b:c', 'ä:b', `${'a'.repeat(129)}:b`])
    refused(text);
  parseReference(`${'a'.repeat(128)}:${'b'.repeat(128)}`);
});

test('upper case is not folded, but the error says what to write', () => {
  assert.throws(() => parseReference('Whisper:Base.EN'), /write whisper:base\.en/);
});

test('a stranger’s text cannot flood the error', () => {
  assert.throws(
    () => parseReference('/'.repeat(1_000_000)),
    (error) => error instanceof Error && error.message.length < 400,
  );
});
