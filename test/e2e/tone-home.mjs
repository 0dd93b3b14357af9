/**
 * A VOX_HOME whose recogniser streams: the fixture with T-one's inputs and outputs, on the real sherpa engine. It hears what
 * `toneSpeech` says, and proves nothing about speech.
 */
import { createHash } from 'node:crypto';
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writeTone } from '../../packages/vox/dist/models/import/testing/tone.js';

export { HEAVY_LAYERS, LETTER_MS, toneSpeech } from '../../packages/vox/dist/models/import/testing/tone.js';

/** The reference of its only recogniser. */
export const TONE = 't-one:fixture';

/**
 * Returns the folder and a function that removes it. `layers`: 0 = light; `HEAVY_LAYERS` = 67 million parameters, 270 MB, as dear as
 * a real model.
 */
export async function toneHome(layers = 0) {
  const home = mkdtempSync(join(tmpdir(), 'vox-tone-'));
  const remove = () => rmSync(home, { recursive: true, force: true });
  try {
    const blobs = join(home, 'models/blobs');
    mkdirSync(blobs, { recursive: true });
    await writeTone(home, layers);
    const files = [];
    for (const name of ['model.onnx', 'tokens.txt']) {
      const path = join(home, name);
      const hash = createHash('sha256');
      await pipeline(createReadStream(path), hash);
      const digest = `sha256-${hash.digest('hex')}`;
      files.push({ name, digest, size: statSync(path).size });
      renameSync(path, join(blobs, digest));
    }
    const [name, tag] = TONE.split(':');
    mkdirSync(join(home, 'models/manifests', name), { recursive: true });
    writeFileSync(join(home, 'models/manifests', name, `${tag}.json`), JSON.stringify(manifest(files)));
  } catch (error) {
    remove();
    throw error;
  }
  return { home, remove };
}

function manifest(files) {
  return {
    schemaVersion: 1,
    reference: TONE,
    kind: 'stt',
    family: 'tone-ctc',
    engine: 'sherpa',
    description: 'a stand-in for T-one',
    license: { id: 'Apache-2.0' },
    languages: ['ru'],
    needs: [],
    parameters: {},
    files,
    origin: 'test',
    recipe: 'test',
    companion: false,
    pulledAt: '2026-01-01T00:00:00.000Z',
  };
}
