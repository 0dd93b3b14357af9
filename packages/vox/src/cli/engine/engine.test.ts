/** `vox engine` as a child process, with a fake vllm and a fake nvidia-smi on PATH (local/vllm/vllm.test.support.ts). */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import {
  CARDS,
  fakeSmi,
  fakeVllm,
  freePort,
  lives,
  modelFolder,
} from '../../local/vllm/vllm.test.support.js';
import { runProgram } from '../program.test.support.js';

const REALTIME = 'voxtral-stt:realtime-4b';
let folder = '';
let programs = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vox-engine-'));
  programs = join(folder, 'programs');
  await mkdir(programs);
});

afterEach(async () => {
  await vox('stop', '--all');
  await rm(folder, { recursive: true, force: true });
});

/** Only the fakes and the shell's own programs are on PATH: a machine with a GPU gives the same answers. */
const run = (args: readonly string[], env: Record<string, string> = {}) =>
  runProgram(['engine', ...args], {
    cwd: folder,
    env: { PATH: [programs, dirname(process.execPath), '/bin', '/usr/bin'].join(':'), ...env },
  });
const vox = (...args: string[]) => run(args);

interface DryRun {
  readonly command: string[];
  readonly env: Record<string, string>;
  readonly tuning: string;
  readonly warnings: string[];
}

