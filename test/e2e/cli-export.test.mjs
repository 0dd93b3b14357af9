/** Models for a machine without a network: out of one VOX_HOME, into an empty one, and they listen and speak there. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { wordErrors } from '../../tools/words.mjs';
import { NO_MODELS, VOX } from './server.mjs';

const SENTENCE = 'The quick brown fox jumps over the lazy dog near the garden wall.';
const MODELS = ['whisper:tiny.en', 'piper:en-us-joe-medium'];
/** Every source leads to a port where nobody is, so that nothing can come from anywhere but the file. */
const NOWHERE = 'http://127.0.0.1:1';
const NO_NETWORK = {
  HF_ENDPOINT: NOWHERE,
  HF_HUB_OFFLINE: '1',
  PIP_INDEX_URL: NOWHERE,
  npm_config_registry: NOWHERE,
  HTTP_PROXY: NOWHERE,
  HTTPS_PROXY: NOWHERE,
  VOX_PYTHON: join(tmpdir(), 'no-python'),
  VOX_NPM: join(tmpdir(), 'no-npm'),
};

describe('vox export, vox import', { skip: NO_MODELS }, () => {
  let folder;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vox-export-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const vox = (home, ...args) =>
    promisify(execFile)(process.execPath, [VOX, ...args], {
      cwd: folder,
      // A host where nobody listens: each command loads what it needs by itself.
      env: { ...process.env, ...NO_NETWORK, VOX_HOME: home, VOX_HOST: NOWHERE },
    });

  it('carries a voice and a recogniser to an empty home, where they work', async () => {
    const bundle = join(folder, 'models.tar');
    const home = join(folder, 'home');
    const { stdout } = await vox(process.env.VOX_TEST_HOME, 'export', ...MODELS, '-o', bundle, '--json');
    const { bytes, models } = JSON.parse(stdout);
    assert.equal(bytes, statSync(bundle).size);
    for (const needed of [...MODELS, 'silero-vad:v5', 'espeak-ng-data:1.52', 'ffmpeg:7'])
      assert.ok(models.includes(needed), needed);

    await assert.rejects(vox(home, 'run', MODELS[0], bundle), /not found on this machine/);
    await vox(home, 'import', bundle);
    rmSync(bundle);
    // MP3: the pulled ffmpeg came along too.
    await vox(home, 'run', MODELS[1], SENTENCE, '-o', 'fox.mp3');
    const heard = await vox(home, 'run', MODELS[0], 'fox.mp3');
    const { errors, words } = wordErrors(SENTENCE, heard.stdout);
    assert.ok(errors / words <= 0.2, heard.stdout);

    const checked = JSON.parse((await vox(home, 'doctor', '--offline', '--json')).stdout);
    assert.deepEqual(
      checked.checks.filter(({ status }) => status === 'fail'),
      [],
    );
  });
});
