/**
 * Streaming recognition, N streams one by one against N streams in one step, in the engine itself: no server, no sockets. The
 * model is the fixture with T-one's inputs and outputs and 67 million random parameters, which costs what the published
 * one costs and understands nothing. Wanted: 2.2 times the audio a second, of 16 streams.
 */
import { default as engine } from '../engines/sherpa/dist/index.js';
import { HEAVY_LAYERS, toneSpeech, writeTone } from '../packages/vox/dist/models/import/testing/tone.js';
import { options, report, target } from './lib/report.mjs';
import { alternate, median, percentile } from './lib/stats.mjs';
import { temporaryFolder } from './lib/temporary.mjs';

const RATE = 16_000;
const SIZES = [16, 32, 45, 60];
const flags = options({ runs: 5, threads: 2 });
const directory = temporaryFolder();
await writeTone(directory, HEAVY_LAYERS);
const model = await engine.load(
  { reference: 'tone:heavy', family: 'tone-ctc', directory, companions: {}, parameters: {} },
  { threads: flags.threads, device: 'cpu' },
);
/** 2.97 s, of which the last word comes out with the end. */
const speech = toneSpeech('привет мир как дела сегодня у вас', RATE);
const text = 'привет мир как дела сегодня у вас';

/** Hears the speech in `count` streams, `atOnce` in a step; ms of the whole and of each step. */
function hear(count, atOnce) {
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
const ratios = {};
for (const size of SIZES) {
  const times = await alternate({ single: () => hear(size, 1), batched: () => hear(size, size) }, flags.runs);
  const audioMs = (size * speech.length * 1000) / RATE;
  const speed = (side) => audioMs / median(times[side].map(({ ms }) => ms));
  const steps = times.batched.flatMap((run) => run.steps);
  ratios[size] = speed('batched') / speed('single');
  Object.assign(figures, {
    [`${size} streams, one by one`]: [speed('single'), 'x real time'],
    [`${size} streams, in one step`]: [speed('batched'), 'x real time'],
    [`${size} streams, ratio`]: [ratios[size]],
    [`${size} streams, one step, median`]: [median(steps), 'ms'],
    [`${size} streams, one step, 95 of 100`]: [percentile(steps, 0.95), 'ms'],
  });
}
figures['one stream, one step, median'] = [median(hear(16, 1).steps), 'ms'];
report('Batches of streams', figures, [target('in one step / one by one', ratios[16], '>=', 2.2)], flags);
