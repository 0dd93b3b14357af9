/**
 * Silero on ONNX Runtime itself, with the real weights, in a process where sherpa-onnx and its own ONNX Runtime are at work too: so it
 * is in a runner whose recogniser is sherpa's.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { int16ToFloat, resample } from '@vox-speech/audio';
import onnx from '@vox-speech/engine-onnx';
import sherpa from '@vox-speech/engine-sherpa';
import { NO_MODELS, NO_SHARED_AUDIO, SHARED_AUDIO } from './server.mjs';

const RATE = 16_000;
const THREADS = { threads: 2, device: 'cpu' };
const views = join(process.env.VOX_TEST_HOME ?? '', 'models/views');

const filesOf = (name, family) => ({
  reference: name,
  family,
  directory: join(views, name),
  companions: { 'espeak-ng-data': join(views, 'espeak-ng-data/1.52') },
  parameters: {},
});

/**
 * What sherpa-onnx 1.13.8's own detector made of jfk.wav, which this one replaces; of two thresholds one had to be asked twice, and
 * its stretches began 40 ms later.
 */
const OF_SHERPA = [
  [
    {},
    [
      [4928, 37536],
      [53056, 61088],
      [64320, 70304],
      [86336, 123040],
      [130880, 170144],
    ],
  ],
  [
    { silenceMs: 500 },
    [
      [4928, 37568],
      [53056, 70336],
      [86336, 123072],
      [130880, 175616],
    ],
  ],
  [
    { threshold: 0.6 },
    [
      [4928, 36000],
      [87872, 122016],
      [130880, 168608],
    ],
  ],
  [
    { threshold: 0.6, leave: 0.3 },
    [
      [5616, 36512],
      [88560, 122528],
      [131568, 169120],
    ],
  ],
];

describe('Silero with real weights', { skip: NO_MODELS }, () => {
  let silero;
  let spoken;

  before(async () => {
    const voice = await sherpa.load(filesOf('piper/en-us-joe-medium', 'piper'), THREADS);
    silero = await onnx.load(filesOf('silero-vad/v5', 'silero-vad'), THREADS);
    const text = 'The quick brown fox jumps over the lazy dog.';
    const speech = [];
    const options = { voice: 'default', speed: 1 };
    for await (const { samples } of voice.synthesize(text, options, new AbortController().signal))
      speech.push(...resample(samples, voice.info.sampleRate, RATE));
    await voice.close();
    spoken = Float32Array.from(speech);
  });
  after(() => silero?.close());

  /** Stretches in ms, as a stream in frames of 20 ms is heard. */
  const spansOf = (samples, options) => {
    const detector = silero.openDetector(options);
    const spans = [];
    for (let at = 0; at < samples.length; at += 320)
      spans.push(...detector.accept(samples.subarray(at, at + 320)));
    spans.push(...detector.flush());
    detector.close();
    return spans.map(({ start, end }) => [start, end]);
  };
  const lengthOf = (spans) => spans.reduce((sum, [start, end]) => sum + end - start, 0);

  it('finds what a voice of sherpa says in the same process, and no speech in noise', () => {
    const spans = spansOf(spoken);
    assert.ok(spans.length > 0 && lengthOf(spans) > spoken.length / 2, JSON.stringify(spans));
    let seed = 1;
    const noise = new Float32Array(5 * RATE).map(() => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return (seed / 2 ** 31 - 1) * 0.1;
    });
    assert.deepEqual(spansOf(noise), []);
  });

  it('does as it is told: how sure to be, and how long a silence ends a stretch', () => {
    const twice = Float32Array.from([...spoken, ...new Float32Array(RATE), ...spoken]);
    const [certain, any, short, long, sure, sticky] = [
      { threshold: 1 },
      { threshold: 0 },
      { silenceMs: 0 },
      { silenceMs: 2_000 },
      { threshold: 0.9 },
      { threshold: 0.9, leave: 0.3 },
    ].map((options) => spansOf(twice, options));
    assert.ok(lengthOf(certain) < lengthOf(any), `${lengthOf(certain)} of ${lengthOf(any)}`);
    assert.equal(long.length, 1);
    assert.ok(short.length >= 2, JSON.stringify(short));
    // Once begun, it goes on until it is far less likely.
    assert.ok(sure.length > 0 && sticky.length <= sure.length, JSON.stringify([sure, sticky]));
    // The voice is never twice the same: one that is sure to its end has nothing to add.
    assert.ok(lengthOf(sticky) >= lengthOf(sure), `${lengthOf(sticky)} of ${lengthOf(sure)}`);
  });

  it('finds what the detector found that it replaces', { skip: NO_SHARED_AUDIO }, async () => {
    const wav = await readFile(join(SHARED_AUDIO, 'jfk.wav'));
    const samples = int16ToFloat(wav.subarray(wav.indexOf('data') + 8));
    for (const [options, expected] of OF_SHERPA) {
      const spans = spansOf(samples, options);
      const why = `${JSON.stringify(options)}: ${JSON.stringify(spans)}`;
      assert.equal(spans.length, expected.length, why);
      const most = options.leave === undefined ? 512 : 720;
      spans.flat().forEach((edge, at) => {
        assert.ok(Math.abs(edge - expected.flat()[at]) <= most, why);
      });
    }
  });

  it('hears many streams in one run as it hears each alone', () => {
    const streams = Array.from({ length: 12 }, (_, at) => spoken.subarray(at * 1_111));
    const detectors = streams.map(() => silero.openDetector());
    const found = streams.map(() => []);
    for (let at = 0; at < spoken.length; at += 320) {
      const ahead = streams.map((samples, one) => ({
        detector: detectors[one],
        samples: samples.subarray(at, at + 320),
      }));
      silero.hearAhead(ahead);
      ahead.forEach(({ detector, samples }, one) => {
        found[one].push(...detector.accept(samples));
      });
    }
    detectors.forEach((detector, one) => {
      found[one].push(...detector.flush());
    });
    assert.deepEqual(
      found.map((spans) => spans.map(({ start, end }) => [start, end])),
      streams.map((samples) => spansOf(samples)),
    );
  });
});
