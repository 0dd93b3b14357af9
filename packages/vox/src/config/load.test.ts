import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { type Environment, type Flags, flagKey, isLoopback, loadConfig, onLoopback } from './load.js';
import { SETTINGS } from './table.js';
import type { Config } from './types.js';

const machine = { home: '/home/ada', cwd: '/srv', cores: 6, terminal: false };

function serve(flags: Flags = {}, env: Environment = {}): Config {
  return loadConfig({ command: 'serve', flags, env, machine });
}

function refusal(flags: Flags, env: Environment = {}): VoxError {
  try {
    serve(flags, env);
  } catch (error) {
    if (VoxError.is(error)) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'nothing was refused' });
}

test('defaults: loopback, no key, five minutes, three models', () => {
  const config = serve();
  assert.deepEqual(config.server, { host: '127.0.0.1', port: 11_435, compat: 'vox', api: {} });
  assert.deepEqual(config.scheduler, {
    device: 'auto',
    threads: 6,
    maxLoaded: 3,
    keepAlive: 300,
    idleTrim: 0,
    maxQueue: 64,
    maxStreams: 1000,
    preload: [],
  });
  assert.equal(config.models.home, '/home/ada/.vox');
  assert.equal(config.guard.maxUpload, 1024 ** 3);
  assert.equal(config.guard.maxDuration, 14_400);
  assert.deepEqual(config.guard.apiKeys, []);
  assert.deepEqual(config.client, { host: 'http://localhost:11435', hostGiven: false, voxtral: {} });
  assert.deepEqual(config.log, { level: 'info', format: 'json', file: true, folder: '/home/ada/.vox/logs' });
  assert.deepEqual(config.summary, []);
  assert.deepEqual(config.warnings, []);
});

test('a flag wins over VOX_*, which wins over the original, which wins over its default and ours', () => {
  const original = { VOX_COMPAT: 't-one', PORT: '3' };
  assert.equal(serve({}, { VOX_COMPAT: 't-one' }).server.port, 8000);
  assert.equal(serve({}, original).server.port, 3);
  assert.equal(serve({}, { ...original, VOX_PORT: '2' }).server.port, 2);
  assert.equal(serve({ port: '1' }, { ...original, VOX_PORT: '2' }).server.port, 1);
  assert.equal(serve({}, { PORT: '3' }).server.port, 11_435, 'PORT means nothing to Vox itself');
});

test('an empty variable counts as not set', () => {
  const config = serve({}, { VOX_PORT: '', VOX_API_KEY: ' ', VOX_KEEP_ALIVE: '' });
  assert.equal(config.server.port, 11_435);
  assert.deepEqual(config.guard.apiKeys, []);
});

test('keep-alive and ttl differ in what 0 means, and nowhere else', () => {
  const kept = (flags: Flags, env: Environment = {}) => serve(flags, env).scheduler.keepAlive;
  assert.equal(kept({ keepAlive: '0' }), 0);
  assert.equal(kept({ ttl: '0' }), Number.POSITIVE_INFINITY);
  assert.equal(kept({ keepAlive: '-1' }), Number.POSITIVE_INFINITY);
  assert.equal(kept({ ttl: '-1' }), Number.POSITIVE_INFINITY);
  assert.equal(kept({ keepAlive: '10m' }), 600);
  assert.equal(kept({ ttl: '600' }), 600);
  assert.equal(kept({}, { VOX_KEEP_ALIVE: '0' }), 0);
  assert.equal(kept({ ttl: '60' }, { VOX_KEEP_ALIVE: '0' }), 60);
  assert.match(refusal({ ttl: '1', keepAlive: '1' }).message, /--keep-alive or --ttl, not both/);
});

test('the memory budget has the original’s names too', () => {
  assert.equal(serve({ maxMemory: '10Gi' }).scheduler.maxMemory, 10 * 1024 ** 3);
  assert.equal(serve({ maxVram: '1g' }).scheduler.maxMemory, 1024 ** 3);
  assert.equal(serve({}, { VOX_MAX_VRAM: '1g' }).scheduler.maxMemory, 1024 ** 3);
  assert.equal(serve({}, { VOX_MAX_VRAM: '1g', VOX_MAX_MEMORY: '2g' }).scheduler.maxMemory, 2 * 1024 ** 3);
  assert.equal(serve({ maxMemory: 'off' }, { VOX_MAX_MEMORY: '2g' }).scheduler.maxMemory, undefined);
});

