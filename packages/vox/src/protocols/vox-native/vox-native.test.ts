import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import type { Compat } from './index.js';
import { LOADED, serve } from './serve.test.support.js';

const LIST = [
  {
    name: 'whisper:base',
    type: 'stt',
    format: 'onnx',
    architecture: 'whisper',
    size_bytes: 77,
    description: 'the whisper:base',
  },
  {
    name: 'piper:joe',
    type: 'tts',
    format: 'onnx',
    architecture: 'piper',
    size_bytes: 77,
    description: 'the piper:joe',
  },
];
const SHOW = {
  config: {
    architecture: 'whisper',
    type: 'stt',
    adapter: 'sherpa',
    format: 'onnx',
    source: 'pip example==1.0.0',
    parameters: { sample_rate: 16000 },
    description: 'the whisper:base',
    license: 'MIT',
    adapter_package: '@vox-speech/engine-sherpa',
    reference: 'whisper:base',
    languages: ['en'],
  },
  layers: [
    {
      media_type: 'application/vox.model.onnx',
      digest: `sha256-${'0'.repeat(64)}`,
      size: 70,
      filename: 'a/model.onnx',
    },
    {
      media_type: 'application/vox.model.bin',
      digest: `sha256-${'1'.repeat(64)}`,
      size: 7,
      filename: 'TOKENS',
    },
  ],
};
const VOICE = {
  id: 'default',
  name: 'Joe',
  language: 'en-us',
  gender: 'male',
  description: null,
  is_cloned: false,
};

test('V1 and V2 shapes', async (t) => {
  const { ask, runtime } = await serve(t);
  const openai = { object: 'model', created: 1795219200, owned_by: 'vox' };
  const cases: [string, string, unknown, unknown][] = [
    ['GET', '/api/list', undefined, { models: LIST }],
    [
      'GET',
      '/v1/models',
      undefined,
      { object: 'list', data: LIST.map(({ name }) => ({ id: name, ...openai })), models: LIST },
    ],
    ['POST', '/api/show', { name: 'whisper' }, { name: 'whisper', ...SHOW }],
    ['GET', '/v1/models/whisper', undefined, { id: 'whisper', ...openai, name: 'whisper', ...SHOW }],
    [
      'GET',
      '/v1/models/whisper%3Abase',
      undefined,
      { id: 'whisper:base', ...openai, name: 'whisper:base', ...SHOW },
    ],
    ['GET', '/api/ps', undefined, { models: [LOADED] }],
    ['GET', '/v1/models/loaded', undefined, { models: [LOADED] }],
    ['DELETE', '/api/delete', { name: 'whisper' }, { status: 'success' }],
    [
      'DELETE',
      '/v1/models/whisper:base',
      undefined,
      { status: 'success', id: 'whisper:base', object: 'model', deleted: true },
    ],
    ['GET', '/api/health', undefined, { status: 'ok' }],
    ['GET', '/v1/health', undefined, { status: 'ok' }],
    ['GET', '/readyz', undefined, { status: 'ok' }],
    ['POST', '/api/stop', { name: 'piper:joe' }, { unloaded: ['piper:joe'] }],
    ['POST', '/api/stop', { all: true }, { unloaded: ['piper:joe'] }],
    ['GET', '/api/search?q=none', undefined, { models: [] }],
    [
      'GET',
      '/api/search?q=whis&type=stt',
      undefined,
      {
        models: [
          {
            name: 'whisper:base',
            type: 'stt',
            description: 'the whisper:base',
            license: 'MIT',
            non_commercial: false,
            languages: ['en'],
            size_bytes: 11,
            aliases: ['whisper-stt:base'],
            pulled: true,
            unavailable: null,
          },
        ],
      },
    ],
  ];
  for (const [method, path, body, wanted] of cases) {
    const answer = await ask(method, path, body);
    assert.equal(answer.status, 200, `${method} ${path}: ${answer.text}`);
    assert.deepEqual(answer.json, wanted, `${method} ${path}`);
  }
  assert.deepEqual(runtime.asked.removed, ['whisper', 'whisper:base']);
  assert.deepEqual(runtime.asked.unloaded, ['piper:joe', undefined]);
});

