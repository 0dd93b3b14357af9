/**
 * Kokoro's voices speak their own language: Whisper base, told the language, writes down what they say. Where both models
 * were pulled (VOX_TEST_HOME). Hindi is left out, because Whisper base doesn't write it.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SENTENCES, type Spoken } from './kokoro-sentences.test-support.js';

const views = join(process.env.VOX_TEST_HOME ?? '', 'models', 'views');
const skip =
  !['kokoro/v1.0', 'whisper/base', 'espeak-ng-data/1.52'].every((name) => existsSync(join(views, name))) &&
  'kokoro:v1.0 and whisper:base are not both pulled (VOX_TEST_HOME)';

/** One word in seven: Whisper base writes "mezzo giorno", which counts as two. By English phonemes it is up to ten. */
const MOST_WRONG = 1 / 7;

const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{M}]+/u)
    .filter((word) => word !== '');

/** Words that were put in, left out or taken for others. */
function wordErrors(said: readonly string[], heard: readonly string[]): number {
  let row = Array.from({ length: heard.length + 1 }, (_, at) => at);
  for (const [i, word] of said.entries()) {
    const next = [i + 1];
    for (const [j, other] of heard.entries())
      next.push(
        Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (word === other ? 0 : 1)),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}

test("Kokoro's voices speak their own language, with one model in memory", { skip }, () => {
  const script = fileURLToPath(new URL('./kokoro-languages.test-support.js', import.meta.url));
  const child = spawnSync(process.execPath, [script, views], { encoding: 'utf8', timeout: 300_000 });
  assert.equal(child.status, 0, child.stderr);
  const report = JSON.parse(child.stdout.trim().split('\n').at(-1) ?? '') as {
    spoken: Spoken[];
    addedMegabytes: number;
    languages: string[];
    warned: string[];
    differs: boolean;
    chinese: number;
    refused: string;
  };
  for (const [at, { voice, text }] of SENTENCES.entries()) {
    const heard = report.spoken[at]?.heard ?? '';
    const said = wordsOf(text);
    const wrong = wordErrors(said, wordsOf(heard));
    assert.ok(wrong / said.length <= MOST_WRONG, `${voice}: ${wrong} of ${said.length} wrong: ${heard}`);
  }
  // A synthesiser for each language would take over 150 MB each.
  assert.ok(report.addedMegabytes < 400, `${report.addedMegabytes} MB more after five languages`);
  assert.deepEqual(report.languages, ['en', 'es', 'fr', 'hi', 'it', 'pt']);
  assert.ok(report.warned.length === 13 && report.warned.every((id) => /^[jz][fm]_/.test(id)));
  assert.ok(report.differs, "a request's language goes before the voice's own");
  assert.equal(report.chinese, 0);
  assert.equal(report.refused, 'invalid_request');
});
