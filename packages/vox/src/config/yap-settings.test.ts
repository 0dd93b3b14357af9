import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from './index.js';

const machine = { home: '/home/ada', cwd: '/work', cores: 4, terminal: false };
const serve = (env: Record<string, string>) => loadConfig({ command: 'serve', env, machine });
/** As the original is configured. */
const original = (env: Record<string, string>) => serve({ VOX_COMPAT: 'yap', VOXTRAL_API_KEY: 'k', ...env });

test('our defaults, and those of the original', () => {
  const ours = {
    delayMs: 480,
    maxConnections: 0,
    idleMs: 150_000,
    maxDurationMs: 5_400_000,
    tickMs: 5_000,
    inboundQueue: 256,
    backlogMs: 5_000,
    drop: false,
    unauthorizedCode: 1008,
    busyCode: 1013,
    idleReason: 'idle_timeout',
  };
  assert.deepEqual(serve({}).yap, ours);
  assert.deepEqual(original({}).yap, { ...ours, delayMs: 400, drop: true });
});

test("every variable of the original that is the dialect's", () => {
  const { yap, warnings } = original({
    VOXTRAL_TRANSCRIPTION_DELAY_MS: '960',
    VOXTRAL_SERVED_MODEL_NAME: 'voxtral',
    MAX_CONCURRENT_CONNECTIONS: '7',
    WS_IDLE_TIMEOUT_S: '2.5',
    WS_MAX_CONNECTION_DURATION_S: '60',
    WS_WATCHDOG_TICK_S: '1',
    WS_INBOUND_QUEUE_MAX: '10',
    STT_MAX_BACKLOG_SECONDS: '2',
    WS_CLOSE_UNAUTHORIZED_CODE: '4401',
    WS_CLOSE_BUSY_CODE: '4503',
    WS_CLOSE_IDLE_REASON: 'quiet',
  });
  assert.deepEqual(yap, {
    delayMs: 960,
    servedModel: 'voxtral',
    maxConnections: 7,
    idleMs: 2_500,
    maxDurationMs: 60_000,
    tickMs: 1_000,
    inboundQueue: 10,
    backlogMs: 2_000,
    drop: true,
    unauthorizedCode: 4401,
    busyCode: 4503,
    idleReason: 'quiet',
  });
  assert.deepEqual(warnings, []);
});

test('words that switch a timer off; a bad number is the default, and said', () => {
  for (const off of ['0', '0.0', 'none', 'NULL', 'disabled', 'disable', ' off ']) {
    assert.equal(original({ WS_IDLE_TIMEOUT_S: off }).yap.idleMs, Number.POSITIVE_INFINITY, off);
    assert.equal(serve({ VOX_YAP_MAX_DURATION: off }).yap.maxDurationMs, Number.POSITIVE_INFINITY, off);
  }
  for (const bad of ['soon', '-5', '1e3s']) {
    const { yap, warnings } = original({ WS_IDLE_TIMEOUT_S: bad });
    assert.equal(yap.idleMs, 150_000);
    assert.deepEqual(warnings.length, 1);
    assert.match(warnings[0] ?? '', /^WS_IDLE_TIMEOUT_S=.*the default is used, as in the original$/);
  }
  assert.throws(
    () => serve({ VOX_YAP_IDLE_TIMEOUT: 'soon' }),
    /^VoxError: VOX_YAP_IDLE_TIMEOUT=soon: expected/,
  );
});

test('the delay: no number is the default, one that is out of rule keeps from starting', () => {
  const name = 'VOXTRAL_TRANSCRIPTION_DELAY_MS';
  for (const odd of ['soon', '400.5']) assert.equal(original({ [name]: odd }).yap.delayMs, 400);
  for (const wrong of ['500', '0', '2480', '-80'])
    assert.throws(() => original({ [name]: wrong }), /multiple|whole/);
  assert.throws(() => serve({ VOX_YAP_DELAY_MS: 'soon' }), /VOX_YAP_DELAY_MS=soon/);
  assert.equal(serve({ VOX_YAP_DELAY_MS: '2400' }).yap.delayMs, 2_400);
});

test('a backlog of 0 is never dropped: the client waits', () => {
  const { backlogMs, drop } = original({ STT_MAX_BACKLOG_SECONDS: '0' }).yap;
  assert.deepEqual([backlogMs, drop], [5_000, false]);
});

test('close codes that may not be sent are refused', () => {
  for (const code of ['999', '1005', '1006', '1015', '2999', '5000'])
    assert.throws(() => serve({ VOX_YAP_CLOSE_BUSY: code }), /VOX_YAP_CLOSE_BUSY/);
});
