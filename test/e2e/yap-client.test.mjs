/** The recordings of `vox client`, spoken by a real voice on first use and read back through ffmpeg. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { samplePath } from '../../packages/vox/dist/cli/client/samples.js';
import { readSpeech } from '../../packages/vox/dist/cli/client/speech-file.js';
import { loadConfig } from '../../packages/vox/dist/config/index.js';
import { findOwnFfmpeg } from '../../packages/vox/dist/local/ffmpeg.js';
import { NO_MODELS } from './server.mjs';

/** PCM16 mono at 16 kHz. */
const BYTES_PER_SECOND = 32_000;

describe('the recordings of vox client', { skip: NO_MODELS }, () => {
  let home;
  let config;
  const notes = [];
  const output = {
    line: () => undefined,
    raw: () => undefined,
    terminal: undefined,
    note: (text) => notes.push(text),
  };
  const { signal } = new AbortController();

  before(async () => {
    // A home of its own, so that they are spoken here and now, with the models that were pulled.
    home = await mkdtemp(join(tmpdir(), 'vox-samples-'));
    await symlink(join(process.env.VOX_TEST_HOME, 'models'), join(home, 'models'));
    // Nobody listens on the discard port: the voice is loaded in this process.
    config = loadConfig({ env: { VOX_HOME: home, VOX_HOST: 'http://127.0.0.1:9' } });
  });
  after(() => rm(home, { recursive: true, force: true }));

  it('are spoken once, kept, and long enough to measure with', async () => {
    const path = await samplePath('realistic.mp3', config, output, signal);
    assert.equal(path, join(home, 'samples/realistic.mp3'));
    assert.match(notes[0], /^speaking the sample realistic\.mp3 with piper:/);
    const { mtimeMs } = await stat(path);
    const pcm = await readSpeech(path, () => findOwnFfmpeg(config.models, process.env.PATH ?? ''), signal);
    const seconds = pcm.length / BYTES_PER_SECOND;
    assert.ok(seconds > 18 && seconds < 40, `${seconds} s`);
    const samples = new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.length));
    assert.ok(
      samples.some((sample) => Math.abs(sample) > 3_000),
      'it is silent',
    );
    assert.equal(await samplePath('realistic.mp3', config, output, signal), path);
    assert.equal((await stat(path)).mtimeMs, mtimeMs);
    assert.deepEqual(await readdir(join(home, 'samples')), ['realistic.mp3']);
    assert.equal(notes.length, 1);
  });
});
