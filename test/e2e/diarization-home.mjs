/**
 * A VOX_HOME with the recogniser of the other tests and a model that tells voices apart: pulled once into
 * VOX_TEST_DIARIZATION_HOME, or `.cache/vox-diarization`.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../tools/files.mjs';
import { NO_MODELS, VOX } from './server.mjs';

/** The folder; or why there is none. Models of VOX_TEST_HOME are taken over as they are, and nothing is added there. */
export async function diarizationHome(models = ['whisper/base', 'silero-vad/v5', 'ffmpeg/7']) {
  if (NO_MODELS) return { reason: NO_MODELS };
  const home = process.env.VOX_TEST_DIARIZATION_HOME ?? join(ROOT, '.cache/vox-diarization');
  const env = { ...process.env, VOX_HOME: home };
  try {
    await promisify(execFile)(process.execPath, [VOX, 'pull', 'diarization'], { env });
    for (const model of models) take(process.env.VOX_TEST_HOME, home, model);
    return { home, reason: false };
  } catch (error) {
    return {
      reason: `the model that tells voices apart could not be pulled: ${error.stderr || error.message}`,
    };
  }
}

function take(from, to, model) {
  const manifest = join('models/manifests', `${model}.json`);
  if (existsSync(join(to, manifest))) return;
  const { files } = JSON.parse(readFileSync(join(from, manifest), 'utf8'));
  for (const path of [...files.map(({ digest }) => join('models/blobs', digest)), manifest]) {
    const target = join(to, path);
    if (existsSync(target)) continue;
    mkdirSync(dirname(target), { recursive: true });
    try {
      linkSync(join(from, path), target);
    } catch {
      // Another file system.
      copyFileSync(join(from, path), target);
    }
  }
}