test('preload joins flags and variable, each model once; other lists replace', () => {
  const config = serve(
    { preload: ['a', 'b'], apiKey: ['k1'] },
    { VOX_PRELOAD: 'b, c,', VOX_API_KEY: 'k2, k3' },
  );
  assert.deepEqual(config.scheduler.preload, ['a', 'b', 'c']);
  assert.deepEqual(config.guard.apiKeys, ['k1']);
  assert.deepEqual(serve({}, { VOX_API_KEY: 'k2, k3' }).guard.apiKeys, ['k2', 'k3']);
});

test('paths: ~ is home, relative ones start at the working folder, a bare program stays a name', () => {
  const models = (env: Environment) => serve({}, env).models;
  assert.equal(models({ VOX_HOME: '~/voices' }).home, '/home/ada/voices');
  assert.equal(models({ VOX_HOME: 'data/../vox' }).home, '/srv/vox');
  assert.equal(models({ VOX_FFMPEG: 'ffmpeg7' }).ffmpeg, 'ffmpeg7');
  assert.equal(models({ VOX_FFMPEG: './bin/ffmpeg' }).ffmpeg, '/srv/bin/ffmpeg');
});

test('the command line’s host: URL only, trailing slashes go, ws is http', () => {
  const host = (value: string) =>
    loadConfig({ command: 'client', flags: { host: value }, env: {}, machine }).client;
  const { host: read, hostGiven } = host('https://vox.example.com//');
  assert.deepEqual([read, hostGiven], ['https://vox.example.com', true]);
  assert.equal(host('ws://10.0.0.1:1/base/').host, 'http://10.0.0.1:1/base');
  assert.equal(host('wss://a').host, 'https://a');
  for (const bad of ['localhost:11435', 'ftp://a', 'http://', 'http://u:p@a', 'http://a?b'])
    assert.throws(() => host(bad), /--host .*http:\/\//, bad);
});

test('VOX_HOST is the command line’s target and never the address to listen on', () => {
  const config = serve({}, { VOX_HOST: 'http://example.com:1', VOX_BIND: '[::1]' });
  assert.equal(config.server.host, '::1');
  assert.equal(config.client.host, 'http://example.com:1');
  assert.equal(config.client.hostGiven, true);
});

test('what is refused names the flag or variable, its value and what is allowed', () => {
  const cases: [Flags, Environment, RegExp][] = [
    [{ port: '70000' }, {}, /^--port 70000: expected a whole number from 0 to 65535$/],
    [{}, { VOX_PORT: 'abc' }, /^VOX_PORT=abc: expected a whole number/],
    [{ port: '1.5' }, {}, /^--port 1\.5: /],
    [{ device: 'gpu' }, {}, /^--device gpu: expected one of auto, cpu, cuda, mps$/],
    [{ keepAlive: 'long' }, {}, /^--keep-alive long: .*0 unloads at once, -1 keeps for ever$/],
    [{ ttl: 'long' }, {}, /^--ttl long: /],
    [{ maxUpload: '1x' }, {}, /^--max-upload 1x: expected a size/],
    [{ maxVram: 'all' }, {}, /^--max-vram all: expected a size/],
    [{ host: '127.0.0.1:80' }, {}, /^--host 127\.0\.0\.1:80: .*without a port$/],
    [{}, { VOX_AUTO_PULL: 'maybe' }, /^VOX_AUTO_PULL=maybe: expected true or false$/],
    [{}, { VOX_COMPAT: 'ollama' }, /^VOX_COMPAT=ollama: expected one of vox, stt-ws, yap, t-one$/],
    [{}, { VOX_COMPAT: 't-one', MAX_FILE_SIZE_MB: '0' }, /^MAX_FILE_SIZE_MB=0: .*1 to 1000$/],
    [{}, { VOX_COMPAT: 't-one', CORS_ORIGINS: '[1]' }, /^CORS_ORIGINS=\[1\]: expected a JSON list/],
  ];
  for (const [flags, env, message] of cases) assert.match(refusal(flags, env).message, message);
  assert.equal(refusal({ port: 'x' }).param, '--port');
  assert.equal(refusal({}, { VOX_PORT: 'x' }).param, 'VOX_PORT');
});

test('each original brings its variables and defaults', () => {
  const stt = serve(
    {},
    { VOX_COMPAT: 'stt-ws', STT_PORT: '9', STT_MAX_UPLOAD_BYTES: '5', STT_BACKEND: 'mock' },
  );
  assert.deepEqual([stt.server.host, stt.server.port, stt.guard.maxUpload], ['0.0.0.0', 9, 5]);
  assert.equal(stt.guard.insecure, true);

  const yap = serve({}, { VOX_COMPAT: 'yap', VOXTRAL_API_KEY: 'secret', LOG_LEVEL: 'WARNING' });
  assert.deepEqual([yap.server.host, yap.server.port], ['0.0.0.0', 8000]);
  assert.deepEqual([yap.guard.apiKeys, yap.guard.insecure, yap.log.level], [['secret'], false, 'warn']);

  const tone = serve({}, { VOX_COMPAT: 't-one', port: '7', Cors_Origins: '["https://a","https://b"]' });
  assert.equal(tone.server.port, 7, 'names in any case');
  assert.deepEqual(tone.guard.corsOrigins, ['https://a', 'https://b']);
  assert.equal(tone.guard.maxUpload, 100 * 1024 ** 2);
});

test("the STT server's whole table: in the environment, in .env, and what has no effect is said once", () => {
  const env = { VOX_COMPAT: 'stt-ws', STT_VAD_SILENCE_MS: '700', STT_VLLM_MAX_TOKENS: '32' };
  const envFile =
    'STT_VAD_SILENCE_MS=900\nSTT_IN_QUEUE_SIZE=10\nSTT_LOG_DIR=sttlogs\nSTT_BACKEND=mock\nVOX_PORT=3\nMOCK_INFER_MS=1';
  const config = loadConfig({ command: 'serve', env, envFile, machine });
  assert.deepEqual(config.live, {
    detector: 'energy',
    threshold: 300,
    silenceMs: 700,
    queueFrames: 10,
    maxDrops: 500,
    outQueue: 50,
    partialMs: 500,
    mock: { references: '/srv/references', delayMs: 1 },
  });
  assert.equal(config.server.port, 8000, 'VOX_* is not read from .env');
  assert.deepEqual([config.log.format, config.log.folder], ['json', '/srv/sttlogs']);
  assert.deepEqual(
    config.warnings.map((line) => line.split(':', 1)[0]),
    ['STT_VLLM_MAX_TOKENS=32 has no effect'],
  );
  assert.match(
    refusal({}, { ...env, STT_BACKEND: 'whisper' }).message,
    /^STT_BACKEND=whisper: .*qwen3, mock/,
  );
  assert.equal(serve({}, { ...env, STT_BACKEND: 'qwen3' }).live.mock, undefined);
  assert.equal(serve().live.detector, 'silero');
  assert.equal(serve({}, { STT_VAD_SILENCE_MS: '700' }).live.silenceMs, 500);
  assert.match(refusal({}, { ...env, STT_OUT_QUEUE_SIZE: '0' }).message, /^STT_OUT_QUEUE_SIZE=0: /);
});

test('secrets are never shown, in errors or in the summary', () => {
  const config = serve({ apiKey: ['hunter2'], port: '1' }, { HF_TOKEN: 'hf_secret' });
  assert.deepEqual(config.summary, ['--port 1', 'HF_TOKEN=***', '--api-key ***']);
  assert.doesNotMatch(JSON.stringify(config.warnings), /hunter2|hf_secret/);
});

test('the summary says where a value came from', () => {
  const config = serve({ ttl: '0' }, { VOX_COMPAT: 't-one', MAX_FILE_SIZE_MB: '5' });
  assert.ok(config.summary.includes('--ttl 0'));
  assert.ok(config.summary.includes('MAX_FILE_SIZE_MB=5 (t-one)'));
  assert.ok(config.summary.includes('--host 0.0.0.0 (t-one)'));
});

test('an unknown VOX_* variable is warned about, with the name that was meant', () => {
  const { warnings } = serve({}, { VOX_PROT: '1', VOX_WHATEVER: '1', STT_PORT: '1', VOX_MAX_VRAM: '1g' });
  assert.equal(warnings.length, 2);
  assert.match(warnings[0] ?? '', /^VOX_PROT .*did you mean VOX_PORT\?$/);
  assert.match(warnings[1] ?? '', /^VOX_WHATEVER is not a setting of this version and has no effect$/);
});

test('the result is frozen to the bottom', () => {
  const config = serve({ preload: ['a'] });
  assert.throws(() => Object.assign(config.server, { port: 1 }), TypeError);
  assert.throws(() => (config.scheduler.preload as string[]).push('b'), TypeError);
  assert.throws(() => Object.assign(config.models.hub, { offline: true }), TypeError);
});

test('a server in the command’s own process is on loopback, quiet, and preloads nothing', () => {
  const config = onLoopback(serve({ host: '0.0.0.0', port: '80', preload: ['a'], maxLoaded: '7' }));
  assert.deepEqual(config.server, { host: '127.0.0.1', port: 0, compat: 'vox', api: {} });
  assert.deepEqual(config.scheduler.preload, []);
  assert.equal(config.scheduler.maxLoaded, 7);
  assert.equal(config.log.level, 'silent');
});

test('loopback', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1']) assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'localhost.example.com', '127.0.0.1.example.com'])
    assert.ok(!isLoopback(host), host);
});