test('voices of one model, and of all that are loaded', async (t) => {
  const { ask } = await serve(t);
  for (const path of ['/api/voices', '/v1/audio/voices']) {
    const one = await ask('GET', `${path}?model=piper:joe`);
    assert.deepEqual(one.json.voices[0], VOICE);
    const all = await ask('GET', path);
    assert.deepEqual(all.json.voices[0], { ...VOICE, model: 'piper:joe' });
    assert.equal((await ask('GET', `${path}?model=whisper:base`)).status, 400);
    assert.equal((await ask('GET', `${path}?model=nope`)).status, 404);
  }
});

test('bad requests', async (t) => {
  const { ask, port, runtime } = await serve(t);
  const cases: [string, string, unknown, number, RegExp][] = [
    ['POST', '/api/show', { name: 'nope' }, 404, /not found in catalog/],
    ['POST', '/api/show', { name: 'whisper:large' }, 404, /vox pull whisper:large/],
    ['POST', '/api/show', { name: '../../x' }, 400, /not a model name/],
    ['POST', '/api/show', { name: '/etc/passwd' }, 400, /not a model name/],
    ['POST', '/api/show', { name: 'x'.repeat(100_000) }, 413, /larger/],
    ['DELETE', '/api/delete', { name: 'piper:joe' }, 409, /in use/],
    ['DELETE', '/v1/models/piper:joe', undefined, 409, /in use/],
    ['DELETE', '/v1/models/..%2f..%2fx:secret.json', undefined, 400, /not a model name/],
    ['GET', '/v1/models/a%2fb', undefined, 400, /not a model name/],
    ['GET', '/v1/models/a/b', undefined, 400, /not a model name/],
    ['GET', '/v1/models/', undefined, 400, /names no model/],
    ['GET', '/v1/models/%00', undefined, 400, /not a model name/],
    ['GET', '/v1/models/%ff', undefined, 400, /percent-encoding/],
    ['POST', '/api/stop', {}, 400, /"all": true/],
    ['POST', '/api/stop', { name: 'x', all: true }, 400, /either/],
    ['POST', '/api/pull', { name: 'nope' }, 404, /not found in catalog/],
    ['POST', '/v1/models/pull', { name: 'nope' }, 404, /not found in catalog/],
    ['GET', '/api/pull', undefined, 405, /allowed: POST/],
    ['GET', '/api/none', undefined, 404, /no route/],
    ['POST', '/api/transcribe', { model: 'x' }, 400, /multipart/],
    [
      'POST',
      '/api/synthesize',
      { input: 'x', response_format: 'ogg' },
      400,
      /Unsupported .* 'ogg'. .*\['wav', /,
    ],
    ['POST', '/api/synthesize', { input: 'x'.repeat(101) }, 400, /at most 100/],
  ];
  for (const [method, path, body, status, text] of cases) {
    const answer = await ask(method, path, body);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    assert.match(answer.json.detail, text, `${method} ${path}`);
    const keys = path === '/api/pull' ? ['status', 'error', 'detail'] : ['detail'];
    if (path.startsWith('/api/')) assert.deepEqual(Object.keys(answer.json), keys);
  }
  // What fetch would clean up before it sends.
  for (const path of [
    '/v1/models/..',
    '/v1/models/%2e%2e',
    '/v1/models/../../etc/passwd',
    '/v1/models/%2e%2e/%2e%2e/x',
  ]) {
    const text = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(`DELETE ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
      );
      let all = '';
      socket.on('data', (chunk) => (all += chunk.toString()));
      socket.on('close', () => resolve(all));
    });
    assert.match(text, /^HTTP\/1\.1 400 [\s\S]*not a model name/, path);
  }
  assert.deepEqual(runtime.asked.removed, []);
});

test('pull streams lines, and an error after the first is a line', async (t) => {
  const { ask, runtime } = await serve(t);
  for (const path of ['/api/pull', '/v1/models/pull']) {
    const answer = await ask('POST', path, { name: 'whisper:base' });
    assert.equal(answer.type, 'application/x-ndjson');
    const lines = answer.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(lines[0], { status: 'pulling whisper:base' });
    assert.deepEqual(lines[1], {
      status: 'downloading model.bin',
      completed: 0,
      total: 1,
      bytes_completed: 5,
      bytes_total: 10,
    });
    assert.deepEqual(lines.at(-1), { status: 'success' });
  }
  await ask('POST', '/v1/models/pull', { name: 'nc:1', accept_license: true });
  assert.deepEqual(runtime.asked.pulled, ['whisper:base', 'whisper:base', 'nc:1 (licence accepted)']);
  const variant = await ask('POST', '/v1/models/pull', { name: 'whisper:base', variant: 'cuda' });
  assert.match(
    variant.text,
    /^\{"status":"pulling whisper:base"}\n\{"status":"warning","error":"variant cuda is not used/,
  );
  runtime.script.pull = async function* (model) {
    yield { status: `pulling ${model}` };
    throw new VoxError('hash_mismatch', 'wrong bytes');
  };
  const failed = await ask('POST', '/api/pull', { name: 'whisper:base' });
  assert.equal(failed.status, 200);
  assert.equal(failed.text.trimEnd().split('\n').at(-1), '{"status":"error","error":"wrong bytes"}');
});

test('a pull that a licence or a missing engine forbids has its own status', async (t) => {
  const { ask, runtime } = await serve(t);
  for (const [code, status] of [
    ['license_not_accepted', 403],
    ['engine_missing', 503],
  ] as const) {
    // biome-ignore lint/correctness/useYield: it fails before its first event
    runtime.script.pull = async function* () {
      throw new VoxError(code, `because of ${code}`);
    };
    for (const path of ['/api/pull', '/v1/models/pull']) {
      const answer = await ask('POST', path, { name: 'whisper:base' });
      assert.deepEqual([answer.status, answer.json.detail], [status, `because of ${code}`], path);
    }
  }
});

test('the catalog: one entry in full, problems of a user’s own entries, licence in both spellings', async (t) => {
  const { ask, runtime } = await serve(t);
  const { json } = await ask('GET', '/api/catalog/whisper%3Abase');
  assert.deepEqual(
    [json.name, json.architecture, json.pulled, json.catalog, json.sources.length],
    ['whisper:base', 'whisper', true, 'built in', 1],
  );
  assert.equal((await ask('GET', '/api/catalog/nope')).status, 404);
  const searched: unknown[] = [];
  runtime.search = (query) => {
    searched.push(query);
    return [];
  };
  Object.assign(runtime, { catalogProblems: ['mine.json: entries[0].kind: wrong'] });
  const answer = await ask('GET', '/api/search?licence=mit');
  assert.deepEqual(answer.json, { models: [], warnings: ['mine.json: entries[0].kind: wrong'] });
  await ask('GET', '/api/search?license=mit&language=de&type=stt');
  assert.deepEqual(searched, [{ license: 'mit' }, { license: 'mit', language: 'de', kind: 'stt' }]);
});

test('a listener that leaves a pull aborts its own signal', async (t) => {
  const { url, runtime } = await serve(t);
  const aborted = new Promise<string>((resolve) => {
    runtime.script.pull = async function* (model, signal) {
      yield { status: `pulling ${model}` };
      signal.addEventListener('abort', () => resolve('aborted'));
      await new Promise(() => {});
    };
  });
  const controller = new AbortController();
  const answer = await fetch(`${url}/api/pull`, {
    method: 'POST',
    body: '{"name":"whisper:base"}',
    signal: controller.signal,
  });
  await answer.body?.getReader().read();
  controller.abort();
  assert.equal(await aborted, 'aborted');
});

test('probes follow the state; shared paths follow the original', async (t) => {
  const rows: [Compat, number, unknown, number][] = [
    ['vox', 200, { status: 'ok' }, 200],
    ['stt-ws', 404, { detail: 'no route GET /health' }, 404],
    ['yap', 404, { detail: 'no route GET /health' }, 404],
    ['t-one', 404, { detail: 'no route GET /health' }, 404],
  ];
  for (const [compat, root, healthBody, healthz] of rows) {
    const { ask } = await serve(t, compat);
    assert.equal((await ask('GET', '/')).status, root, compat);
    assert.deepEqual((await ask('GET', '/health')).json, healthBody, compat);
    assert.equal((await ask('GET', '/healthz')).status, healthz, compat);
  }
  const { ask, health } = await serve(t);
  health.set('starting');
  assert.equal((await ask('GET', '/readyz')).status, 503);
  health.set('ready');
  assert.equal((await ask('GET', '/v1/health')).status, 200);
  health.set('draining');
  for (const path of ['/readyz', '/v1/health', '/api/health'])
    assert.equal((await ask('GET', path)).status, 503);
  assert.equal((await ask('GET', '/health')).status, 200, 'alive while it drains');
});
