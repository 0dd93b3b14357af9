/** The pulled Whispers, a recording in ../shared and what tests ask of a loaded one. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WavDecoder } from '@vox-speech/audio';
import type { Model, ModelFiles, Segment, TranscribeOptions } from '@vox-speech/contract';
import { loadRuntime } from '../runtime/index.js';
import { loadWhisper } from './model.js';

const home = process.env.VOX_TEST_HOME;
const RECORDING = fileURLToPath(new URL('../../../../../shared/audio/jfk.wav', import.meta.url));

/** Hz. */
export const RATE = 16_000;
export const NO_MODELS = home === undefined && 'no model could be pulled (VOX_TEST_HOME is not set)';
export const NO_SPEECH = NO_MODELS || (!existsSync(RECORDING) && '../shared/audio is not there');

/** What is said in the recording, in lower case and without signs. */
export const SAID =
  'and so my fellow americans ask not what your country can do for you ask what you can do for your country';

/** The recording: 11 s of English at 16 kHz. */
export const recording = (): Float32Array => new WavDecoder().push(readFileSync(RECORDING));

export const silence = (seconds: number): Float32Array => new Float32Array(RATE * seconds);

/** Letters and digits alone, in lower case. */
export const wordsIn = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9' ]+/g, ' ')
    .replace(/ +/g, ' ')
    .trim();

/** What the engine is told of `whisper:TAG`, or of a copy of it in another folder. */
export const filesOf = (tag: string, directory = folderOf(tag)): ModelFiles => ({
  reference: `whisper:${tag}`,
  family: 'whisper',
  directory,
  companions: {},
  parameters: {},
});

export const folderOf = (tag: string): string => join(home ?? '', 'models', 'views', 'whisper', tag);

export const load = (tag: string, directory?: string, threads = 2): Promise<Model> =>
  loadWhisper(loadRuntime(), filesOf(tag, directory), { threads, device: 'cpu' });

/** All segments that come of some audio; of Whisper there is one at most. */
export async function hear(
  model: Model,
  samples: Float32Array,
  options: Partial<TranscribeOptions> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Segment | undefined> {
  const segments: Segment[] = [];
  const asked = { task: 'transcribe', words: false, ...options } as const;
  for await (const segment of model.transcribe?.({ samples, sampleRate: RATE }, asked, signal) ?? [])
    segments.push(segment);
  if (segments.length > 1) throw new Error(`${segments.length} segments of one window`);
  return segments[0];
}

/** The code of the error that ends a promise; 'done' where none does. */
export const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: { code?: unknown }) => error.code,
  );
