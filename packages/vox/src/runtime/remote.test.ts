import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Segment, VoxError } from '@vox-speech/contract';
import { Catalog } from '../models/index.js';
import { orFallback } from './fail-over.js';
import { describeRemote, type RemoteSettings, remoteOptions, servedAs, upstreamsOf } from './remote.js';
import type { Transcription } from './types.js';
import { upstreamRemarks } from './upstream-check.js';

const catalog = new Catalog();
const VOXTRAL = catalog.get('voxtral:realtime-4b');
const QWEN = catalog.get('qwen3-asr:1.7b');
const FISH = catalog.get('fish-speech');
const BASE: RemoteSettings = { upstreams: [], stallMs: 1 };

test('upstreams: those for the model alone, else those for all, else this machine; keys only where they belong', () => {
  const settings: RemoteSettings = {
    ...BASE,
    upstreams: [
      { url: 'http://all', apiKey: 'a' },
      { model: VOXTRAL.reference, url: 'http://own' },
    ],
  };
  assert.deepEqual(upstreamsOf(VOXTRAL, settings), [{ url: 'http://own' }]);
  assert.deepEqual(upstreamsOf(QWEN, settings), [{ url: 'http://all', apiKey: 'a' }]);
  assert.deepEqual(upstreamsOf(QWEN, BASE), [{ url: 'http://127.0.0.1:8000' }]);
  assert.deepEqual(upstreamsOf(FISH, { ...BASE, apiKey: 'k' }), [
    { url: 'http://127.0.0.1:8091', apiKey: 'k' },
  ]);
  assert.equal(upstreamsOf(catalog.get('whisper:base'), settings), undefined);
  assert.doesNotMatch(JSON.stringify(describeRemote(QWEN, settings)), /"a"|apiKey/);
});

test('the engine is told to roll only what is heard in one context, and another name only of its model', () => {
  const rolling = { segmentMs: 1, overlapMs: 0, limitMs: 2 };
  const served = { model: QWEN.reference, name: 'ears' };
  const settings = { ...BASE, rolling, served };
  const rolls = (entry: typeof QWEN) =>
    remoteOptions({ ...entry, files: [] } as never, settings)?.rolling !== undefined;
  assert.deepEqual([rolls(VOXTRAL), rolls(QWEN)], [true, false]);
  const files = { reference: QWEN.reference, family: '', directory: '', companions: {} };
  assert.equal(servedAs({ ...files, parameters: QWEN.parameters }, settings).parameters.served, 'ears');
  const other = { ...files, reference: 'x:1', parameters: { served: 'x' } };
  assert.equal(servedAs(other, settings).parameters.served, 'x');
  assert.equal(describeRemote(QWEN, settings)?.served, 'ears');
});

async function server(
  t: TestContext,
  status: number,
  body: string,
): Promise<{ url: string; keys: string[] }> {
  const keys: string[] = [];
  const http = createServer((request, response) => {
    keys.push(request.headers.authorization ?? '');
    response.writeHead(request.url === '/v1/models' ? status : 404).end(body);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.after(() => http.close());
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, keys };
}

async function remarks(upstreams: RemoteSettings['upstreams']): Promise<string> {
  const said: string[] = [];
  const { signal } = new AbortController();
  for await (const { status } of upstreamRemarks(QWEN, { ...BASE, upstreams }, signal)) said.push(status);
  return said.join('\n');
}

test('a pull says which server it expects, what it finds there, and how to start one', async (t) => {
  const model = JSON.stringify({ data: [{ id: 'Qwen/Qwen3-ASR-1.7B' }] });
  const good = await server(t, 200, model);
  const found = await remarks([{ url: good.url, apiKey: 'hunter2' }]);
  assert.match(
    found,
    /Qwen\/Qwen3-ASR-1\.7B is expected at http:\/\/127.*\n.* serves Qwen\/Qwen3-ASR-1\.7B now$/,
  );
  assert.deepEqual(good.keys, ['Bearer hunter2']);
  assert.doesNotMatch(found, /hunter2/);
  const cases: [number, string, RegExp][] = [
    [401, '{}', /answers 401/],
    [200, '{"data":[{"id":"gpt"}]}', /answers, but serves gpt/],
    [200, '{"data":7}', /serves no model/],
    [200, 'not json', /does not answer/],
  ];
  for (const [status, body, pattern] of cases) {
    const said = await remarks([{ url: (await server(t, status, body)).url }]);
    assert.match(said, pattern);
    assert.match(said, /start it with: vllm serve Qwen\/Qwen3-ASR-1\.7B/);
  }
  assert.match(await remarks([{ url: 'http://127.0.0.1:1' }]), /does not answer now/);
  const here = upstreamRemarks(catalog.get('whisper:base'), BASE, new AbortController().signal);
  assert.equal((await here.next()).done, true);
});

function transcription(model: string, segments: () => AsyncIterable<Segment>): Transcription {
  const summary = { durationMs: 1, processingMs: 1, warnings: [] };
  return { model, segments: segments(), summary: Promise.resolve(summary), warnings: [] };
}

const said = (text: string): Segment => ({ text, startMs: 0, endMs: 1 });
const fault = () => new VoxError('upstream_stalled', 'it said nothing');

async function texts({ segments }: Transcription): Promise<string[]> {
  const all: string[] = [];
  for await (const { text } of segments) all.push(text);
  return all;
}

test('fail-over: before the first segment, of an upstream’s fault, with a warning', async () => {
  const never = new AbortController().signal;
  const local = {
    name: 'whisper:base',
    start: async () =>
      transcription('whisper:base', async function* () {
        yield said('here');
      }),
  };
  const failing = async () =>
    // biome-ignore lint/correctness/useYield: it fails before it yields
    transcription('voxtral:1', async function* () {
      throw fault();
    });
  for (const first of [failing, () => Promise.reject(fault())]) {
    const other = await orFallback(first, local, never);
    assert.deepEqual([other.model, await texts(other)], ['whisper:base', ['here']]);
    assert.deepEqual(other.warnings, [
      { type: 'other', option: 'model', message: 'whisper:base took over: it said nothing' },
    ]);
  }
  const late = await orFallback(
    async () =>
      transcription('voxtral:1', async function* () {
        yield said('one');
        throw fault();
      }),
    local,
    never,
  );
  await assert.rejects(texts(late), /it said nothing/);

  const silent = async () => transcription('voxtral:1', async function* () {});
  assert.deepEqual(await texts(await orFallback(silent, local, never)), []);
  const broken = () => Promise.reject(new VoxError('model_broken', 'broken'));
  await assert.rejects(orFallback(broken, local, never), /^VoxError: broken$/);
  await assert.rejects(orFallback(failing, local, AbortSignal.abort()), /it said nothing/);
  const missing = {
    name: 'whisper:tiny',
    start: () => Promise.reject(new VoxError('model_not_pulled', 'pull it')),
  };
  await assert.rejects(
    orFallback(failing, missing, never),
    (error) =>
      VoxError.is(error) &&
      error.code === 'upstream_stalled' &&
      /it said nothing; whisper:tiny can't take over: pull it/.test(error.message),
  );
});
