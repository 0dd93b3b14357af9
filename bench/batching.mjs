/**
 * Streaming recognition, N streams one by one against N streams in one step, with float and with 8-bit weights, all in turns in one
 * run: in the engine itself (ONNX Runtime, on which `t-one:ru-int8` and `t-one:ru-beam` run; `t-one:ru` runs on sherpa), no server,
 * no sockets. The model is the fixture with T-one's inputs and outputs and 67 million random parameters, which costs what the published
 * one costs and understands nothing. Wanted, of 16 streams with 8 bits: 2.2 times the audio a second of one by one, and twice that of
 * floats. `--weights float32|int8` measures one of them, `--sizes 16,45` says how many streams.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { default as engine } from '../engines/onnx/dist/index.js';
import { toneSpeech } from '../packages/vox/dist/models/import/testing/tone.js';
import { HEAVY_LAYERS, writeToneModel } from '../test/e2e/tone-home.mjs';
import { options, report, target } from './lib/report.mjs';
import { alternate, median, percentile } from './lib/stats.mjs';
import { temporaryFolder } from './lib/temporary.mjs';

const RATE = 16_000;
/** Streams of which more audio a second is wanted. */
const WANTED_SIZE = 16;
const flags = options({ runs: 3, threads: 2, sizes: `${WANTED_SIZE},45`, weights: 'float32,int8' });
const folder = temporaryFolder();
const models = {};
for (const weights of flags.weights.split(',')) {
  const directory = join(folder, weights);
  mkdirSync(directory);
  await writeToneModel(directory, HEAVY_LAYERS, weights);
  models[weights] = await engine.load(
    { reference: 'tone:heavy', family: 'tone-ctc', directory, companions: {}, parameters: {} },
    { threads: flags.threads, device: 'cpu' },
  );
}
/** 2.97 s, of which the last word comes out with the end. */
const text = 'привет мир как дела сегодня у вас';
const speech = toneSpeech(text, RATE);

/** Hears the speech in `count` streams, `atOnce` in a step; ms of the whole and of each step. */
function hear(model, count, atOnce) {
  const streams = Array.from({ length: count }, () =>
    model.openTranscription({ task: 'transcribe', words: true }),
  );
  for (const stream of streams) {
    stream.push(speech);
    stream.finish();
  }
  const steps = [];
  const since = performance.now();
  for (let ready = streams; ready.length > 0; ready = ready.filter((stream) => stream.ready())) {
    for (let at = 0; at < ready.length; at += atOnce) {
      const began = performance.now();
      model.step(ready.slice(at, at + atOnce));
      steps.push(performance.now() - began);
    }
  }
  const ms = performance.now() - since;
  for (const stream of streams) {
    const said = stream.poll().find(({ type }) => type === 'transcript-final')?.text;
    if (said !== text) throw new Error(`a stream of ${count} heard '${said}'`);
    stream.close();
  }
  return { ms, steps };
}

const figures = {};
const targets = [];
for (const size of flags.sizes.split(',').map(Number)) {
  const sides = Object.entries(models).flatMap(([weights, model]) => [
    [`${weights}, one by one`, () => hear(model, size, 1)],
    [`${weights}, in one step`, () => hear(model, size, size)],
  ]);
  const times = await alternate(Object.fromEntries(sides), flags.runs);
  const audioMs = (size * speech.length * 1000) / RATE;
  const speed = (side) => audioMs / median(times[side].map(({ ms }) => ms));
  for (const weights of Object.keys(models)) {
    const [single, batched] = [`${weights}, one by one`, `${weights}, in one step`];
    const steps = times[batched].flatMap((run) => run.steps);
    const ratio = speed(batched) / speed(single);
    Object.assign(figures, {
      [`${size} streams, ${single}`]: [speed(single), 'x real time'],
      [`${size} streams, ${batched}`]: [speed(batched), 'x real time'],
      [`${size} streams, ${weights}, ratio`]: [ratio],
      [`${size} streams, ${weights}, a step of one, median`]: [
        median(times[single].flatMap((run) => run.steps)),
        'ms',
      ],
      [`${size} streams, ${weights}, one step, median`]: [median(steps), 'ms'],
      [`${size} streams, ${weights}, one step, 95 of 100`]: [percentile(steps, 0.95), 'ms'],
    });
    if (size === WANTED_SIZE && weights === 'int8')
      targets.push(target('int8: in one step / one by one', ratio, '>=', 2.2));
  }
  if (models.int8 && models.float32) {
    const gain = speed('int8, in one step') / speed('float32, in one step');
    figures[`${size} streams, in one step, int8 / float32`] = [gain];
    if (size === WANTED_SIZE) targets.push(target('in one step: int8 / float32', gain, '>=', 2));
  }
}
report('Batches of streams', figures, targets, flags);
