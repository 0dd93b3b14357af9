/**
 * `kill -9` of the runner under eight clients, with a voice of another model speaking all the while: which
 * requests fail, and how soon the next is answered. Then memory: load and unload twice, and compare what
 * stays. Wanted: only the killed runner's requests fail, the next answer within 3 s, memory within 15 MB.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { needClips } from './lib/audio.mjs';
import { memory } from './lib/procs.mjs';
import { cannot, options, report, target } from './lib/report.mjs';
import { form } from './lib/rest.mjs';
import { cli, pull, serve } from './lib/vox.mjs';

const VOICE = 'piper:en-us-joe-medium';
const flags = options({ runs: 1, clients: 8 });
const body = form({ model: 'whisper:base', language: 'en' }, join(needClips(), 'jfk.wav'));
pull('whisper:base', VOICE);
const vox = await serve();
const transcribe = () => vox.api.send('POST', '/v1/audio/transcriptions', body);
const speech = Buffer.from(JSON.stringify({ model: VOICE, input: 'All is well.', response_format: 'wav' }));
const speak = () => vox.api.send('POST', '/v1/audio/speech', { body: speech, type: 'application/json' });

/** The child process that grew or came with a request: the runner of that request's model. */
async function runnerOf(request) {
  const before = new Set(memory(vox.child.pid).parts.map(({ pid }) => pid));
  const reply = await request();
  if (reply.status !== 200) cannot(`${reply.status} ${reply.body}`);
  const fresh = memory(vox.child.pid).parts.filter(({ pid }) => !before.has(pid));
  if (fresh.length === 0) cannot('no process of its own for the model');
  return fresh.reduce((a, b) => (a.mb > b.mb ? a : b)).pid;
}

await runnerOf(speak);
const runner = await runnerOf(transcribe);

/** Runs requests in a loop until told to end; every outcome with its times. */
const outcomes = [];
let running = true;
async function loop(kind, request, pause) {
  while (running) {
    const outcome = { kind, began: performance.now() };
    try {
      const reply = await request();
      outcome.status = reply.status;
      if (reply.status !== 200) outcome.message = reply.body.toString().slice(0, 200);
    } catch (error) {
      outcome.status = 0;
      outcome.message = error.message;
    }
    outcome.ended = performance.now();
    outcomes.push(outcome);
    if (outcome.status !== 200 || pause) await sleep(pause ?? 20);
  }
}
const loops = [
  loop('speech', speak, 500),
  ...Array.from({ length: flags.clients }, () => loop('text', transcribe)),
];
await sleep(2000);
const killed = performance.now();
process.kill(runner, 'SIGKILL');
await sleep(12000);
running = false;
await Promise.all(loops);

const bad = outcomes.filter(({ status }) => status !== 200);
const text = outcomes.filter(({ kind }) => kind === 'text');
const answered = text.filter(({ status, ended }) => status === 200 && ended > killed);
const nextMs = Math.min(...answered.map(({ ended }) => ended)) - killed;

/** Tree memory after a model was loaded, used and unloaded, when it has settled. */
async function afterUnload() {
  for (const [model, request] of [
    ['whisper:base', transcribe],
    [VOICE, speak],
  ]) {
    await request();
    cli(vox.base, 'stop', model);
  }
  await sleep(2500);
  const { mb, parts } = memory(vox.child.pid);
  return { mb, processes: parts.length };
}
const first = await afterUnload();
const second = await afterUnload();
await vox.stop();

report(
  `kill -9 of the runner under ${flags.clients} clients; memory after unload`,
  {
    'requests answered': [outcomes.length - bad.length],
    'requests failed': [bad.length, bad[0] ? `(${bad[0].status} ${bad[0].message})` : ''],
    'memory after the first unload': [first.mb, `MB, ${first.processes} processes`],
    'memory after the second': [second.mb, `MB, ${second.processes} processes`],
  },
  [
    target('failed, sent after the kill', bad.filter(({ began }) => began > killed).length, '<=', 0),
    target('failed, of the other model', bad.filter(({ kind }) => kind === 'speech').length, '<=', 0),
    target('failed, more than were in flight', bad.length, '<=', flags.clients),
    target('next answer after the kill, ms', nextMs, '<=', 3000),
    target('memory, second unload - first, MB', second.mb - first.mb, '<=', 15),
  ],
  flags,
);
