import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEnvFile } from './env-file.js';

test('names, quotes, comments, and what is no assignment', () => {
  const text = [
    '# STT_PORT=1',
    'STT_PORT=9000 # the usual',
    'export STT_VAD_THRESHOLD = 250',
    "STT_LOG_DIR='/var/log/a b#c'",
    'STT_BACKEND="mo\\"ck" # why',
    'STT_HOST=',
    'STT_PORT=9001\r',
    'not an assignment',
  ].join('\n');
  assert.deepEqual(parseEnvFile(text), {
    STT_PORT: '9001',
    STT_VAD_THRESHOLD: '250',
    STT_LOG_DIR: '/var/log/a b#c',
    STT_BACKEND: 'mo"ck',
    STT_HOST: '',
  });
});
