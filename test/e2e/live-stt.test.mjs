/** Real weights over `/v1/stt/ws`: what Piper says, sent as it would be spoken; and the examples of docs/live.md, as printed. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { wavHeader } from '../../packages/audio/dist/index.js';
import { ROOT } from '../../tools/files.mjs';
import { wordErrors } from '../../tools/words.mjs';
import { tryPrograms } from '../clients/environment.mjs';
import { BYTES_PER_MS, RATE, sendInRealTime, spokenPcm } from './live-speech.mjs';
import { NO_MODELS, startServer, upload } from './server.mjs';
import { snippets } from './snippets.mjs';
import { openStream } from './stream-client.mjs';
import { until } from './waiting.mjs';

const run = promisify(execFile);
const SENTENCES = [
  'The quick brown fox jumps over the lazy dog near the garden wall.',
  'Please remember to water the plants before you leave the house this evening.',
];
/** More than the 500 ms that end an utterance. */
const SILENCE_MS = 900;
const QUERY = 'call_id=e2e&sample_rate=16000';

function checkWords(text, sentences = SENTENCES) {
  const { errors, words } = wordErrors(sentences.join(' '), text);
  assert.ok(errors / words <= 0.1, `${errors} of ${words}: ${text}`);
}

describe('/v1/stt/ws with real weights', { skip: NO_MODELS }, () => {
  let server;
  let pcm;
  let folder;
  let wav;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vox-live-'));
    // The default of a server that has two recognisers.
    server = await startServer({ env: { VOX_STT_MODEL: 'whisper:tiny.en' } });
    pcm = await spokenPcm(server.url, SENTENCES, SILENCE_MS);
    wav = join(folder, 'talk.wav');
    const short = await spokenPcm(server.url, SENTENCES.slice(0, 1), 100);
    const header = wavHeader({ encoding: 's16', sampleRate: RATE, frames: short.length / 2 });
    writeFileSync(wav, Buffer.concat([header, short]));
  });
  after(async () => {
    await server?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const open = (query = '') => openStream(server.url, `/v1/stt/ws?${QUERY}${query}`);
  const texts = (stream, type) => stream.told.filter((message) => message.type === type);
  const metric = async (name) => {
    const text = await (await fetch(`${server.url}/metrics`, { redirect: 'error' })).text();
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1],
    );
  };

  it('partials whose stable part stays, a final a sentence, and every commit answered', async () => {
    const stream = await open('&partial_ms=200&language=en&hotwords=fox');
    const ready = await stream.get('ready');
    assert.equal(stream.told[0], ready);
    assert.equal(ready.model, 'whisper:tiny.en');
    // 321 bytes: every second frame begins with half a sample.
    await sendInRealTime(stream.ws, pcm, 321);
    await until('both finals', () => texts(stream, 'final').length >= 2, 20_000);
    const finals = texts(stream, 'final');
    checkWords(finals.map(({ text }) => text).join(' '));
    finals.forEach((final, index) => {
      assert.deepEqual([final.segment_seq, final.reason], [index + 1, 'silence']);
      for (const field of ['first_token_ms', 'latency_ms', 'segment_duration_ms', 'endpoint_to_final_ms'])
        assert.ok(Number.isInteger(final[field]) && final[field] >= 0, `${field} ${final[field]}`);
      assert.ok(final.latency_ms >= final.endpoint_to_final_ms);
      assert.ok(final.start_ms < final.end_ms && final.end_ms <= pcm.length / BYTES_PER_MS);
    });
    const partials = texts(stream, 'partial');
    assert.ok(partials.length > 0, 'words before the end of an utterance');
    for (const [index, { segment_seq: segment, text, stable }] of partials.entries()) {
      const rest = [...partials.slice(index + 1), ...finals].filter((one) => one.segment_seq === segment);
      for (const later of rest)
        assert.ok(later.text.startsWith(text.slice(0, stable)), `${text} / ${later.text}`);
    }
    const warnings = stream.told.flatMap((message) => message.warnings ?? []);
    assert.deepEqual(warnings, [], 'whisper:tiny.en takes hotwords');

    // In the middle of a word, and then with nothing to hear.
    stream.ws.send(pcm.subarray(0, 1_500 * BYTES_PER_MS));
    for (let i = 0; i < 2; i++) stream.send({ type: 'commit' });
    await until('both commits', () => texts(stream, 'final').length >= finals.length + 2, 20_000);
    const [said, nothing] = texts(stream, 'final').slice(-2);
    assert.deepEqual([said.reason, nothing.reason, nothing.text], ['commit', 'commit', '']);
    assert.notEqual(said.text, '');
    assert.equal(nothing.segment_seq, said.segment_seq + 1);
    stream.ws.close(1000);
    assert.equal((await stream.closed).code, 1000);
  });

  it('a client that falls silent in the middle of a sentence gets its final all the same', async () => {
    const stream = await open('&vad=energy');
    await stream.get('ready');
    await sendInRealTime(stream.ws, pcm.subarray(0, 1_500 * BYTES_PER_MS));
    assert.equal((await stream.get('final')).reason, 'silence');
    const count = texts(stream, 'partial').length;
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    assert.equal(texts(stream, 'partial').length, count, 'nothing is said again');
    stream.ws.terminate();
  });

  it('who leaves in the middle of a word is gone from the figures at once', async () => {
    const before = await metric('stt_abandoned_total');
    const stream = await open();
    await stream.get('ready');
    assert.equal(await metric('stt_active_connections'), 1);
    await sendInRealTime(stream.ws, pcm.subarray(0, 2_000 * BYTES_PER_MS));
    await stream.get('partial');
    stream.ws.terminate();
    await until('no connection', async () => (await metric('stt_active_connections')) === 0, 20_000);
    assert.equal(await metric('stt_abandoned_total'), before + 1);
    assert.ok((await metric('stt_in_bytes_total')) >= pcm.length);
  });

  it('a runner that dies in the middle: an error and 1011, and the next connection is served', async () => {
    const stream = await open();
    await stream.get('ready');
    stream.ws.send(pcm.subarray(0, 1_000 * BYTES_PER_MS));
    const { models } = await (await fetch(`${server.url}/v1/models/loaded`)).json();
    process.kill(models.find(({ type }) => type === 'stt').pid, 'SIGKILL');
    const { code, reason } = await stream.closed;
    const { type, ...error } = stream.told.at(-1);
    assert.deepEqual([code, type, error.code, error.message], [1011, 'error', 1011, reason]);
    const next = await open();
    await next.get('ready');
    next.send({ type: 'commit' });
    assert.equal((await next.get('final')).text, '');
    next.ws.close();
  });

  it('POST /v1/stt/transcribe: the default model, and WAVs that the original refuses', async () => {
    const path = '/v1/stt/transcribe';
    const whole = await upload(server.url, readFileSync(wav), { model: '' }, { path });
    assert.equal(whole.status, 200);
    const { text, duration_ms: duration, latency_ms: latency } = await whole.json();
    checkWords(text, SENTENCES.slice(0, 1));
    assert.ok(Math.abs(duration - (readFileSync(wav).length - 44) / BYTES_PER_MS) <= 1, `${duration} ms`);
    assert.ok(latency > 0);
    const wide = Buffer.concat([
      wavHeader({ encoding: 's24', sampleRate: RATE, frames: RATE, extensible: true }),
      Buffer.alloc(3 * RATE),
    ]);
    for (const [file, status] of [
      [wide, 200],
      // An odd byte at the end: dropped, where the original answers 500.
      [Buffer.concat([readFileSync(wav), Buffer.alloc(1)]), 200],
      [wide.subarray(0, 20), 422],
      [Buffer.alloc(100, 7), 422],
    ]) {
      const answer = await upload(server.url, file, { model: '' }, { path });
      assert.equal(answer.status, status, await answer.text());
    }
  });

  it('VOX_COMPAT=stt-ws: its settings, its health, its log', async (t) => {
    const settings = {
      STT_VAD_SILENCE_MS: '300',
      STT_LOG_DIR: join(folder, 'log'),
      STT_VLLM_MAX_TOKENS: '64',
    };
    const place = await startServer({
      env: {
        VOX_COMPAT: 'stt-ws',
        VOX_MAX_STREAMS: '1',
        VOX_STT_MODEL: 'whisper:tiny.en',
        VOX_BIND: '127.0.0.1',
        ...settings,
      },
    });
    t.after(() => place.stop());
    const health = await fetch(`${place.url}/health`);
    assert.deepEqual(await health.json(), { status: 'ok', backend: 'onnx', model: 'whisper:tiny.en' });
    const stream = await openStream(place.url, `/v1/stt/ws?${QUERY}`);
    const { vad, conn_id: id } = await stream.get('ready');
    assert.equal(vad, 'energy');
    // There is a place for one: the second is refused before it is ready, and told when to come again.
    const second = await openStream(place.url, `/v1/stt/ws?${QUERY}`);
    assert.equal((await second.closed).code, 1013);
    assert.deepEqual(
      second.told.map(({ type, code, retry_after_ms: retry }) => [type, code, retry > 0]),
      [['error', 1013, true]],
    );
    stream.ws.send(pcm.subarray(0, 640));
    stream.send({ type: 'stop' });
    assert.deepEqual(await stream.closed, { code: 1008, reason: 'Invalid message type: stop' });
    await place.stop();
    const lines = place.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    assert.ok(lines.some(({ msg }) => msg?.startsWith('STT_VLLM_MAX_TOKENS=64 has no effect')));
    const own = lines.filter((line) => line.conn_id === id);
    for (const event of ['ws.accepted', 'ws.ready_sent', 'ws.error', 'ws.closed', 'ws.troubleshoot_bundle'])
      assert.ok(
        own.some((line) => line.event === event && line.call_id === 'e2e'),
        event,
      );
    const kept = readFileSync(join(folder, 'log/serve.log'), 'utf8');
    assert.ok(kept.includes(id));
  });

  describe('the examples of docs/live.md', { concurrency: true }, () => {
    const example = (language) => snippets('docs/live.md', language, server.url)[0];
    const check = ({ stdout }) => {
      assert.match(stdout, /^(\{"type":"ready"|ready)/);
      const finals = [...stdout.matchAll(/^final (.+)$/gm)].map(([, text]) => text);
      checkWords(finals.join(' '), SENTENCES.slice(0, 1));
    };

    it('Python', async (t) => {
      const { bin, reason } = tryPrograms('websockets');
      if (reason) return t.skip(reason);
      check(await run(join(bin, 'python'), ['-c', example('python'), wav]));
    });

    it('JavaScript', async () => {
      // As after `npm install ws`.
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      const program = join(folder, 'live.mjs');
      writeFileSync(program, example('js'));
      check(await run(process.execPath, [program, wav]));
    });
  });
});
