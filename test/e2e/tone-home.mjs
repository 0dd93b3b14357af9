/**
 * A VOX_HOME whose recogniser streams: the fixture with T-one's inputs and outputs, on the real engine that the product runs the like
 * on. It hears what `toneSpeech` says, and proves nothing about speech.
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
import onnx from '../../engines/onnx/dist/index.js';
import { writeEightBit } from '../../packages/vox/dist/models/import/onnx/index.js';
import { writeTone } from '../../packages/vox/dist/models/import/testing/tone.js';

export {
  HEAVY_LAYERS,
  LETTER_MS,
  SEARCH_WORDS,
  toneSpeech,
} from '../../packages/vox/dist/models/import/testing/tone.js';

/** Natural log between a label and the next. */
const VAGUE = 2;
/** What an import writes of a model that searches. */
const INFO = {
  kind: 'stt',
  family: 'tone-ctc',
  sampleRate: 16_000,
  languages: ['ru'],
  voices: [],
  canTranslate: false,
  canDetectLanguage: false,
  canChooseLanguage: false,
  canTimeWords: true,
  canPrompt: false,
  decoders: ['beam', 'greedy'],
  concurrency: 1,
};

const { available, reason } = onnx.probe();
/** Why the ONNX Runtime engine can't be used here; false = it can. */
export const NO_ONNX = available ? false : reason;

/** The reference of its only recogniser. */
export const TONE = 't-one:fixture';

/**
 * Writes the fixture's model and tokens.txt into a folder that is there, and returns the names of the two files. `weights`: 'float32',
 * or 'int8' as the import of `t-one:ru-int8` makes them, of which the light fixture has none.
 */
export async function writeToneModel(directory, layers, weights, sharpness = undefined) {
  await writeTone(directory, layers, sharpness);
  if (weights === 'float32') return ['model.onnx', 'tokens.txt'];
  await writeEightBit(join(directory, 'model.onnx'), join(directory, 'model.int8.onnx'));
  rmSync(join(directory, 'model.onnx'));
  return ['model.int8.onnx', 'tokens.txt'];
}

/**
 * Returns the folder and a function that removes it. `layers`: 0 = light; `HEAVY_LAYERS` = 67 million parameters, 270 MB, as dear as
 * a real model. `weights`: 'float32', or 'int8', on the ONNX Runtime engine. `search`: on the ONNX Runtime engine, with this language
 * model of words (ARPA), and with labels beside what is said that are nearly as likely. `parameters`: of the manifest, e.g. `lateMs`.
 */
export async function toneHome({
  layers = 0,
  weights = 'float32',
  search = undefined,
  parameters = {},
} = {}) {
  const home = mkdtempSync(join(tmpdir(), 'vox-tone-'));
  const remove = () => rmSync(home, { recursive: true, force: true });
  try {
    const blobs = join(home, 'models/blobs');
    mkdirSync(blobs, { recursive: true });
    const names = await writeToneModel(home, layers, weights, search === undefined ? undefined : VAGUE);
    if (search !== undefined) {
      writeFileSync(join(home, 'lm.arpa'), search);
      names.push('lm.arpa');
    }
    const files = [];
    for (const name of names) {
      const path = join(home, name);
      const hash = createHash('sha256');
      await pipeline(createReadStream(path), hash);
      const digest = `sha256-${hash.digest('hex')}`;
      files.push({ name, digest, size: statSync(path).size });
      renameSync(path, join(blobs, digest));
    }
    const [name, tag] = TONE.split(':');
    mkdirSync(join(home, 'models/manifests', name), { recursive: true });
    writeFileSync(
      join(home, 'models/manifests', name, `${tag}.json`),
      JSON.stringify({ ...manifest(files, weights, search), parameters }),
    );
  } catch (error) {
    remove();
    throw error;
  }
  return { home, remove };
}

function manifest(files, weights, search) {
  return {
    schemaVersion: 1,
    reference: TONE,
    kind: 'stt',
    family: 'tone-ctc',
    engine: search === undefined && weights === 'float32' ? 'sherpa' : 'onnx',
    description: 'a stand-in for T-one',
    license: { id: 'Apache-2.0' },
    languages: ['ru'],
    needs: [],
    files,
    origin: 'test',
    recipe: 'test',
    companion: false,
    ...(search === undefined ? {} : { info: INFO }),
    pulledAt: '2026-01-01T00:00:00.000Z',
  };
}
