/**
 * `/api/asr-streaming` on a model that runs elsewhere, with the stand-in for vLLM in its replay mode as the other side: it
 * proves that sockets and utterances live and end as they must here and there, and not that anybody was heard.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { startVllmStandIn } from '../stand-ins/vllm/index.mjs';
import { homeWith } from './remote-home.mjs';
import { NO_MODELS, startServer } from './server.mjs';
import { openStream } from './stream-client.mjs';
import { until } from './waiting.mjs';

const SERVED = 'mistralai/Voxtral-Mini-4B-Realtime-2602';
const SENTENCE = 'The quick brown fox jumps over the lazy dog near the garden wall.';
const SCRIPTS = 100;
/** Scripts that run at the same time. */
const AT_ONCE = 10;
/** 400 ms of noise: so many steps that words come. */
const PIECE = Buffer.from(Float32Array.from({ length: 3_200 }, (_, at) => Math.sin(at * at)).buffer);

/** Messages of one socket, and those of a request. */
async function connect(url) {
  const stream = await openStream(url, '/api/asr-streaming');
  const send = (type, id, payload = {}) => {
    if (stream.ws.readyState === stream.ws.OPEN)
      stream.send({ type, session_id: 's1', request_id: id, payload });
  };
  return {
    ...stream,
    send,
    start: (id) => send('input_audio_buffer.commit', id),
    append: (id) => send('input_audio_buffer.append', id, { audio: PIECE.toString('base64') }),
    commit: (id) => send('input_audio_buffer.commit', id, { final: true }),
    of: (id) => stream.told.filter(({ request_id }) => request_id === id),
    has: (type, id) =>
      stream.told.some((message) => message.type === type && (id === undefined || message.request_id === id)),
  };
}

/** What a script does: utterances with ids of their own, each of which ends in one of the ways there are. */
const utterance = fc.record({
  appends: fc.nat(4),
  waitMs: fc.constantFrom(0, 5, 40, 120),
  ping: fc.boolean(),
  end: fc.constantFrom('final', 'final', 'cancel', 'barge-in', 'foreign append', 'nothing'),
});
const script = fc.record({
  utterances: fc.array(utterance, { minLength: 1, maxLength: 6 }),
  end: fc.constantFrom('drop', 'close', 'end', 'stay'),
});

async function play(url, { utterances, end }) {
  const client = await connect(url);
  for (const [at, { appends, waitMs, ping, end: how }] of utterances.entries()) {
    const id = `r${at}`;
    client.start(id);
    for (let piece = 0; piece < appends; piece++) client.append(id);
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (how === 'foreign append') client.append(`other than ${id}`);
    if (how === 'final' || how === 'foreign append') client.commit(id);
    if (ping) client.send('ping', 'keepalive');
    // Half of them are waited for, the next one barges into the others.
    if (how === 'final' && at % 2 === 0) await until(`done of ${id}`, () => client.has('done', id));
    if (how === 'cancel') {
      client.send('cancel', id);
      await until(`cancelled ${id}`, () => client.has('cancelled', id));
    }
  }
  client.send('ping', 'fence');
  await until('the fence', () => client.has('pong', 'fence'));
  assert.equal(client.ws.readyState, client.ws.OPEN, 'the socket lives');
  for (const [at, { end: how }] of utterances.entries()) check(client.of(`r${at}`), how);
  if (end === 'end') {
    client.send('end', 'bye');
    assert.equal((await client.closed).code, 1000);
  } else if (end === 'close') client.ws.close();
  else if (end === 'drop') client.ws.terminate();
  return client;
}

/** Starts, speaks 1.6 s and commits. */
function utter(client, id) {
  client.start(id);
  for (let piece = 0; piece < 4; piece++) client.append(id);
  client.commit(id);
}

/** Speaks until an utterance is heard: an upstream that was found down is asked again only after a while. */
async function utterUntilHeard(client) {
  for (let tries = 1; tries <= 50; tries++) {
    const id = `again ${tries}`;
    utter(client, id);
    await until('an answer', () => client.has('done', id) || client.has('error', id));
    if (client.has('done', id)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail('the upstream is not asked again');
}

/** Tokens, then final and done, or a cancelled; nothing behind. */
function check(told, how) {
  const types = told.map(({ type }) => type);
  const said = JSON.stringify(told);
  const ends = types.filter((type) => type !== 'token');
  const allowed = [[], ['cancelled'], ['final', 'done']];
  assert.ok(
    allowed.some((one) => one.join() === ends.join()),
    said,
  );
  assert.ok(
    types.slice(0, types.length - ends.length).every((type) => type === 'token'),
    said,
  );
  if (how === 'cancel') assert.deepEqual(ends, ['cancelled']);
  const final = told.find(({ type }) => type === 'final');
  if (final === undefined) return;
  const tokens = told.filter(({ type }) => type === 'token').map(({ payload }) => payload.text);
  assert.equal(tokens.join(''), final.payload.normalized_text);
}

describe('Yap on a model that runs elsewhere', { skip: NO_MODELS }, () => {
  let vllm;
  let server;
  before(async () => {
    vllm = await startVllmStandIn({ model: SERVED, text: SENTENCE });
    server = await startServer({
      home: homeWith('silero-vad:v5'),
      env: { VOX_STT_MODEL: SERVED, VOX_UPSTREAMS: vllm.url, VOX_UPSTREAM_STALL: '2s' },
    });
  });
  after(async () => {
    await server?.stop();
    await vllm?.close();
  });

  for (const [what, switches, code] of [
    ['fails every request', { failWith: 500 }, 'upstream_failed'],
    ['accepts everything and says nothing', { stall: true }, 'upstream_stalled'],
    ['closes in the middle', { dropAfterTokens: 3 }, 'upstream_failed'],
    ['refuses connections', { refuse: true }, 'upstream_failed'],
  ])
    it(`an upstream that ${what}: one error, and the next utterance is heard`, async () => {
      const client = await connect(server.url);
      if (switches.refuse) vllm.dropNow();
      await vllm.set(switches);
      utter(client, 'bad');
      await until('an error', () => client.has('error', 'bad'));
      await vllm.set(Object.fromEntries(Object.keys(switches).map((name) => [name, undefined])));
      const ends = client.of('bad').filter(({ type }) => type !== 'token');
      assert.equal(ends.length, 1, JSON.stringify(ends));
      assert.deepEqual(
        [ends[0].payload.code, ends[0].payload.details.error],
        ['processing_error', code],
        JSON.stringify(ends),
      );
      await utterUntilHeard(client);
      client.ws.close();
      await until('nothing is alive', () => vllm.stats().generationsAlive === 0);
    });

  it(`${SCRIPTS} random scripts: no socket dies, and nothing is alive upstream a second later`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const scripts = fc.sample(script, { numRuns: SCRIPTS, seed });
    const staying = [];
    const lane = async () => {
      for (let next = scripts.pop(); next !== undefined; next = scripts.pop()) {
        const client = await play(server.url, next);
        if (next.end === 'stay') staying.push(client);
      }
    };
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
    } catch (error) {
      error.message += ` (seed ${seed})`;
      throw error;
    }
    // Without those broken off there the test would prove nothing.
    const broken = vllm.stats().generations.filter(({ endedBy }) => endedBy === 'closed').length;
    assert.ok(broken >= SCRIPTS / 10, `only ${broken} generations were broken off`);
    for (const { ws } of staying) {
      assert.equal(ws.readyState, ws.OPEN, 'a socket that was left alone lives');
      ws.close();
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.equal(vllm.stats().generationsAlive, 0, `seed ${seed}`);
  });
});
