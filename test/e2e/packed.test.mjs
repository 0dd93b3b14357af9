/**
 * The product as a user gets it: packed by npm, installed in an empty folder without optional dependencies; its first pull
 * brings the engine. Real npm, real registry; Vox's own engine, which no registry carries, comes from the pack's folder.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { encodeWav } from '../../packages/audio/dist/index.js';
import { toneSpeech, writePublishedTone } from '../../packages/vox/dist/models/import/testing/tone.js';
import { ROOT } from '../../tools/files.mjs';
import { replayHome } from './replay-home.mjs';
import { NO_MODELS, startServer } from './server.mjs';

const VOICE = 'piper:en-us-joe-medium';
const HEARS = 'whisper:tiny.en';
const HOUSE = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  'LICENSE',
  'NOTICE',
  'tools',
  'bench/package.json',
];
/** T-one with a language model as Vox's own catalog has it, but for where its files come from. */
const SEARCHED = {
  reference: 't-one:ru-beam',
  override: true,
  kind: 'stt',
  family: 'tone-ctc',
  engine: 'onnx',
  description: 'a stand-in for T-one',
  license: { id: 'Apache-2.0' },
  languages: ['ru'],
  importer: 't-one',
  parameters: { paged: 'kenlm.bin' },
};
const SAID = 'привет мир';
const run = promisify(execFile);
const windows = process.platform === 'win32';
const npm = (cwd, ...args) =>
  run('npm', [...args, '--no-audit', '--no-fund', '--loglevel', 'error'], { cwd, shell: windows });

/** T-one's files as they are published, with the fixture's weights and a small language model of KenLM; as a catalog names them. */
async function toneFiles(folder) {
  mkdirSync(folder);
  await writePublishedTone(folder);
  cpSync(join(ROOT, 'engines/onnx/testing/kenlm/trie.bin'), join(folder, 'kenlm.bin'));
  return ['model.onnx', 'vocab.json', 'kenlm.bin'].map((name) => {
    const path = join(folder, name);
    const bytes = readFileSync(path);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { as: name, paths: [path], size: bytes.length, sha256 };
  });
}

