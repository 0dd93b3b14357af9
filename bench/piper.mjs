/**
 * Piper joe over `/v1/audio/speech`, streamed, against the bare engine (first chunk) and piper-tts (the
 * whole), same text. A WAV answer's first audio byte is the one after its 44-byte header. pcm is 24 kHz, as
 * OpenAI's is, so it is resampled. Wanted: first audio at most 1.25 times the engine's, the whole at most
 * 1.15 times piper-tts's.
 */
import { bareEngine } from './lib/engine.mjs';
import { startLines } from './lib/python.mjs';
import { options, report, target } from './lib/report.mjs';
import { alternate, median } from './lib/stats.mjs';
import { newerRuntime, pull, serve, view } from './lib/vox.mjs';
import { setUpRivals } from './rivals/setup.mjs';

const TEXT = 'The birch canoe slid on the planks. Glue the sheet to the wall.';
const MODEL = 'piper:en-us-joe-medium';
const flags = options({ runs: 21 });
const rivals = await setUpRivals();
pull(MODEL);
const vox = await serve();
const espeak = view('espeak-ng-data', '1.52');
const engine = await bareEngine({
  kind: 'piper',
  folder: view('piper', 'en-us-joe-medium'),
  threads: 2,
  espeak,
  preload: newerRuntime(),
});
const library = await startLines(rivals.librariesPython, rivals.piperScript, [rivals.piperVoice]);
const speak = (format, firstAt) => () =>
  vox.api.speak({ model: MODEL, input: TEXT, voice: 'default', response_format: format }, { firstAt });
const times = await alternate(
  {
    wav: speak('wav', 44),
    pcm: speak('pcm', 0),
    engine: () => engine.ask({ text: TEXT }),
    library: () => library.ask({ text: TEXT }),
  },
  flags.runs,
  3,
);
engine.stop();
library.stop();
await vox.stop();

const first = (side, key = 'firstMs') => median(times[side].map((entry) => entry[key]));
const whole = (side) => median(times[side].map(({ ms }) => ms));
const { samples, rate } = times.engine.at(-1);
report(
  'Piper over REST',
  {
    'speech in the text': [samples / rate, 's'],
    'wav, first audio byte': [first('wav'), 'ms'],
    'pcm, first audio byte': [first('pcm'), 'ms'],
    'bare engine, first chunk': [first('engine'), 'ms'],
    'piper-tts, first chunk': [first('library', 'first_ms'), 'ms'],
    'wav, whole': [whole('wav'), 'ms'],
    'pcm, whole': [whole('pcm'), 'ms'],
    'bare engine, whole': [whole('engine'), 'ms'],
    'piper-tts, whole': [whole('library'), 'ms'],
    'pcm, first byte / engine': [first('pcm') / first('engine')],
  },
  [
    target('first audio byte / engine', first('wav') / first('engine'), '<=', 1.25),
    target('whole / piper-tts', whole('wav') / whole('library'), '<=', 1.15),
  ],
  flags,
);
