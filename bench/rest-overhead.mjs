/**
 * What the server adds: one client's `/v1/audio/transcriptions` (whisper:base, jfk.wav, language given)
 * against the bare engine on the same files with 2 threads in a process of its own. Wanted: at most 60 ms
 * more; sherpa-onnx on the same graphs is told beside it. A pair of runs, one after the other, meets the same machine, whose clock wavers by more than what is measured
 * here: the overhead is the median of the pairs' differences.
 */
import { join } from 'node:path';
import { needClips } from './lib/audio.mjs';
import { bareEngine } from './lib/engine.mjs';
import { options, report, target } from './lib/report.mjs';
import { form } from './lib/rest.mjs';
import { alternate, median } from './lib/stats.mjs';
import { pull, serve, view } from './lib/vox.mjs';

const flags = options({ runs: 30 });
const path = join(needClips(), 'jfk.wav');
pull('whisper:base');
const vox = await serve();
const engine = await bareEngine({ kind: 'whisper', folder: view('whisper', 'base'), threads: 2 });
const sherpa = await bareEngine({ kind: 'sherpa-whisper', folder: view('whisper', 'base'), threads: 2 });
const json = form({ model: 'whisper:base', language: 'en' }, path);
const words = form(
  {
    model: 'whisper:base',
    language: 'en',
    response_format: 'verbose_json',
    'timestamp_granularities[]': 'word',
  },
  path,
);
const times = await alternate(
  {
    rest: async () => (await vox.api.transcribe(json)).ms,
    engine: async () => (await engine.ask({ path })).ms,
    sherpa: async () => (await sherpa.ask({ path })).ms,
    restWords: async () => (await vox.api.transcribe(words)).ms,
  },
  flags.runs,
  2,
);
engine.stop();
sherpa.stop();
await vox.stop();

const rest = median(times.rest);
const bare = median(times.engine);
report(
  'REST against the bare engine',
  {
    'REST, median': [rest, 'ms'],
    'REST with word times, median': [median(times.restWords), 'ms'],
    'bare engine, 2 threads, median': [bare, 'ms'],
    'ratio REST / engine': [rest / bare],
    'sherpa-onnx on the same graphs, 2 threads, median': [median(times.sherpa), 'ms'],
  },
  [target('overhead, ms', median(times.rest.map((ms, run) => ms - times.engine[run])), '<=', 60)],
  flags,
);