test('no flag of a command and no variable has two meanings', () => {
  for (const command of ['serve', 'client']) {
    const flags = Object.values(SETTINGS)
      .filter((row) => row.commands === command || row.commands === 'all')
      .flatMap((row) =>
        'flag' in row && row.flag !== undefined
          ? [row.flag, ...(row.flagAliases ?? []).map((a) => a.flag)]
          : [],
      );
    assert.equal(new Set(flags.map(flagKey)).size, flags.length);
  }
  const variables = Object.values(SETTINGS).flatMap((row) => [row.env, ...(row.envAliases ?? [])]);
  assert.equal(new Set(variables).size, variables.length);
});

test("the original's memory settings: read where they mean something, else said to have no effect", () => {
  const env = { VOX_MAX_VRAM: '10Gi', VOX_IDLE_TRIM_TTL: '90', VOX_MEMORY_OVER_BUDGET: 'reject' };
  const { scheduler, warnings } = serve({}, env);
  assert.equal(scheduler.maxMemory, 10 * 1024 ** 3);
  assert.equal(scheduler.idleTrim, 90);
  assert.deepEqual(warnings, []);
  assert.match(refusal({}, { VOX_MEMORY_OVER_BUDGET: 'evict' }).message, /one of reject/);
  const silent = serve(
    { vramHeadroom: '512Mi', preloadVad: true },
    { VOX_PRELOAD_TURN_DETECTOR: 'livekit', VOX_PRELOAD_VAD: 'silero' },
  );
  assert.equal(silent.warnings.length, 3);
  assert.match(
    silent.warnings.join('\n'),
    /--vram-headroom 512Mi has no effect: no model runs in video memory/,
  );
  assert.match(silent.warnings.join('\n'), /--preload-vad true has no effect/);
  assert.match(silent.warnings.join('\n'), /VOX_PRELOAD_TURN_DETECTOR=livekit has no effect/);
});

