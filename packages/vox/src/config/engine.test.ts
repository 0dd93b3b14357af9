/** The settings of `vox engine`: readings of ours, and the looser ones of the originals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Flags, loadConfig } from './index.js';

const machine = { home: '/home/me', cwd: '/srv', cores: 4, terminal: false };

const engine = (flags: Flags = {}, env: Record<string, string> = {}) =>
  loadConfig({ command: 'engine', flags, env, envFile: '', machine }).engine;
const yap = (env: Record<string, string>) => engine({}, { VOX_COMPAT: 'yap', ...env });

test('defaults, and flags that win over variables', () => {
  const plain = engine();
  assert.deepEqual(
    [plain.delayMs, plain.delayOrigin, plain.gpuMemory, plain.healthSeconds],
    [480, 'default', 0.92, 600],
  );
  assert.deepEqual([plain.container, plain.maxModelLength, plain.port], [undefined, undefined, undefined]);
  const given = engine(
    { maxNumSeqs: '7', container: true },
    { VOX_ENGINE_MAX_NUM_SEQS: '9', VOX_ENGINE_MODEL_DIR: 'm' },
  );
  assert.deepEqual([given.maxSequences, given.container, given.modelFolder], [7, 'auto', '/srv/m']);
  assert.equal(engine({ container: 'me/vllm:1' }).container, 'me/vllm:1');
  assert.equal(engine({}, { VOX_ENGINE_CONTAINER: 'false' }).container, undefined);
});

test('a delay is 80 to 2400 in steps of 80', () => {
  for (const right of ['80', '480', '2400']) assert.equal(engine({ delayMs: right }).delayMs, Number(right));
  for (const wrong of ['0', '79', '100', '2480', '-80', '480.5', 'soon', ''])
    assert.throws(() => engine({ delayMs: wrong }), /--delay-ms/, wrong);
  assert.equal(yap({ VOXTRAL_TRANSCRIPTION_DELAY_MS: '480.5' }).delayMs, 400, 'what is no whole number');
  assert.throws(() => yap({ VOXTRAL_TRANSCRIPTION_DELAY_MS: '100' }), /VOXTRAL_TRANSCRIPTION_DELAY_MS=100/);
  assert.throws(() => yap({ VOXTRAL_TRANSCRIPTION_DELAY_MS: '-80' }), /from 80 to 2400/);
});

test("the original's defaults and what it forgives (yap.md section 5)", () => {
  const plain = yap({});
  assert.deepEqual(
    [plain.delayMs, plain.follow, plain.gpuMemory, plain.compileCache],
    [400, true, 0.92, false],
  );
  for (const share of ['0', '1.5', 'x', '-1'])
    assert.equal(yap({ VLLM_GPU_MEMORY_UTILIZATION: share }).gpuMemory, 0.92);
  assert.throws(() => engine({ gpuMemoryUtilization: '1.5' }), /above 0, at most 1/);
  assert.equal(yap({ VLLM_COMPILATION_CONFIG: '{' }).compilation, 'auto');
  assert.equal(yap({ VLLM_COMPILATION_CONFIG: 'None' }).compilation, 'off');
  assert.equal(yap({ VLLM_COMPILATION_CONFIG: '{ "a": 1 }' }).compilation, '{"a":1}');
  assert.throws(() => engine({ compilationConfig: '[]' }), /a JSON object/);
  const rest = yap({ TAIL_LOGS: '0', HEALTH_TIMEOUT_S: '90', SHOW_VLLM_LOGS: 'y', FULL_CLEANUP: '1' });
  assert.deepEqual(
    [rest.follow, rest.healthSeconds, rest.showLogs, rest.fullCleanup],
    [false, 90, true, true],
  );
});

test('only NUKE=1 is the word, under any name of the original', () => {
  assert.equal(engine({}, { NUKE: '1' }).nuke, true);
  for (const other of ['true', 'yes', '0', '2']) assert.equal(engine({}, { NUKE: other }).nuke, false);
});

test('what the installer of the original reads is said to have no effect', () => {
  const env = { VOX_COMPAT: 'yap', TORCH_BACKEND: 'cu128', SERVER_PID_FILE: '/x' };
  const { warnings } = loadConfig({ command: 'serve', env, envFile: '', machine });
  assert.match(warnings.join('\n'), /TORCH_BACKEND=cu128 has no effect: Vox installs no vLLM/);
  assert.match(warnings.join('\n'), /SERVER_PID_FILE=\/x has no effect/);
});