async function dryRun(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<DryRun & { text: string }> {
  const ended = await run(['start', ...args, '--dry-run', '--json'], env);
  assert.equal(ended.code, 0, ended.err);
  const found = JSON.parse(ended.out) as DryRun;
  return { ...found, text: found.command.join(' ') };
}

test('a dry run prints the exact command, quoted for a shell, tuned to the GPU by its name and memory', async () => {
  const folders = [`--model-dir`, await modelFolder(join(folder, 'model'), {}, 9 * 1024 ** 3)];
  const cases = [
    [CARDS.h100, '4096', '512'],
    // 0.90 x (46068 MiB x 0.92 - 9216 MiB) / 104 MiB
    [CARDS.l40s, '2048', '287'],
    [CARDS.unknown, '2048', '115'],
  ] as const;
  for (const [card, batched, sequences] of cases) {
    await fakeSmi(programs, card);
    const { text } = await dryRun([REALTIME, ...folders]);
    assert.match(text, new RegExp(`--max-num-seqs ${sequences} --max-num-batched-tokens ${batched} `), card);
  }
  await rm(join(programs, 'nvidia-smi'));
  const { out, err, code } = await vox('start', REALTIME, '--dry-run');
  assert.equal(code, 0, err);
  assert.ok(
    out.endsWith(
      `vllm serve mistralai/Voxtral-Mini-4B-Realtime-2602 --tokenizer-mode mistral --compilation_config '{"cudagraph_mode":"PIECEWISE"}' --gpu-memory-utilization 0.92 --max-model-len 1024 --max-num-seqs 128 --max-num-batched-tokens 2048 --host 127.0.0.1 --port 8000\n`,
    ),
    out,
  );
  assert.match(out, /^VLLM_DISABLE_COMPILE_CACHE=1 /);
});

test("every variable of the original's does what it did; a flag of ours wins", async () => {
  const model = await modelFolder(join(folder, 'model'));
  const env = {
    ...{
      VOX_COMPAT: 'yap',
      VOXTRAL_MODEL_DIR: model,
      VLLM_GPU_MEMORY_UTILIZATION: '7',
      VLLM_MAX_MODEL_LEN: '2048',
    },
    ...{ VLLM_MAX_NUM_SEQS: '9', VLLM_ENFORCE_EAGER: 'yes', VLLM_KV_CACHE_DTYPE: 'fp8', VLLM_DTYPE: 'half' },
    ...{ VLLM_CALCULATE_KV_SCALES: '1', VLLM_COMPILATION_CONFIG: 'null', VLLM_DISABLE_COMPILE_CACHE: '0' },
    ...{ VOXTRAL_SERVED_MODEL_NAME: 'ears', VOXTRAL_TRANSCRIPTION_DELAY_MS: 'soon' },
  };
  const yap = await dryRun(['--max-model-len', '4096'], env);
  assert.equal(
    yap.text,
    `vllm serve ${model} --tokenizer-mode mistral --gpu-memory-utilization 0.92 --max-model-len 4096 --max-num-seqs 9 --max-num-batched-tokens 2048 --dtype half --calculate-kv-scales --enforce-eager --host 127.0.0.1 --port 8000 --served-model-name ears`,
  );
  assert.deepEqual((yap as unknown as { delay: unknown }).delay, { folder: model, ms: 400 });
  assert.match(yap.warnings.join(), /KV cache is auto, not fp8/);
  assert.equal(yap.env.VLLM_DISABLE_COMPILE_CACHE, undefined);
  const bad = await run(['start', '--dry-run'], { ...env, VOXTRAL_TRANSCRIPTION_DELAY_MS: '81' });
  assert.deepEqual(
    [bad.code, bad.err],
    [2, 'Error: VOXTRAL_TRANSCRIPTION_DELAY_MS=81: expected a multiple of 80 from 80 to 2400\n'],
  );
});

test('voices, other recognisers and containers get what they need, and only what was asked for', async () => {
  const voice = await dryRun(['qwen3-tts:0.6b']);
  assert.match(voice.text, /--omni .*--port 8091$/);
  assert.ok(!voice.text.includes('gpu-memory'), voice.text);
  const ears = await dryRun(['qwen3-asr:1.7b', '--port', '8001', '--max-num-seqs', '4']);
  assert.match(
    ears.text,
    /Qwen3-ASR-1\.7B --gpu-memory-utilization 0\.92 --max-num-seqs 4 --host 127\.0\.0\.1 --port 8001$/,
  );
  const boxed = await dryRun(['qwen3-asr:1.7b', '--container', '--container-program', 'podman']);
  assert.match(
    boxed.text,
    /^podman run --rm --name vox-engine-qwen3-asr-1-7b .*vllm\/vllm-openai:latest serve Qwen/,
  );
  const spoken = await dryRun(['qwen3-tts:0.6b', '--container', '--container-program', 'docker']);
  assert.match(spoken.text, / vllm\/vllm-omni:v[\d.]+ serve Qwen.* --omni /);
  const own = await dryRun(['qwen3-asr:1.7b', '--container', 'me/vllm:1', '--container-program', 'docker']);
  assert.match(own.text, /^docker run .* me\/vllm:1 serve /);
});

test('wrong use is exit 2 and says what to do; nuke asks for its word', async () => {
  const cases: [string[], number, RegExp][] = [
    [['start'], 2, /name a model, e\.g\. voxtral-stt:realtime-4b/],
    [['start', 'whisper:base'], 1, /whisper:base is not run by vLLM/],
    [
      ['start', REALTIME, '--delay-ms', '100'],
      2,
      /--delay-ms 100: expected a multiple of 80 from 80 to 2400/,
    ],
    [['start', REALTIME, '--delay-ms', '240'], 2, /name it with --model-dir/],
    [['start', 'qwen3-asr:1.7b', '--delay-ms', '240'], 2, /has no delay/],
    [['start', REALTIME, '--model-dir', 'none'], 1, /none has no params\.json, .*hf download mistralai/],
    [['start', REALTIME, '--gpu-memory-utilization', '92'], 2, /above 0, at most 1/],
    [['stop', '--nuke'], 2, /^Error: Refusing to nuke without explicit NUKE=1\n$/],
    [['warmup'], 2, /no engine was started/],
  ];
  for (const [args, code, message] of cases) {
    const ended = await run(args);
    assert.match(ended.err, message, args.join(' '));
    assert.equal(ended.code, code, args.join(' '));
  }
});

test('start, status, warmup, logs, restart with the same flags, stop, nuke', async () => {
  await fakeVllm(programs);
  await fakeSmi(programs, CARDS.h100);
  const port = String(await freePort());
  const model = await modelFolder(join(folder, 'model'), { audio: { transcription_delay_ms: 480 } });
  const flags = ['--port', port, '--model-dir', model, '--delay-ms', '240'];
  const started = await vox('start', REALTIME, ...flags);
  assert.equal(started.code, 0, started.err);
  assert.match(
    started.out,
    /^Started vLLM for voxtral-stt:realtime-4b: process \d+, .*\n .*H100.*\n {2}log: .*\nHealthy after /,
  );
  assert.match(started.out, new RegExp(`vox serve --upstream http://127\\.0\\.0\\.1:${port}\n$`));
  const tokenizer = JSON.parse(await readFile(join(model, 'tekken.json'), 'utf8'));
  assert.deepEqual(tokenizer, { audio: { transcription_delay_ms: 240 } });

  const again = await vox('start', REALTIME, ...flags);
  assert.deepEqual([again.code, again.out], [1, '']);
  assert.match(again.err, /runs already .*vox engine stop, or vox engine restart/);

  const { engines } = JSON.parse((await vox('status', '--json')).out) as {
    engines: { pid: number; status: string }[];
  };
  const pid = engines[0]?.pid ?? 0;
  assert.equal(engines[0]?.status, 'healthy');
  assert.match((await vox('logs', '-n', '1')).out, /^fake vllm: \{"args":\["serve",/);

  const restarted = await vox('restart', '--json');
  assert.equal(restarted.code, 0, restarted.err);
  const { pid: next, command } = JSON.parse(restarted.out) as { pid: number; command: string[] };
  assert.equal(await lives(pid), false);
  assert.deepEqual(command.slice(-4, -2), ['--port', port], 'the flags of the first start');

  const nuked = await run(['stop', '--nuke'], { NUKE: '1' });
  assert.equal(nuked.code, 0, nuked.err);
  assert.match(
    nuked.out,
    /^voxtral-stt:realtime-4b: stopped\nRemoved .*engine-voxtral-stt--realtime-4b\.log\n$/,
  );
  assert.equal(await lives(next), false);
  assert.match((await vox('status')).out, /^No engine was started/);
});

test('a crash shows its last lines; warmup says times over the wire of the model', async () => {
  await fakeVllm(programs);
  const port = String(await freePort());
  const crash = await modelFolder(join(folder, 'crash'));
  const crashed = await vox('start', REALTIME, '--port', port, '--model-dir', crash);
  assert.equal(crashed.code, 1);
  assert.match(
    crashed.err,
    /exit code 3 before it was healthy\.[\s\S]*line 30\nValueError: no room for the KV cache\n$/,
  );
  const started = await vox('start', 'qwen3-asr:1.7b', '--port', port, '--json');
  assert.equal(JSON.parse(started.out).healthy, true, started.err);
  const warm = JSON.parse((await vox('warmup', '--json', '-n', '2')).out) as {
    requests: { text: string; totalMs: number }[];
  };
  assert.equal(warm.requests.length, 2);
  assert.match(warm.requests[0]?.text ?? '', /^heard 6\d{4} bytes$/, '2 s of 16-bit sound at 16 kHz');
});

test('doctor names driver, CUDA, GPU, vllm and what fits; exit 1 without a GPU, with what to do', async () => {
  const bare = await vox('doctor');
  assert.equal(bare.code, 1);
  assert.match(bare.out, /^fail {2}driver .*no nvidia-smi\n +-> .*--upstream .*--dry-run/m);
  assert.match(bare.out, /^ok {4}voxtral-stt:realtime-4b {2}needs 16 GiB$/m);
  await fakeVllm(programs);
  await fakeSmi(programs, `${CARDS.unknown}`);
  const good = await vox('doctor');
  assert.equal(good.code, 0, good.out + good.err);
  assert.match(good.out, /^ok {4}driver +570\.86\.15$/m);
  assert.match(good.out, /^ok {4}CUDA +12\.8$/m);
  assert.match(
    good.out,
    /^ok {4}GPU 0 +NVIDIA Fantasia 77, 24\.0 GiB \(23\.4 GiB free\), compute capability 12\.0; 2048/m,
  );
  assert.match(good.out, /^ok {4}vllm +0\.21\.0$/m);
  assert.match(good.out, /^ok {4}voxtral-stt:realtime-4b {2}fits: needs 16 GiB$/m);
  assert.match(
    good.out,
    /^warn {2}voxtral-stt:small-24b {2}does not fit: needs about 27 GiB on each of 2 GPUs$/m,
  );
  await fakeSmi(programs, CARDS.old, '11.4');
  const old = await vox('doctor', '--json');
  assert.equal(old.code, 1);
  const failed = (JSON.parse(old.out) as { checks: { name: string; status: string }[] }).checks;
  assert.deepEqual(
    failed.filter(({ status }) => status === 'fail').map(({ name }) => name),
    ['CUDA', 'GPU 0'],
  );
});
