/**
 * Ten minutes and an hour of speech in one request: peak memory of every process of the server, sampled each
 * 250 ms; whether it stays flat; and whether the time grows with the length and no faster. `--minutes N`
 * replaces the hour. Wanted: under 900 MB, flat (the last quarter at most 10 % above the second), linear
 * (within 15 %).
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeLongFile } from './lib/audio.mjs';
import { watchMemory } from './lib/procs.mjs';
import { options, report, target } from './lib/report.mjs';
import { median } from './lib/stats.mjs';
import { upload } from './lib/upload.mjs';
import { pull, serve } from './lib/vox.mjs';
import { wordErrors } from './lib/words.mjs';
import { cacheFolder } from './rivals/setup.mjs';

const flags = options({ runs: 1, minutes: 60 });
mkdirSync(cacheFolder(), { recursive: true });
pull('whisper:base');

async function measure(vox, minutes) {
  const file = await writeLongFile(join(cacheFolder(), `speech-${minutes}-minutes.wav`), minutes * 60);
  const finish = watchMemory(vox.child.pid);
  const since = performance.now();
  const text = await upload(vox.base, file.path, {
    model: 'whisper:base',
    language: 'en',
    response_format: 'text',
  });
  const seconds = (performance.now() - since) / 1000;
  const samples = finish();
  const quarter = (n) =>
    samples.slice((samples.length * n) >> 2, (samples.length * (n + 1)) >> 2).map(({ mb }) => mb);
  return {
    seconds,
    rate: seconds / file.seconds,
    peak: Math.max(...samples.map(({ mb }) => mb)),
    growth: median(quarter(3)) / median(quarter(1)),
    errors: wordErrors(file.text, text),
  };
}

const vox = await serve();
const short = await measure(vox, 10);
const long = await measure(vox, flags.minutes);
await vox.stop();
report(
  `10 and ${flags.minutes} minutes in one request`,
  {
    '10 minutes, time': [short.seconds, 's'],
    '10 minutes, peak memory': [short.peak, 'MB'],
    '10 minutes, word errors': [short.errors.percent, '%'],
    'long, time': [long.seconds, 's'],
    'long, times real time': [1 / long.rate],
    'long, word errors': [long.errors.percent, '%'],
    'long, words lost': [long.errors.lost],
    'long, words added': [long.errors.added],
  },
  [
    target('peak memory of the long file, MB', long.peak, '<=', 900),
    target('last quarter / second quarter', long.growth, '<=', 1.1),
    target('time a second of audio, long / short', long.rate / short.rate, '<=', 1.15),
  ],
  flags,
);