test('aliases of flag and variable add up; one that is no NAME=TARGET is refused', () => {
  const { models } = serve(
    { alias: ['whisper-1=whisper:base', 'acme/ears=whisper'], voiceAlias: ['alloy=af_heart'] },
    { VOX_ALIASES: 'whisper-1=whisper:tiny', VOX_VOICE_ALIASES: 'alloy=joe, nova=default' },
  );
  assert.deepEqual(models.aliases, [
    { name: 'whisper-1', target: 'whisper:base' },
    { name: 'acme/ears', target: 'whisper' },
    { name: 'whisper-1', target: 'whisper:tiny' },
  ]);
  assert.deepEqual(
    models.voiceAliases.map(({ name, target }) => `${name}>${target}`),
    ['alloy>af_heart', 'alloy>joe', 'nova>default'],
  );
  for (const wrong of ['whisper-1', '=whisper', 'a=', 'a=b=c', 'a b=c'])
    assert.match(refusal({ alias: [wrong] }).message, /--alias .*NAME=TARGET/);
});

test("the variables of Yap's own clients are read as they are, whatever is taken the place of", () => {
  const env = { VOXTRAL_SERVER: ' gpu-box:8000 ', VOXTRAL_API_KEY: 'k1', VOX_API_KEY: 'k2' };
  for (const compat of ['vox', 'yap']) {
    const { client } = loadConfig({
      command: 'client',
      flags: {},
      env: { ...env, VOX_COMPAT: compat },
      machine,
    });
    assert.deepEqual(client.voxtral, { server: 'gpu-box:8000', apiKey: 'k1' });
    assert.equal(client.apiKey, 'k2');
  }
});

test('gRPC is off, on a port, or on any', () => {
  const port = (text: string | undefined, flags: Flags = {}) =>
    serve(flags, text === undefined ? {} : { VOX_GRPC_PORT: text }).server.grpcPort;
  assert.equal(port(undefined), undefined);
  assert.equal(port('0'), undefined);
  assert.equal(port('off'), undefined);
  assert.equal(port('any'), 0);
  assert.equal(port('9090'), 9090);
  assert.equal(port('9090', { grpc: '9091' }), 9091);
  assert.equal(port(undefined, { grpcPort: '9092' }), 9092);
  assert.throws(() => port('70000'), /VOX_GRPC_PORT=70000/);
});
