import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog, Health, Metrics } from '../observe/index.js';
import { fakeRuntime } from '../runtime/fake-runtime.test.support.js';
import { createHttpServer } from '../transport/index.js';
import { register as registerPages } from './api-pages/index.js';
import { OPERATIONS as DEEPGRAM } from './deepgram/describe.js';
import { register as registerDeepgram } from './deepgram/index.js';
import { OPERATIONS as ELEVENLABS } from './elevenlabs/describe.js';
import { register as registerElevenlabs } from './elevenlabs/index.js';
import { OPERATIONS as OPENAI } from './openai/describe.js';
import { register as registerOpenai } from './openai/index.js';
import { OPERATIONS as REALTIME } from './realtime/describe.js';
import { register as registerRealtime } from './realtime/index.js';
import { OPERATIONS as STT_WS } from './stt-ws/describe.js';
import { register as registerSttWs } from './stt-ws/index.js';
import { SETTINGS } from './stt-ws/serve.test.support.js';
import { OPERATIONS as TONE } from './t-one/describe.js';
import { fakeSessions } from './t-one/fake-sessions.test.support.js';
import { register as registerTone } from './t-one/index.js';
import { OPERATIONS as VOX } from './vox-native/describe.js';
import { register as registerVox } from './vox-native/index.js';

/** Routes that describe the API, those that every original answers in its own way, and those that say what is not here. */
const UNDOCUMENTED =
  /^\/(docs|redoc|openapi\.json|health|healthz|$|v1\/realtime($|\/(calls|translations|sessions|transcription_sessions)))/;

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { responses: Record<string, unknown>; operationId: string }>>;
}

test('every route is in the document, and every path of the document is a route', async (t) => {
  const log = createLog({ level: 'silent' });
  const server = createHttpServer({ log });
  const routes = new Set<string>();
  server.app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat())
      if (one !== 'HEAD' && !UNDOCUMENTED.test(url)) routes.add(`${one.toLowerCase()} ${url}`);
  });
  const options = { runtime: fakeRuntime(), uploadDirectory: '/nowhere' };
  registerOpenai(server.app, options);
  const health = new Health();
  registerVox(server.app, { ...options, health, compat: 'vox' });
  registerSttWs(server.app, {
    ...options,
    upgrades: { add() {} },
    settings: SETTINGS,
    metrics: new Metrics({ streams: () => 0, capacity: () => 1, runners: () => [] }),
    log,
    health,
    compat: false,
  });
  registerRealtime(server.app, {
    ...options,
    upgrades: { add() {} },
    settings: { idleMs: 1, maxDurationMs: 1 },
    keys: [],
    autoPull: false,
    log,
  });
  registerTone(server.app, {
    ...options,
    sessions: fakeSessions(),
    upgrades: { add() {} },
    log,
    health,
    compat: false,
  });
  const sockets = { ...options, upgrades: { add() {} }, log };
  registerDeepgram(server.app, { ...sockets, settings: { endpointingMs: 400, idleMs: 60_000 } });
  registerElevenlabs(server.app, sockets);
  registerPages(server.app, {
    operations: () => [...OPENAI, ...REALTIME, ...VOX, ...STT_WS, ...TONE, ...DEEPGRAM, ...ELEVENLABS],
    version: '1.2.3',
  });
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => server.destroy());
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as Document;
  assert.equal(document.openapi, '3.1.0');
  const described = new Set(
    Object.entries(document.paths).flatMap(([path, row]) =>
      Object.keys(row).map((method) => `${method} ${path}`),
    ),
  );
  const asRoute = (text: string) => text.replace(/\{\w+\}/g, '*');
  const asDocument = (text: string) => text.replace(/:\w+/g, '*');
  assert.deepEqual([...described].map(asRoute).sort(), [...routes].map(asDocument).sort());

  const operations = Object.values(document.paths).flatMap((row) => Object.values(row));
  assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
  for (const { responses } of operations)
    for (const status of ['200', '401', '500']) assert.ok(responses[status]);
});

test('the pages come from here and allow no other host', async (t) => {
  const server = createHttpServer({ log: createLog({ level: 'silent' }) });
  registerPages(server.app, { operations: () => [], version: '1.2.3' });
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => server.destroy());
  for (const path of ['/docs', '/redoc']) {
    const page = await fetch(`${url}${path}`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'self';/);
    const html = await page.text();
    assert.doesNotMatch(html, /https?:/);
    for (const [, asset] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      const answer = await fetch(`${url}${asset}`);
      assert.equal(answer.status, 200, asset);
      assert.match(answer.headers.get('content-type') ?? '', /^text\/(javascript|css)/);
      assert.ok((await answer.arrayBuffer()).byteLength > 50);
    }
  }
});
