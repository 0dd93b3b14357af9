/**
 * One client's REST call (whisper:base, jfk.wav, language given) against faster-whisper as a library in a
 * warm process: int8, beam 1, 2 threads, the same weights. Wanted: at least 1.15 times as fast, HTTP and
 * all.
 */
import { join } from 'node:path';
import { needClips } from './lib/audio.mjs';
import { startLines } from './lib/python.mjs';
import { options, report, target } from './lib/report.mjs';
import { form } from './lib/rest.mjs';
import { alternate, median } from './lib/stats.mjs';
import { pull, serve } from './lib/vox.mjs';
import { setUpRivals } from './rivals/setup.mjs';

const flags = options({ runs: 11 });
const path = join(needClips(), 'jfk.wav');
const rivals = await setUpRivals();
pull('whisper:base');
const vox = await serve();
const library = await startLines(rivals.librariesPython, rivals.fasterWhisperScript, [
  rivals.whisperBase,
  '2',
]);
const body = form({ model: 'whisper:base', language: 'en' }, path);
const times = await alternate(
  {
    ours: async () => (await vox.api.transcribe(body)).ms,
    beam1: async () => (await library.ask({ path, language: 'en', beam: 1 })).ms,
    beam5: async () => (await library.ask({ path, language: 'en', beam: 5 })).ms,
  },
  flags.runs,
  2,
);
library.stop();
await vox.stop();

const ours = median(times.ours);
report(
  'faster-whisper (library, int8)',
  {
    'ours over REST, median': [ours, 'ms'],
    'faster-whisper, beam 1, median': [median(times.beam1), 'ms'],
    'faster-whisper, beam 5, median': [median(times.beam5), 'ms'],
    'beam 5 / ours': [median(times.beam5) / ours],
  },
  [target('faster-whisper beam 1 / ours', median(times.beam1) / ours, '>=', 1.15)],
  flags,
);
