import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from './load.js';

const machine = { home: '/home/me', cwd: '/work', cores: 4, terminal: false };
const serve = (env: Record<string, string>, envFile = '') =>
  loadConfig({ command: 'serve', env: { VOX_COMPAT: 't-one', ...env }, envFile, machine });

test('every variable of the T-one wrapper is read, or said to have no effect', () => {
  const config = serve({
    API_KEY: 'a,b',
    API_TITLE: 'Ours',
    api_version: '2',
    WORKERS: '4',
    reload: 'true',
    LOAD_FROM_FOLDER: '/models',
    CORS_METHODS: '["GET"]',
    CORS_HEADERS: '["*"]',
    CORS_CREDENTIALS: 'true',
  });
  assert.deepEqual(config.guard.apiKeys, ['a,b'], 'one key, commas and all');
  assert.deepEqual(config.server.api, { title: 'Ours', version: '2' });
  assert.deepEqual(
    config.warnings.map((line) => line.split(' has no effect: ')[0]),
    [
      'WORKERS=4',
      'reload=true',
      'LOAD_FROM_FOLDER=/models',
      'CORS_METHODS=["GET"]',
      'CORS_HEADERS=["*"]',
      'CORS_CREDENTIALS=true',
    ],
  );
});

test('an empty key is no key; .env is read in any case, and the environment stands above it', () => {
  assert.deepEqual(serve({ API_KEY: '' }).guard.apiKeys, []);
  const file = 'port=7\nAPI_KEY="of the file"\nWorkers=2\nVOX_PORT=3\n';
  const config = serve({}, file);
  assert.deepEqual([config.server.port, config.guard.apiKeys], [7, ['of the file']]);
  assert.match(config.warnings[0] ?? '', /^WORKERS=2 has no effect/);
  assert.equal(serve({ PORT: '8' }, file).server.port, 8);
  assert.equal(serve({ Port: '9' }, 'PORT=7').server.port, 9);
});
