/**
 * Live transcription under load, with `vox bench live` as the crowd on the same machine: one speaker over `/v1/stt/ws`, then
 * `--streams` (12) on whisper:tiny.en, then `--sockets` (300) on a scripted model, whose recognition costs nothing, so that
 * what is left is the server's own share, and `--streaming` (45) on a streaming model of 67 million random parameters, with 8-bit weights
 * on ONNX Runtime as `t-one:ru-int8`, or with `--weights float32` on sherpa as `t-one:ru`.
 * `--part one|many|sockets|streaming` runs one of them. Linux.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { floatToInt16 } from '../packages/audio/dist/index.js';
import { replayHome } from '../test/e2e/replay-home.mjs';
import { HEAVY_LAYERS, TONE, toneHome, toneSpeech } from '../test/e2e/tone-home.mjs';
import { clips, wavHeader } from './lib/audio.mjs';
import { gauge } from './lib/gauge.mjs';
import { memory, watchMemory } from './lib/procs.mjs';
import { cannot, options, report, target } from './lib/report.mjs';
import { temporaryFolder } from './lib/temporary.mjs';
import { babble } from './lib/visitor.mjs';
import { program, pull, serve } from './lib/vox.mjs';

const MODEL = 'whisper:tiny.en';
const SCRIPTED = 'mock:load';
const flags = options({ runs: 1, streams: 12, sockets: 300, streaming: 45, part: 'all', weights: 'int8' });
const wants = (part) => flags.part === 'all' || flags.part === part;
const folder = temporaryFolder();
const figures = {};
const targets = [];
const run = promisify(execFile);

/** One run of `vox bench live`; its figures (packages/vox/src/cli/bench-live/figures.ts). */
async function benchLive(vox, file, ...args) {
  const { stdout } = await run(process.execPath, [program, 'bench', 'live', file, ...args, '--json'], {
    env: { ...process.env, VOX_HOST: vox.base },
    maxBuffer: 1e8,
  });
  return JSON.parse(stdout).runs[0];
}

/** A spread as one line; the number that is reported is its 95th percentile. */
function tell(label, spread, unit = 'ms') {
  if (spread === undefined) cannot(`no ${label}: no stream got that far`);
  figures[label] = [spread.p95, `${unit} p95 (p50 ${spread.p50}, p99 ${spread.p99})`];
}

function tellServed(label, { streams, done, refused, errors, messages }) {
  figures[`${label}: served`] = [
    done,
    `of ${streams}; refused ${refused}, errors ${errors} ${messages.join('; ')}`,
  ];
}

async function withSpeech() {
  const clip = clips().find(({ name }) => name === 'two-cities.wav') ?? cannot('two-cities.wav is not there');
  const words = join(folder, 'two-cities.txt');
  writeFileSync(words, clip.text);
  pull(MODEL);
  const vox = await serve(['--preload', MODEL], { VOX_STT_MODEL: MODEL });
  const args = ['-m', MODEL, '--reference', words];
  if (wants('one')) {
    const one = await benchLive(vox, clip.path, ...args);
    tell('one: end of speech to final', one.speechEndToFinalMs);
    tell('one: first partial', one.firstPartialMs);
    tell('one: endpoint to final', one.endpointToFinalMs);
    targets.push(
      target('one: word errors, %', one.wordErrorPercent, '<=', 8),
      target('one: endpoint to final, p50 ms', one.endpointToFinalMs.p50, '<=', 500),
      target('one: endpoint to final, p95 ms', one.endpointToFinalMs.p95, '<=', 900),
      target('one: first partial, ms', one.firstPartialMs.p50, '<=', 1200),
      target('one: share of stable prefixes revised', one.revisedStable, '<=', 0),
    );
  }
  if (wants('many')) {
    const many = await benchLive(vox, clip.path, ...args, '-n', String(flags.streams));
    tellServed('many', many);
    tell('many: first partial', many.firstPartialMs);
    tell('many: endpoint to final', many.endpointToFinalMs);
    tell('many: how late packets were sent', many.sendDelayMs);
    figures['many: processor seconds a second of audio'] = [many.cpuPerAudioSecond ?? Number.NaN];
    figures['many: word errors'] = [many.wordErrorPercent, '%'];
    targets.push(
      target('many: streams served', many.done, '>=', flags.streams),
      target('many: end of speech to final, p95 ms', many.speechEndToFinalMs.p95, '<=', 1000),
      target('many: share of stable prefixes revised', many.revisedStable, '<=', 0),
    );
  }
  await vox.stop();
}

