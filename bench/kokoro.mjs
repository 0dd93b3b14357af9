/**
 * Kokoro int8 over `/v1/audio/speech` against kokoro-onnx, the same model file and voice, and against the bare
 * engine. One sentence, and a paragraph: there Vox speaks sentence by sentence, so its first audio comes after
 * the first one, and each sentence brings its own pauses. Wanted: at least kokoro-onnx's speed.
 */
import { join } from 'node:path';
import { bareEngine } from './lib/engine.mjs';
import { startLines } from './lib/python.mjs';
import { options, report, target } from './lib/report.mjs';
import { alternate, median } from './lib/stats.mjs';
import { newerRuntime, pull, serve, view } from './lib/vox.mjs';
import { setUpRivals } from './rivals/setup.mjs';

const SENTENCE =
  'The birch canoe slid on the smooth planks while the men were glueing the sheet to the dark blue wall.';
const PARAGRAPH =
  'Rice is often served in round bowls, with a spoon beside it. The juice of lemons makes fine punch for everybody who came. Four hours of steady work faced us, and nobody said a word.';
const MODEL = 'kokoro:v1.0';
const VOICE = 'af_heart';
const flags = options({ runs: 7 });
const rivals = await setUpRivals();
pull(MODEL);
const vox = await serve();
const folder = view('kokoro', 'v1.0');
const library = await startLines(rivals.librariesPython, rivals.kokoroScript, [
  folder,
  join(rivals.cache, 'kokoro-voices.npz'),
]);
const engine = await bareEngine({
  kind: 'kokoro',
  folder,
  threads: 2,
  espeak: view('espeak-ng-data', '1.52'),
  preload: newerRuntime(),
});
const speak = (input) => () =>
  vox.api.speak({ model: MODEL, input, voice: VOICE, response_format: 'wav' }, { firstAt: 44 });
const times = await alternate(
  {
    sentence: speak(SENTENCE),
    engine: () => engine.ask({ text: SENTENCE }),
    library: () => library.ask({ text: SENTENCE, voice: VOICE }),
    paragraph: speak(PARAGRAPH),
    libraryParagraph: () => library.ask({ text: PARAGRAPH, voice: VOICE }),
  },
  flags.runs,
  2,
);
engine.stop();
library.stop();
await vox.stop();

const whole = (side) => median(times[side].map(({ ms }) => ms));
const seconds = (side) => times[side].at(-1).samples / times[side].at(-1).rate;
report(
  'Kokoro over REST',
  {
    'sentence: speech': [seconds('library'), 's'],
    'sentence, Vox': [whole('sentence'), 'ms'],
    'sentence, bare engine': [whole('engine'), 'ms'],
    'sentence, kokoro-onnx': [whole('library'), 'ms'],
    'paragraph: speech of kokoro-onnx': [seconds('libraryParagraph'), 's'],
    'paragraph, Vox': [whole('paragraph'), 'ms'],
    'paragraph, Vox, first audio byte': [median(times.paragraph.map(({ firstMs }) => firstMs)), 'ms'],
    'paragraph, kokoro-onnx': [whole('libraryParagraph'), 'ms'],
    'sentence: Vox, times real time': [(seconds('library') * 1000) / whole('sentence')],
  },
  [
    target('sentence: kokoro-onnx / Vox', whole('library') / whole('sentence'), '>=', 1),
    target('paragraph: kokoro-onnx / Vox', whole('libraryParagraph') / whole('paragraph'), '>=', 1),
  ],
  flags,
);
