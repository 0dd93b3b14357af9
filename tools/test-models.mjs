/**
 * The models that tests and benchmarks use, pulled once into one folder: VOX_TEST_HOME, or `.cache/vox-home`.
 * Tests find the folder in VOX_TEST_HOME; where nothing can be pulled the variable stays unset and they say so.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './files.mjs';

export const TEST_MODELS = ['piper:en-us-joe-medium', 'whisper:tiny.en', 'whisper:base', 'ffmpeg'];
const VOX = join(ROOT, 'packages/vox/bin/vox.js');

export async function prepareModels() {
  const home = process.env.VOX_TEST_HOME ?? join(ROOT, '.cache/vox-home');
  for (const model of TEST_MODELS) {
    try {
      await promisify(execFile)(process.execPath, [VOX, 'pull', model], {
        env: { ...process.env, VOX_HOME: home },
      });
    } catch (error) {
      console.log(
        `tests without real weights: ${model} could not be pulled: ${error.stderr?.trim() || error.message}`,
      );
      delete process.env.VOX_TEST_HOME;
      return;
    }
  }
  process.env.VOX_TEST_HOME = home;
  // The tests of the media step run the same program that users pull.
  process.env.VOX_TEST_FFMPEG ??= join(
    home,
    'models/views/ffmpeg/7',
    process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg',
  );
}
