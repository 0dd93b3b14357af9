/**
 * Child of engine.mjs: loads one model, then answers { path } with a transcript or { text } with timings of
 * speech.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { int16ToFloat } from '../../packages/audio/dist/index.js';
import { readPcm16 } from './audio.mjs';

const options = JSON.parse(process.argv[2]);
const file = (name) => join(options.folder, name);
const needSherpa = () => createRequire(import.meta.url)('sherpa-onnx-node');

/** Our own engine, called without a server around it. */
async function whisper() {
  const { default: engine } = await import('../../engines/onnx/dist/index.js');
  const files = {
    reference: 'bench',
    family: 'whisper',
    directory: options.folder,
    companions: {},
    parameters: {},
  };
  const model = await engine.load(files, { threads: options.threads, device: 'cpu' });
  const language = model.info.canDetectLanguage ? { language: 'en' } : {};
  const { signal } = new AbortController();
  const waves = new Map();
  return async ({ path }) => {
    if (!waves.has(path)) waves.set(path, samplesOf(path));
    const since = performance.now();
    const pcm = { samples: waves.get(path), sampleRate: 16000 };
    const texts = [];
    for await (const { text } of model.transcribe(
      pcm,
      { task: 'transcribe', words: false, ...language },
      signal,
    ))
      texts.push(text);
    return { ms: performance.now() - since, text: texts.join(' ') };
  };
}

function samplesOf(path) {
  return int16ToFloat(readPcm16(path).data);
}

/** sherpa-onnx on the same graphs, with features of its own. */
function sherpaWhisper() {
  const sherpa = needSherpa();
  const recogniser = new sherpa.OfflineRecognizer({
    featConfig: { sampleRate: 16000, featureDim: 80 },
    modelConfig: {
      whisper: {
        encoder: file('encoder.int8.onnx'),
        decoder: file('decoder.int8.onnx'),
        language: 'en',
        task: 'transcribe',
        tailPaddings: -1,
      },
      tokens: file('tokens.txt'),
      numThreads: options.threads,
      provider: 'cpu',
    },
  });
  const waves = new Map();
  return async ({ path }) => {
    if (!waves.has(path)) waves.set(path, sherpa.readWave(path));
    const since = performance.now();
    const stream = recogniser.createStream();
    stream.acceptWaveform(waves.get(path));
    const { text } = await recogniser.decodeAsync(stream);
    return { ms: performance.now() - since, text };
  };
}

function espeakFolder() {
  return [options.espeak, join(options.espeak, 'espeak-ng-data')].find((at) =>
    existsSync(join(at, 'phontab')),
  );
}

function speech() {
  const sherpa = needSherpa();
  const files = { model: file('model.onnx'), tokens: file('tokens.txt'), dataDir: espeakFolder() };
  const family =
    options.kind === 'kokoro'
      ? { kokoro: { ...files, voices: file('voices.bin'), lang: 'en-us' } }
      : { vits: files };
  const tts = new sherpa.OfflineTts({
    model: { ...family, numThreads: options.threads, provider: 'cpu' },
    maxNumSentences: 1,
  });
  return async ({ text, voice = 0 }) => {
    const since = performance.now();
    let first;
    const onProgress = () => {
      first ??= performance.now() - since;
      return 1;
    };
    const audio = await tts.generateAsync({
      text,
      sid: voice,
      speed: 1,
      enableExternalBuffer: false,
      onProgress,
    });
    return {
      firstMs: first,
      ms: performance.now() - since,
      samples: audio.samples.length,
      rate: audio.sampleRate,
    };
  };
}

const kinds = { whisper, 'sherpa-whisper': sherpaWhisper };
const work = await (kinds[options.kind] ?? speech)();
process.on('message', async (request) => {
  try {
    process.send(await work(request));
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.on('disconnect', () => process.exit());
process.send({ ready: true });
