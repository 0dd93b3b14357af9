/** The ffmpeg that tests use, and small helpers. Not a test, and not published. */
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { findFfmpeg } from '../find-ffmpeg.js';

/** Path of ffmpeg from VOX_TEST_FFMPEG or PATH; undefined when there is none. */
export const FFMPEG: string | undefined = await findFfmpeg({
  ...(process.env.VOX_TEST_FFMPEG === undefined ? {} : { path: process.env.VOX_TEST_FFMPEG }),
  searchPath: process.env.PATH ?? '',
}).catch(() => undefined);

/** Options of a test that needs ffmpeg: `ffmpeg` is '' only where the test is skipped. */
export const ffmpeg: string = FFMPEG ?? '';
export const needsFfmpeg = {
  skip: FFMPEG === undefined && 'no ffmpeg: set VOX_TEST_FFMPEG or put it on PATH',
  timeout: 60_000,
};

/** A folder of this test alone, removed after it. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vox-audio-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Speech shared beside the checkout, if it is there. */
export const SHARED_AUDIO = new URL('../../../../../../shared/audio/', import.meta.url);
export const needsShared = {
  skip: await access(SHARED_AUDIO).then(
    () => false,
    () => '../shared/audio is not there',
  ),
};

/** All bytes that come, to the end. */
export async function allBytes(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** For `assert.rejects`: a VoxError of this code whose message matches. */
export function voxError(code: string, message = /./): (error: unknown) => boolean {
  return (error) => VoxError.is(error) && error.code === code && message.test(error.message);
}

/** A tone of 440 Hz at half scale. */
export function tone(sampleRate: number, seconds: number): Float32Array {
  return Float32Array.from(
    { length: Math.round(sampleRate * seconds) },
    (_, n) => 0.5 * Math.sin((2 * Math.PI * 440 * n) / sampleRate),
  );
}

/** Root mean square. */
export function level(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
}