async function withSockets() {
  // The original's mock backend: a streaming model that ends an utterance by itself every 5 s.
  const place = replayHome({
    [SCRIPTED]: { kind: 'stt', text: 'All is well that ends well.', expectedMs: 5_000 },
  });
  const file = join(folder, 'babble.wav');
  const pcm = Buffer.concat(Array.from({ length: 3 }, babble));
  writeFileSync(file, Buffer.concat([wavHeader(pcm.length), pcm]));
  const vox = await serve(['--preload', SCRIPTED], {
    VOX_HOME: place.home,
    VOX_STT_MODEL: SCRIPTED,
    VOX_LIVE_VAD: 'energy',
    VOX_MAX_STREAMS: '1000',
  });
  // What is loaded once is there before memory is compared.
  await benchLive(vox, file, '-n', '4');
  const before = {
    processor: await gauge(vox.base, 'vox_server_processor_seconds'),
    ...memory(vox.child.pid),
  };
  const watched = watchMemory(vox.child.pid);
  const began = performance.now();
  const load = await benchLive(vox, file, '-n', String(flags.sockets));
  const samples = watched();
  const most = (key) => Math.max(...samples.map((one) => one[key]));
  const perStream = (mb) => (1000 * mb) / flags.sockets;
  const processor = (await gauge(vox.base, 'vox_server_processor_seconds')) - before.processor;
  // Each stream sends the file once, and silence up to its last final.
  const audioSeconds = (flags.sockets * pcm.length) / 32_000;
  await vox.stop();
  tellServed('sockets', load);
  tell('sockets: endpoint to final', load.endpointToFinalMs);
  tell('sockets: real-time lag', load.lagMs);
  tell('sockets: how late packets were sent', load.sendDelayMs);
  figures['sockets: memory a stream in the server'] = [perStream(most('ownMb') - before.parts[0].mb), 'kB'];
  figures['sockets: seconds'] = [(performance.now() - began) / 1000];
  targets.push(
    target('sockets: served', load.done, '>=', flags.sockets),
    target('sockets: added latency, p99 ms', load.lagMs.p99, '<=', 60),
    target('sockets: server CPU, ms an audio second', (1000 * processor) / audioSeconds, '<=', 3),
    target('sockets: memory a stream, kB', perStream(most('mb') - before.mb), '<=', 100),
  );
}

/** The streaming fixture of 67 million parameters: many callers in one step of the model. */
async function withStreaming() {
  const place = await toneHome({ layers: HEAVY_LAYERS, weights: flags.weights });
  const file = join(folder, 'tone.wav');
  const words = 'привет мир как дела сегодня у вас';
  const speech = floatToInt16(toneSpeech([words, words, words, words].join(' '), 16_000));
  const pcm = Buffer.from(speech.buffer, speech.byteOffset, speech.byteLength);
  writeFileSync(file, Buffer.concat([wavHeader(pcm.length), pcm]));
  const vox = await serve(['--preload', TONE], {
    VOX_HOME: place.home,
    VOX_STT_MODEL: TONE,
    VOX_MAX_STREAMS: '1000',
  });
  const load = await benchLive(vox, file, '-m', TONE, '-n', String(flags.streaming));
  await vox.stop();
  tellServed('streaming', load);
  tell('streaming: endpoint to final', load.endpointToFinalMs);
  tell('streaming: real-time lag', load.lagMs);
  figures['streaming: processor seconds a second of audio'] = [load.cpuPerAudioSecond ?? Number.NaN];
  targets.push(
    target('streaming: served', load.done, '>=', flags.streaming),
    target('streaming: lag, p95 ms', load.lagMs.p95, '<=', 500),
  );
}

if (wants('streaming')) await withStreaming();
if (wants('one') || wants('many')) await withSpeech();
if (wants('sockets')) await withSockets();
report('Live transcription under load', figures, targets, flags);
