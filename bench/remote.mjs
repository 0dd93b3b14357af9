/**
 * A model that runs elsewhere, over `/api/asr-streaming`, with the stand-in for vLLM as the other side (test/stand-ins/vllm: it
 * proves nothing about a GPU).
 *
 * `tokens`: `--streams` (64) clients in real time, in turn straight to the stand-in and through the server, which is what it
 * adds to each token: on the way there (the step of audio that a token answers), on the way back, and in processor time.
 * `rolling`: two-cities.wav as one utterance, with `--model` (whisper:tiny.en) of our own behind the stand-in, once in one context and once rolled
 * every 2 s while the last words of each context take 7 s. `--part tokens|rolling` runs one of them. Linux.
 */
import { cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { floatToInt16 } from '../packages/audio/dist/index.js';
import { clips, readPcm16 } from './lib/audio.mjs';
import { STEP_BYTES, utter } from './lib/envelope.mjs';
import { cpuSeconds, freePort, memory, start, stop, untilHealthy } from './lib/procs.mjs';
import { cannot, options, report, target } from './lib/report.mjs';
import { percentile } from './lib/stats.mjs';
import { temporaryFolder } from './lib/temporary.mjs';
import { pull, serve, voxHome } from './lib/vox.mjs';
import { wordErrors } from './lib/words.mjs';

const SERVED = 'mistralai/Voxtral-Mini-4B-Realtime-2602';
/** Steps that each stream says before the clock runs. */
const WARM_UP = 40;
const STAND_IN = resolve(import.meta.dirname, '../test/stand-ins/vllm/main.mjs');
const flags = options({ runs: 1, streams: 64, seconds: 10, part: 'all', model: 'whisper:tiny.en' });
const wants = (part) => flags.part === 'all' || flags.part === part;
const folder = temporaryFolder();
const figures = {};
const targets = [];

/** A home of its own: the server lays out the model that it is told of. */
function home(...references) {
  const path = mkdtempSync(join(folder, 'home-'));
  for (const reference of references) {
    pull(reference);
    const manifest = `manifests/${reference.replace(':', '/')}.json`;
    const { files } = JSON.parse(readFileSync(join(voxHome(), 'models', manifest), 'utf8'));
    for (const part of [manifest, ...files.map(({ digest }) => `blobs/${digest}`)])
      cpSync(join(voxHome(), 'models', part), join(path, 'models', part), { recursive: true });
  }
  return path;
}

async function standIn(...args) {
  const port = await freePort();
  const child = start(process.execPath, [STAND_IN, 'serve', SERVED, '--port', String(port), ...args]);
  const url = `http://127.0.0.1:${port}`;
  await untilHealthy(`${url}/health`, child);
  const stats = async () => (await fetch(`${url}/stand-in/stats`)).json();
  return { url, child, stats };
}

const through = (upstream, env = {}) =>
  serve(['--preload', SERVED], { VOX_HOME: home(), VOX_STT_MODEL: SERVED, VOX_UPSTREAMS: upstream, ...env });

/** Steady noise, so that each step is heard. */
function noise(seconds) {
  const samples = Float32Array.from({ length: 16_000 * seconds }, (_, at) => 0.1 * Math.sin(at * at));
  const { buffer } = floatToInt16(samples);
  return Buffer.from(buffer);
}

/** All streams at once, spread over one step. */
async function crowd(wire, url, pcm) {
  const streams = Array.from({ length: flags.streams }, (_, at) =>
    utter(wire, url, pcm, { model: SERVED, after: (80 * at) / flags.streams }),
  );
  return Promise.all(streams);
}

const spread = (values) => [
  percentile(values, 0.95),
  `ms p95 (p50 ${percentile(values, 0.5).toFixed(1)}, p99 ${percentile(values, 0.99).toFixed(1)})`,
];

/** Per token: from the step of audio that it answers to the upstream saying it, and from there to the client. */
function ways(answers, generations) {
  const said = new Map();
  for (const { id, tokens } of generations)
    for (const { text, at } of tokens) said.set(`${id} ${text.trim()}`, at);
  const there = [];
  const back = [];
  const both = [];
  for (const { sent, tokens } of answers) {
    for (const { text, at } of tokens) {
      for (const word of text.trim().split(/\s+/)) {
        const generation = /^g(\d+)t/.exec(word)?.[1];
        const left = said.get(`${generation} ${word}`);
        const step = sent.findLast((time) => time <= left);
        // What follows the commit answers no step.
        if (left === undefined || step === undefined || step === sent.at(-1)) continue;
        there.push(left - step);
        back.push(at - left);
        both.push(at - step);
      }
    }
  }
  return { there, back, both };
}

async function tokens() {
  const pcm = noise(flags.seconds);
  const vllm = await standIn('--engine', 'replay', '--numbered');
  const vox = await through(vllm.url);
  await crowd('yap', vox.base, pcm.subarray(0, WARM_UP * STEP_BYTES));
  const directly = ways(await crowd('vllm', vllm.url, pcm), (await vllm.stats()).generations);
  const before = cpuSeconds(vox.child.pid);
  const ours = ways(await crowd('yap', vox.base, pcm), (await vllm.stats()).generations);
  const spent = cpuSeconds(vox.child.pid) - before;
  const steps = (flags.streams * pcm.length) / STEP_BYTES;
  figures.tokens = [ours.both.length, `of ${flags.streams} streams, ${flags.seconds} s each`];
  figures['straight: from a step to its token'] = spread(directly.both);
  figures['ours: from a step to its token'] = spread(ours.both);
  figures['ours: there'] = spread(ours.there);
  figures['ours: back'] = spread(ours.back);
  figures['ours: memory of all processes'] = [memory(vox.child.pid).mb, 'MB'];
  targets.push(
    target(
      'added to a token, p95 ms',
      percentile(ours.both, 0.95) - percentile(directly.both, 0.95),
      '<=',
      15,
    ),
    target('processor time a token, ms', (1000 * spent) / steps, '<=', 1),
  );
  await vox.stop();
  await stop(vllm.child);
}

async function rolling() {
  const clip = clips().find(({ name }) => name === 'two-cities.wav') ?? cannot('two-cities.wav is not there');
  const pcm = readPcm16(clip.path).data;
  const behind = await serve(['--preload', flags.model], { VOX_HOME: home(flags.model, 'silero-vad:v5') });
  const seconds = pcm.length / 32_000;
  const results = {};
  for (const [label, flushMs, env] of [
    ['one context', 0, { VOX_ROLL: 'false' }],
    ['rolled', 7_000, { VOX_ROLL: 'true', VOX_ROLL_SECONDS: '2', VOX_ROLL_OVERLAP: '0.8' }],
  ]) {
    const args = [
      '--vox-url',
      behind.base,
      '--vox-model',
      flags.model,
      '--switches',
      JSON.stringify({ flushMs }),
    ];
    const vllm = await standIn('--engine', 'vox', ...args);
    const vox = await through(vllm.url, env);
    const { text, finalMs } = await utter('yap', vox.base, pcm);
    const { generations } = await vllm.stats();
    const heard = generations.reduce((sum, { audioSeconds }) => sum + audioSeconds, 0);
    results[label] = wordErrors(clip.text, text).percent;
    figures[`${label}: word errors`] = [results[label], `%; ${generations.length} contexts`];
    figures[`${label}: audio not heard`] = [Math.max(0, seconds - heard), `s of ${seconds.toFixed(1)}`];
    figures[`${label}: from the commit to the final`] = [finalMs, 'ms'];
    targets.push(target(`${label}: audio not heard, s`, Math.max(0, seconds - heard), '<=', 0.001));
    await vox.stop();
    await stop(vllm.child);
  }
  targets.push(target('rolled: more word errors, points', results.rolled - results['one context'], '<=', 2));
  await behind.stop();
}

if (wants('tokens')) await tokens();
if (wants('rolling')) await rolling();
report('A model elsewhere, over /api/asr-streaming', figures, targets, flags);
