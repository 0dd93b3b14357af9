/**
 * vox-runtime's store laid out by hand: content-addressed blobs and one manifest, so that it serves
 * `whisper-stt:base` without a model hub, its registry or pip. `adapter_package` is left empty on purpose:
 * the adapter is found by its entry point in the same environment, and nothing is installed when the model
 * loads.
 */
import { copyFileSync, existsSync, linkSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from './weights.mjs';

const FILES = ['model.bin', 'config.json', 'tokenizer.json', 'vocabulary.json'];

function place(from, to) {
  if (existsSync(to)) return;
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

export async function layOutStore(home, weights) {
  const blobs = join(home, 'models/blobs');
  const manifests = join(home, 'models/manifests/library/whisper-stt');
  mkdirSync(blobs, { recursive: true });
  mkdirSync(manifests, { recursive: true });
  const layers = [];
  for (const filename of FILES) {
    const path = join(weights, filename);
    const digest = `sha256-${await sha256(path)}`;
    place(path, join(blobs, digest));
    const size = statSync(path).size;
    layers.push({ media_type: `application/vox.model.${filename.split('.').pop()}`, digest, size, filename });
  }
  const config = {
    architecture: 'whisper-stt-ct2',
    type: 'stt',
    adapter: 'whisper-stt-ct2',
    format: 'ct2',
    source: 'whisper-base',
    parameters: {},
    description: 'Whisper base, laid out by the benchmark',
    license: 'MIT',
    adapter_package: '',
  };
  writeFileSync(join(manifests, 'base'), JSON.stringify({ schema_version: 1, layers, config }, null, 2));
}