describe('packed and installed in an empty folder', { skip: NO_MODELS }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vox-packed-'));
  const packs = join(folder, 'packs');
  const installed = join(folder, 'installed');
  const home = join(folder, 'home');
  const program = join(installed, 'node_modules/@vox-speech/vox/bin/vox.js');
  const env = { ...process.env, VOX_HOME: home, VOX_ENGINE_SOURCE: packs, VOX_HOST: '' };
  /** Resolves with what `vox` printed and its exit code, whatever that is. */
  const vox = (...args) => voxAt(home, ...args);
  const voxAt = (voxHome, ...args) =>
    run(process.execPath, [program, ...args], { cwd: installed, env: { ...env, VOX_HOME: voxHome } }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );

  before(async () => {
    // A copy, so that what packing puts beside the sources meets no other test.
    const house = join(folder, 'house');
    for (const path of HOUSE) cpSync(join(ROOT, path), join(house, path), { recursive: true });
    for (const group of ['packages', 'engines'])
      for (const name of readdirSync(join(ROOT, group)))
        for (const part of ['package.json', 'bin', 'dist'])
          if (existsSync(join(ROOT, group, name, part)))
            cpSync(join(ROOT, group, name, part), join(house, group, name, part), { recursive: true });
    for (const path of [packs, installed]) mkdirSync(path);
    await npm(
      house,
      'pack',
      ...['engines/sherpa', 'engines/onnx', 'packages/vox'].flatMap((name) => ['-w', name]),
      '--pack-destination',
      packs,
    );
    const tarball = readdirSync(packs).find((name) => name.startsWith('vox-speech-vox-'));
    await npm(installed, 'install', '--omit=optional', join(packs, tarball));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('has no engine, and says which one it pins', async () => {
    assert.deepEqual(readdirSync(join(installed, 'node_modules/@vox-speech')), ['vox']);
    const { version } = JSON.parse(readFileSync(join(ROOT, 'packages/vox/package.json'), 'utf8'));
    assert.equal(
      (await run('npx', ['vox', '--version'], { cwd: installed, shell: windows })).stdout.trim(),
      version,
    );
    const { stdout } = await vox('engines', 'list', '--json');
    assert.deepEqual(
      JSON.parse(stdout).engines.find(({ name }) => name === 'sherpa'),
      {
        name: 'sherpa',
        version,
        origin: 'pinned',
        status: 'not installed',
      },
    );
  });

  it('installs the engine with the first pull, serving meanwhile, and speaks', async () => {
    const server = await startServer({ program, env, home });
    try {
      const pull = spawn(process.execPath, [program, 'pull', VOICE, '--json'], {
        env: { ...env, VOX_HOST: server.url },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let lines = '';
      pull.stdout.on('data', (chunk) => {
        lines += chunk;
      });
      let ended = false;
      const gone = new Promise((resolve) => pull.once('close', resolve)).finally(() => {
        ended = true;
      });
      while (!ended) {
        const health = await fetch(`${server.url}/v1/health`, { signal: AbortSignal.timeout(5_000) });
        assert.equal(health.status, 200);
        await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 100))]);
      }
      assert.equal(await gone, 0, lines);
      const said = lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).status);
      for (const status of [`pulling ${VOICE}`, 'checking adapter sherpa', 'adapter sherpa ready', 'success'])
        assert.ok(said.includes(status), `${status} is missing in:\n${lines}`);
    } finally {
      await server.stop();
    }
    const wav = join(folder, 'hello.wav');
    const spoken = await vox('run', VOICE, 'Hello there, this is a packed voice.', '-o', wav);
    assert.equal(spoken.code, 0, spoken.stderr);
    const bytes = readFileSync(wav);
    const loudest = Array.from({ length: (bytes.length - 44) >> 1 }, (_, i) =>
      Math.abs(bytes.readInt16LE(44 + 2 * i)),
    ).reduce((a, b) => Math.max(a, b), 0);
    assert.ok(bytes.length > 44 + 22_050 * 2 && loudest > 3_000, `${bytes.length} bytes, loudest ${loudest}`);
  });

  it('without its engine, speaking says what to do and installs nothing; a pull brings it back', async () => {
    const { stdout } = await vox('engines', 'rm', 'sherpa', '--json');
    assert.deepEqual(JSON.parse(stdout).models.includes(VOICE), true);
    const refused = await vox('run', VOICE, 'Hello.', '-o', join(folder, 'none.wav'));
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /engine 'sherpa' .* is not installed; run: vox pull piper:en-us-joe-medium/);
    assert.equal(existsSync(join(home, 'engines/sherpa')), false);
    assert.equal((await vox('pull', VOICE)).code, 0);
    const { stdout: listed } = await vox('engines', 'list', '--json');
    assert.equal(JSON.parse(listed).engines.find(({ name }) => name === 'sherpa').status, 'ready');
  });

  const searched = join(folder, 'searched');
  /** Of the engines `onnx` and `sherpa` of a home. */
  const statusesAt = async (voxHome) => {
    const { stdout } = await voxAt(voxHome, 'engines', 'list', '--json');
    const { engines } = JSON.parse(stdout);
    return ['onnx', 'sherpa'].map((wanted) => engines.find(({ name }) => name === wanted)?.status);
  };

  it('brings ONNX Runtime with the first model that needs it, and hears with it', async () => {
    const files = await toneFiles(join(folder, 't-one'));
    mkdirSync(join(searched, 'catalog'), { recursive: true });
    // Its own weights are on the hub alone, and have 5.6 GB; all else is as for these.
    writeFileSync(
      join(searched, 'catalog/t-one.json'),
      JSON.stringify({ version: 1, entries: [{ ...SEARCHED, sources: [{ type: 'file', files }] }] }),
    );
    const pulled = await voxAt(searched, 'pull', SEARCHED.reference, '--json');
    assert.equal(pulled.code, 0, pulled.stderr);
    const said = pulled.stdout.trim().split('\n');
    const statuses = said.map((line) => JSON.parse(line).status ?? '');
    for (const status of [
      /^installing adapter onnx \d/,
      /^downloading onnxruntime-node 1\./,
      // What calls the library, and its native part for this machine alone.
      /^downloading koffi \d/,
      new RegExp(`^downloading @koromix/koffi-${process.platform}-${process.arch} \\d`),
      /^adapter onnx ready$/,
      /^success$/,
    ])
      assert.ok(
        statuses.some((one) => status.test(one)),
        `${status} is missing in:\n${pulled.stdout}`,
      );
    const native = statuses.filter((one) => one.startsWith('downloading @koromix/'));
    assert.equal(new Set(native.map((one) => one.split(' ')[1])).size, 1, native.join('\n'));
    assert.deepEqual(await statusesAt(searched), ['ready', 'not installed']);
    const server = await startServer({
      program,
      env: { ...env, VOX_HOME: searched, VOX_STT_MODEL: SEARCHED.reference },
      home: searched,
    });
    try {
      for (const decoder of ['beam', 'greedy']) {
        const reply = await fetch(`${server.url}/transcribe?decoder=${decoder}`, {
          method: 'POST',
          headers: { 'content-type': 'audio/wav' },
          body: encodeWav(toneSpeech(SAID, 8_000), 8_000),
        });
        const answer = await reply.json();
        assert.equal(answer.full_text, SAID, JSON.stringify(answer));
        assert.equal(answer.warnings, undefined);
      }
    } finally {
      await server.stop();
    }
  });

  it('hears with Whisper out of a bundle on that engine alone, and says when a part of it is gone', async () => {
    const bundle = join(folder, 'whisper.tar');
    const exported = await voxAt(process.env.VOX_TEST_HOME, 'export', HEARS, '-o', bundle, '--no-ffmpeg');
    assert.equal(exported.code, 0, exported.stderr);
    const bare = join(folder, 'bare');
    assert.equal((await voxAt(bare, 'import', bundle)).code, 0);
    const wav = join(folder, 'hello.wav');
    const refused = await voxAt(bare, 'run', HEARS, wav);
    assert.match(refused.stderr, /engine 'onnx' .* is not installed; run: vox pull whisper:tiny\.en/);

    assert.equal((await voxAt(searched, 'import', bundle)).code, 0);
    const heard = await voxAt(searched, 'run', HEARS, wav);
    assert.equal(heard.code, 0, heard.stderr);
    assert.match(heard.stdout, /hello there.* voice/i);
    assert.deepEqual(await statusesAt(searched), ['ready', 'not installed']);

    const [version] = readdirSync(join(searched, 'engines/onnx'));
    const brought = join(
      searched,
      'engines/onnx',
      version,
      'node_modules/@vox-speech/engine-onnx/node_modules',
    );
    rmSync(join(brought, '@koromix'), { recursive: true });
    assert.match((await voxAt(searched, 'run', HEARS, wav)).stderr, /koffi has no library for /);
    const doctor = JSON.parse((await voxAt(searched, 'doctor', '--offline', '--json')).stdout);
    assert.equal(doctor.checks.find(({ name }) => name === 'engine onnx').status, 'fail');
  });

  it('takes somebody else’s engine from a folder, and runs a model on it', async () => {
    const scripted = replayHome({ 'mouth:1': { kind: 'tts' } });
    try {
      const at = (...args) => voxAt(scripted.home, ...args);
      const speak = () => at('run', 'mouth:1', 'Hello.', '-o', join(folder, 'tone.wav'));
      assert.match((await speak()).stderr, /engine 'replay' .* vox engines add PACKAGE/);
      const added = await at('engines', 'add', join(folder, 'house/engines/replay'));
      assert.equal(added.code, 0, added.stderr);
      assert.match(added.stdout, /^Added replay \d+\.\d+\.\d+ from /m);
      assert.match(
        (await at('engines', 'list')).stdout,
        /^NAME +VERSION +STATUS +ORIGIN +PATH\n(.*\n)*replay +\d\S+ +ready +added: /,
      );
      assert.equal((await speak()).code, 0);
      assert.equal((await at('engines', 'rm', 'replay')).stdout, 'Deleted replay\n');
      assert.equal((await at('engines', 'rm', 'replay')).code, 1);
    } finally {
      scripted.remove();
    }
  });
});
