/**
 * Real models, where the test runner could pull them (VOX_TEST_HOME): it runs in a process of its own, since the native
 * library may end it.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const home = process.env.VOX_TEST_HOME;
const skip = home === undefined && 'no model could be pulled (VOX_TEST_HOME is not set)';

interface Report {
  text: string;
  words: { text: string; startMs: number; endMs: number }[];
  concurrent: string[];
  cancelled: string;
  seconds: number;
  pieces: number;
}

test('Piper speaks, Whisper writes it down, alone and together', { skip }, () => {
  const script = fileURLToPath(new URL('./real-weights.test-support.js', import.meta.url));
  const child = spawnSync(process.execPath, [script, join(home ?? '', 'models', 'views')], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  assert.equal(child.status, 0, child.stderr);
  const report = JSON.parse(child.stdout.trim().split('\n').at(-1) ?? '') as Report;
  assert.match(report.text, /quick brown fox jumps over the lazy dog/i);
  assert.ok(report.concurrent.length === 4 && report.concurrent.every((text) => text === report.text));
  assert.equal(report.cancelled, 'cancelled');
  assert.ok(report.seconds > 1 && report.seconds < 6 && report.pieces >= 1);
  assert.equal(report.words.map((word) => word.text).join(' '), report.text);
  let last = 0;
  for (const word of report.words) {
    assert.ok(word.startMs >= last && word.endMs >= word.startMs && word.endMs <= report.seconds * 1000 + 1);
    last = word.startMs;
  }
});
