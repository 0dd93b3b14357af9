import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOADED, serve } from './serve.test.support.js';

test('memory: looked at, given back, enforced', async (t) => {
  const { ask } = await serve(t);
  const memory = (await ask('GET', '/v1/system/memory')).json;
  assert.deepEqual(memory, {
    policy: { max_vram_bytes: 1000, headroom_bytes: 0, idle_trim_seconds: 60, over_budget: 'reject' },
    device: {
      device: 'cpu',
      free_bytes: null,
      total_bytes: null,
      torch_allocated_bytes: 0,
      torch_reserved_bytes: 0,
    },
    estimated_loaded_vram_bytes: 0,
    loaded_memory_bytes: 99,
    memory: { server_bytes: 5, free_bytes: 6, total_bytes: 7 },
    active_model_count: 1,
    models: [{ ...LOADED, is_evictable: false, is_trimmable: false, backend_memory: { resident_bytes: 99 } }],
  });
  const cases: [string, string, unknown, number, unknown][] = [
    ['POST', '/v1/system/trim', undefined, 200, { trimmed: ['piper:joe'], memory }],
    ['POST', '/v1/system/trim', { min_idle_seconds: 200 }, 200, { trimmed: [], memory }],
    ['POST', '/v1/system/enforce-memory-budget', {}, 200, { status: 'ok', memory }],
    [
      'POST',
      '/v1/system/enforce-memory-budget',
      { additional_vram_bytes: 2000 },
      507,
      { detail: 'the memory budget has no room' },
    ],
    ['POST', '/v1/models/whisper%3Abase/trim', undefined, 200, { status: 'success', freed_bytes: 8 }],
    [
      'POST',
      '/v1/models/piper:joe/trim',
      undefined,
      409,
      { detail: "Model 'piper:joe' is currently in use" },
    ],
    ['POST', '/v1/models/nope/trim', undefined, 404, { detail: "Model 'nope' not found in catalog" }],
    ['POST', '/v1/models/unload_idle', undefined, 200, { unloaded: ['whisper:base'], memory }],
  ];
  for (const [method, path, body, status, wanted] of cases) {
    const answer = await ask(method, path, body);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    assert.deepEqual(answer.json, wanted, `${method} ${path}`);
  }
});
