/**
 * What the original STT server's acceptance tests ask (stt-ws.md section 6), in our words, of a real server: on a scripted
 * model that works as the original's mock backend, and on real weights.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { floatToInt16, resample, WavDecoder, wavHeader } from '../../packages/audio/dist/index.js';
import { ROOT } from '../../tools/files.mjs';
import { wordErrors } from '../../tools/words.mjs';
import { tryPrograms } from '../clients/environment.mjs';
import { RATE, spokenPcm } from './live-speech.mjs';
import { NO_MODELS, startServer } from './server.mjs';
import { openStream } from './stream-client.mjs';
import { pcmAsWav } from './wav.mjs';

const run = promisify(execFile);
const PATH = '/v1/stt/ws';
const TEXT = 'The quick brown fox jumps over the lazy dog near the garden wall.';
/** Hz of the original's reference recording; its samples are 32-bit floats. */
const REFERENCE_RATE = 24_000;
/** What the original's client sends at a time, every 20 ms: 100 ms of audio. */
const CHUNK = 3_200;
const EXPECTED_MS = 4_000;

const collapsed = (text) => text.trim().replace(/\s+/g, ' ');

/** A recording as the original has it, read and converted as its client does. */
function throughTheOriginalsFormat(pcm) {
  const floats = Float32Array.from({ length: pcm.length / 2 }, (_, i) => pcm.readInt16LE(2 * i) / 32_768);
  const high = resample(floats, RATE, REFERENCE_RATE);
  const header = wavHeader({ encoding: 'f32', sampleRate: REFERENCE_RATE, frames: high.length });
  const wav = new WavDecoder();
  const samples = wav.push(
    Buffer.concat([header, Buffer.from(high.buffer, high.byteOffset, high.byteLength)]),
  );
  assert.equal(wav.header.format.sampleRate, REFERENCE_RATE);
  return Buffer.from(floatToInt16(resample(samples, REFERENCE_RATE, RATE)));
}

/** A tone of which the detector of levels makes speech, PCM16 at 16 kHz. */
function hum(ms) {
  const pcm = Buffer.alloc((2 * RATE * ms) / 1000);
  for (let i = 0; i < pcm.length / 2; i++)
    pcm.writeInt16LE(Math.round(8_000 * Math.sin((2 * Math.PI * 180 * i) / RATE)), 2 * i);
  return pcm;
}

