/**
 * Real models, if some were imported: VOX_TEST_MODELS is a folder with `whisper-tiny.en/`, `piper/`, `silero-vad/` and
 * `espeak-ng-data/` as a store's views have them. It runs in a process of its own, since the native library may end it.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const models = process.env.VOX_TEST_MODELS ?? '';
const needed = ['whisper-tiny.en', 'piper', 'silero-vad', 'espeak-ng-data'];
const missing = models === '' ? needed : needed.filter((name) => !existsSync(join(models, name)));
const skip =
  models === ''
    ? 'VOX_TEST_MODELS names no folder of imported models'
    : missing.length > 0 && `VOX_TEST_MODELS has no ${missing.join(', ')}`;

interface Report {
  text: string;
  words: { text: string; startMs: number; endMs: number }[];
  concurrent: string[];
  cancelled: string;
  seconds: number;
  pieces: number;
  spans: [number, number][];
  noiseSpans: number;
}

test('Piper speaks, Silero finds the speech, Whisper writes it down, alone and together', { skip }, () => {
  const script = fileURLToPath(new URL('./real-weights.test-support.js', import.meta.url));
  const child = spawnSync(process.execPath, [script, models], { encoding: 'utf8', timeout: 120_000 });
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
  assert.ok(report.spans.length > 0 && report.spans.every(([start, end]) => start < end));
  assert.equal(report.noiseSpans, 0);
});
