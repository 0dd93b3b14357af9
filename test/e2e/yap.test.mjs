/** `/api/asr-streaming` on real weights and on a real server's limits: yap.md sections 2 and 3, docs/yap.md. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from '../../tools/files.mjs';
import { wordErrors } from '../../tools/words.mjs';
import { tryPrograms } from '../clients/environment.mjs';
import { BYTES_PER_MS, RATE, spokenPcm } from './live-speech.mjs';
import { NO_MODELS, startServer } from './server.mjs';
import { openStream } from './stream-client.mjs';
import { until } from './waiting.mjs';
import { pcmAsWav } from './wav.mjs';

const PATH = '/api/asr-streaming';
const HOME = process.env.VOX_TEST_HOME ?? '';
const MODEL = existsSync(join(HOME, 'models/manifests/whisper/base.json'))
  ? 'whisper:base'
  : 'whisper:tiny.en';
const FIRST = 'The quick brown fox jumps over the lazy dog near the garden wall.';
const SECOND = 'Please remember to water the plants before you leave the house this evening.';
/** 80 ms. */
const CHUNK = 80 * BYTES_PER_MS;

/** A connection that waits for the next message of a request, in order. */
async function connect(url, query = '') {
  const stream = await openStream(url, `${PATH}${query}`);
  let read = 0;
  const next = async (wanted, withinMs = 60_000) => {
    for (let waited = 0; ; waited += 10) {
      for (; read < stream.told.length; read++) if (wanted(stream.told[read])) return stream.told[read++];
      assert.ok(waited < withinMs, `nothing came: ${JSON.stringify(stream.told)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const send = (type, requestId, payload = {}) =>
    stream.send({ type, session_id: 's1', request_id: requestId, payload });
  return {
    ...stream,
    next,
    send,
    start: (id) => send('input_audio_buffer.commit', id, { final: false }),
    commit: (id) => send('input_audio_buffer.commit', id, { final: true }),
    append(id, pcm) {
      for (let at = 0; at < pcm.length; at += CHUNK)
        send('input_audio_buffer.append', id, {
          audio: pcm.subarray(at, at + CHUNK).toString('base64'),
        });
    },
    of: (id) => stream.told.filter(({ request_id }) => request_id === id),
    types: (id) => stream.told.filter(({ request_id }) => request_id === id).map(({ type }) => type),
  };
}

function checkWords(text, said) {
  const { errors, words } = wordErrors(said, text);
  assert.ok(errors / words <= 0.1, `${errors} of ${words}: ${text}`);
}

describe('Yap with real weights', { skip: NO_MODELS }, () => {
  let server;
  let first;
  let second;
  before(async () => {
    server = await startServer({
      args: ['--preload', MODEL],
      // One place: whoever bars the way of the next utterance shows.
      env: { VOX_STT_MODEL: MODEL, VOX_MAX_STREAMS: '1' },
    });
    first = await spokenPcm(server.url, [FIRST], 100);
    second = await spokenPcm(server.url, [SECOND], 100);
  });
  after(() => server?.stop());

  it('an utterance, a cancel, a barge-in and a new id, all on one socket', async () => {
    const client = await connect(server.url);
    const created = await client.next(({ type }) => type === 'session.created', 2_000);
    assert.equal(created.payload.model, MODEL);
    client.send('session.update', 'u', { language: 'en', delay_ms: 480 });
    await client.next(({ type }) => type === 'session.updated');

    client.start('r1');
    client.append('r1', first);
    client.commit('r1');
    client.send('ping', 'keepalive');
    await client.next(({ type }) => type === 'done');
    checkEnd(client.of('r1'), FIRST, first.length);

    client.start('r2');
    client.append('r2', first);
    client.send('cancel', 'r2', { reason: 'changed my mind' });
    assert.deepEqual((await client.next(({ type }) => type === 'cancelled')).payload, {
      reason: 'changed my mind',
    });

    client.start('r3');
    client.append('r3', first);
    client.start('r4');
    const barged = await client.next(({ type }) => type === 'cancelled');
    assert.deepEqual([barged.request_id, barged.payload], ['r3', { reason: 'barge_in' }]);
    // Binary, an odd number of bytes at a time.
    for (let at = 0; at < second.length; at += 2_561) client.ws.send(second.subarray(at, at + 2_561));
    client.commit('r4');
    await client.next(({ type, request_id }) => type === 'done' && request_id === 'r4');
    checkEnd(client.of('r4'), SECOND, second.length);

    for (const id of ['r2', 'r3'])
      assert.deepEqual(
        client.types(id).filter((type) => type !== 'token'),
        ['cancelled'],
      );
    assert.ok(!client.told.some(({ type }) => type === 'error'), JSON.stringify(client.told));
    client.send('end', 'bye');
    assert.deepEqual(await client.closed, { code: 1000, reason: '' });
  });

  /** Tokens that add up to the final, word times within the audio, then done. */
  function checkEnd(told, said, bytes) {
    assert.deepEqual(
      told.slice(-2).map(({ type }) => type),
      ['final', 'done'],
    );
    const tokens = told.slice(0, -2);
    assert.ok(tokens.length > 0 && tokens.every(({ type }) => type === 'token'));
    const [{ payload: final }, { payload: done }] = told.slice(-2);
    checkWords(final.normalized_text, said);
    assert.equal(tokens.map(({ payload }) => payload.text).join(''), final.normalized_text);
    assert.equal(final.audio_seconds, Math.round(bytes / BYTES_PER_MS) / 1000);
    assert.ok(final.words.length >= said.split(' ').length - 1, JSON.stringify(final.words));
    for (const { word, start, end } of final.words)
      assert.ok(word !== '' && start <= end && end <= final.audio_seconds + 0.5);
    assert.equal(done.usage.prompt_tokens, Math.ceil(bytes / BYTES_PER_MS / 80));
    assert.equal(done.usage.total_tokens, done.usage.prompt_tokens + done.usage.completion_tokens);
  }

  /** No stream is alive a second after its client went. */
  async function allFree() {
    const streams = async () =>
      /^vox_live_streams (\d+)$/m.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1];
    await until('no stream is alive', async () => (await streams()) === '0', 1_000);
  }

  it('a full machine refuses with the frame and code of a full server, and takes the next when it is free', async () => {
    const holder = await connect(server.url);
    await holder.next(({ type }) => type === 'session.created');
    holder.start('r1');
    holder.commit('r1');
    await holder.next(({ type }) => type === 'done');
    const refused = await connect(server.url);
    const { code } = await refused.closed;
    assert.equal(code, 1013);
    assert.equal(refused.told.at(-1).payload.code, 'server_at_capacity');
    // Gone in the middle of an utterance: its place is free at once.
    holder.start('r2');
    holder.append('r2', first);
    holder.ws.terminate();
    await holder.closed;
    await allFree();
    const next = await connect(server.url);
    next.start('r1');
    next.append('r1', second);
    next.commit('r1');
    const { payload } = await next.next(({ type }) => type === 'final');
    checkWords(payload.normalized_text, SECOND);
    next.ws.close();
    await next.closed;
    await allFree();
  });

  it('the example of docs/yap.md, as printed', async (t) => {
    const { bin, reason } = tryPrograms('websockets');
    if (reason) return t.skip(reason);
    const page = readFileSync(join(ROOT, 'docs/yap.md'), 'utf8');
    const [, program = ''] = /```python\n(.*?)```/s.exec(page) ?? [];
    assert.match(program, /127\.0\.0\.1:11435/);
    const folder = mkdtempSync(join(tmpdir(), 'vox-yap-'));
    try {
      const wav = join(folder, 'talk.wav');
      writeFileSync(wav, pcmAsWav(first, RATE));
      const here = program.replace('127.0.0.1:11435', new URL(server.url).host);
      const { stdout } = await promisify(execFile)(join(bin, 'python'), ['-c', here, wav]);
      assert.match(stdout, /^session\.created /);
      const [, text] = /^final \{'normalized_text': ["'](.*?)["'],/m.exec(stdout) ?? [];
      checkWords(text, FIRST);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('Yap in the place of the original', { skip: NO_MODELS }, () => {
  let server;
  before(async () => {
    server = await startServer({
      env: {
        VOX_COMPAT: 'yap',
        SERVER_BIND_HOST: '127.0.0.1',
        VOXTRAL_API_KEY: 'right',
        VOX_STT_MODEL: MODEL,
        MAX_CONCURRENT_CONNECTIONS: '2',
        WS_IDLE_TIMEOUT_S: '1',
        WS_MAX_CONNECTION_DURATION_S: '2.5',
        WS_WATCHDOG_TICK_S: '0.1',
        WS_INBOUND_QUEUE_MAX: 'many',
      },
    });
  });
  after(() => server?.stop());

  const refusal = (code, message) => ({
    type: 'error',
    session_id: 'unknown',
    request_id: 'unknown',
    payload: { code, message, details: { reason_code: code } },
  });

  it('a bad key, a full server, idleness and the longest life: frames and codes of the original', async () => {
    const noKey =
      "Authentication required. Provide valid API key via 'api_key' query parameter or 'X-API-Key' header.";
    const wrong = await connect(server.url, '?api_key=wrong');
    assert.deepEqual(await wrong.closed, { code: 1008, reason: noKey });
    assert.deepEqual(wrong.told, [refusal('authentication_failed', noKey)]);

    const quiet = await connect(server.url, '?api_key=right');
    const created = await quiet.next(({ type }) => type === 'session.created');
    assert.deepEqual([created.payload.delay_ms, created.payload.limits.overflow], [400, 'drop-oldest']);
    const busy = await connect(server.url, '?api_key=%20right%20');
    const full = 'Server cannot accept new connections. Please try again later.';
    const third = await connect(server.url, '?api_key=right');
    assert.deepEqual(await third.closed, { code: 1013, reason: full });
    assert.deepEqual(third.told, [refusal('server_at_capacity', full)]);

    busy.start('r1');
    assert.deepEqual(await quiet.closed, { code: 4000, reason: 'idle_timeout' });
    assert.equal(quiet.told.at(-1).payload.code, 'idle_timeout');
    assert.deepEqual(await busy.closed, { code: 4003, reason: 'max connection duration reached' });
    assert.equal(busy.told.at(-1).payload.details.reason_code, 'max_duration');
    assert.ok(server.lines.some((line) => /WS_INBOUND_QUEUE_MAX=many.*the default is used/.test(line)));
    assert.ok(!server.lines.some((line) => /api_key=|"right"/.test(line)), 'no key in the log');
  });

  it('the probes need no key and tell the truth', async () => {
    for (const path of ['/', '/health', '/healthz']) {
      const answer = await fetch(`${server.url}${path}`);
      assert.deepEqual([answer.status, await answer.json()], [200, { status: 'ok' }]);
    }
    const named = await startServer({
      env: { VOX_COMPAT: 'yap', SERVER_BIND_HOST: '127.0.0.1', VOX_STT_MODEL: 'whisper:medium' },
    });
    try {
      const answer = await fetch(`${named.url}/healthz`);
      assert.equal(answer.status, 503);
      assert.match((await answer.json()).detail, /vox pull whisper:medium/);
      // Without VOXTRAL_API_KEY nobody may.
      const stream = await connect(named.url, '?api_key=any');
      assert.equal((await stream.closed).code, 1008);
    } finally {
      await named.stop();
    }
  });
});