/** The same tests for each model; `words(text)` says whether it heard what was said. */
function acceptance({ start, recording, words }) {
  let server;
  let pcm;
  before(async () => {
    server = await start();
    pcm = throughTheOriginalsFormat(await recording(server));
  });
  after(() => server?.end());

  const open = (query = 'call_id=acceptance&sample_rate=16000') => openStream(server.url, `${PATH}?${query}`);
  const finals = (stream) => stream.told.filter(({ type }) => type === 'final');
  const nextFinal = async (stream, count, withinMs) => {
    for (let waited = 0; finals(stream).length < count; waited += 20) {
      assert.ok(waited < withinMs, `no final ${count} within ${withinMs} ms: ${JSON.stringify(stream.told)}`);
      await sleep(20);
    }
    return finals(stream)[count - 1];
  };

  it('a recording in chunks: ready, partials, one final with its number and times', async () => {
    const stream = await open();
    const ready = await stream.get('ready');
    assert.equal(stream.told[0], ready);
    assert.deepEqual(
      [ready.call_id, ready.sample_rate, ready.codec, ready.channels, ready.frame_ms, ready.partial_ms],
      ['acceptance', 16_000, 'pcm_s16le', 1, 20, 500],
    );
    for (let at = 0; at < pcm.length; at += CHUNK) {
      stream.ws.send(pcm.subarray(at, at + CHUNK));
      await sleep(20);
    }
    if (finals(stream).length === 0) stream.send({ type: 'commit' });
    const final = await nextFinal(stream, 1, 30_000);
    assert.deepEqual([final.segment_seq, final.final, final.call_id], [1, true, 'acceptance']);
    for (const field of ['first_token_ms', 'latency_ms', 'segment_duration_ms'])
      assert.ok(Number.isInteger(final[field]) && final[field] >= 0, `${field} ${final[field]}`);
    words(collapsed(final.text));
    const ofFirst = stream.told.filter(
      ({ type, segment_seq: segment }) => type === 'partial' && segment === 1,
    );
    assert.ok(ofFirst.every(({ final: last, text }) => last === false && text.trim() !== ''));
    stream.ws.close(1000);
    assert.equal((await stream.closed).code, 1000);
  });

  it('8000 Hz: an error 1008 that names 16000, and the same as close', async () => {
    const stream = await open('call_id=acceptance&sample_rate=8000');
    const { code, reason } = await stream.closed;
    const [error, ...others] = stream.told;
    assert.deepEqual(others, []);
    assert.deepEqual([error.type, error.code, code, error.message], ['error', 1008, 1008, reason]);
    assert.match(reason, /16000/);
  });

  it('10 000 silent frames at once: 1008, overflow', async () => {
    const stream = await open();
    await stream.get('ready');
    for (let i = 0; i < 10_000; i++) stream.ws.send(Buffer.alloc(640));
    assert.equal((await stream.closed).code, 1008);
    const error = stream.told.at(-1);
    assert.deepEqual([error.type, error.code], ['error', 1008]);
    assert.match(error.message, /overflow/);
  });

  it('a quarter of a second and a commit, twice: finals 1 and 2', async () => {
    const stream = await open();
    await stream.get('ready');
    for (const segment of [1, 2]) {
      stream.ws.send(pcm.subarray(RATE, RATE + 8_000));
      stream.send({ type: 'commit' });
      assert.equal((await nextFinal(stream, segment, 5_000)).segment_seq, segment);
    }
    stream.ws.close();
  });

  it("Python's websockets: frames of 20 ms, commit, the final", async (t) => {
    const { bin, reason } = tryPrograms('websockets');
    if (reason) return t.skip(reason);
    const program = join(ROOT, 'test/clients/stt_ws_client.py');
    const url = `${server.url.replace('http', 'ws')}${PATH}?call_id=python&sample_rate=16000`;
    const client = run(join(bin, 'python'), [program, url]);
    client.child.stdin.end(pcm);
    const { stdout } = await client;
    const told = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(told[0].type, 'ready');
    const said = told.filter(({ type }) => type === 'final');
    words(collapsed(said[0].text));
    assert.deepEqual(
      said.map(({ segment_seq: segment }) => segment),
      said.map((_, index) => index + 1),
    );
  });
}

/** The folder that the original's mock backend reads, in a working folder of its own. */
function workingFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'vox-mock-'));
  const references = join(folder, 'references');
  mkdirSync(references);
  writeFileSync(join(references, 'zero_shot_prompt.txt'), `${TEXT}\n`);
  writeFileSync(join(references, 'zero_shot_prompt.wav'), pcmAsWav(hum(EXPECTED_MS), RATE));
  return folder;
}

/** As its users start the original, but for address and store. */
const mockEnv = { VOX_COMPAT: 'stt-ws', VOX_BIND: '127.0.0.1', STT_BACKEND: 'mock', MOCK_INFER_MS: '2' };

describe('acceptance of /v1/stt/ws: STT_BACKEND=mock', () => {
  acceptance({
    async start() {
      const cwd = workingFolder();
      const server = await startServer({ home: join(cwd, 'home'), cwd, env: mockEnv });
      return {
        url: server.url,
        end: () => server.stop().finally(() => rmSync(cwd, { recursive: true, force: true })),
      };
    },
    recording: async () => hum(EXPECTED_MS),
    words: (text) => assert.equal(text, TEXT),
  });

  it('without its recording the server does not start, and says what is missing', async (t) => {
    const cwd = workingFolder();
    t.after(() => rmSync(cwd, { recursive: true, force: true }));
    rmSync(join(cwd, 'references/zero_shot_prompt.wav'));
    const home = join(cwd, 'home');
    await assert.rejects(startServer({ home, cwd, env: mockEnv }), /zero_shot_prompt\.wav in .*references/);
  });
});

describe('acceptance of /v1/stt/ws: real weights', { skip: NO_MODELS }, () => {
  acceptance({
    async start() {
      const server = await startServer({ env: { VOX_STT_MODEL: 'whisper:tiny.en' } });
      return { url: server.url, end: () => server.stop() };
    },
    recording: ({ url }) => spokenPcm(url, [TEXT], 0),
    words(text) {
      const { errors, words } = wordErrors(TEXT, text);
      assert.ok(errors / words <= 0.1, `${errors} of ${words}: ${text}`);
    },
  });
});
