/**
 * The original STT server's mock backend (stt-ws.md 2.11) as a model of the engine `replay`, laid out in the store, so that
 * everything above it works as with any other.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WavDecoder } from '@vox-speech/audio';
import { VoxError } from '@vox-speech/contract';
import { writeFileDurably } from './durable.js';
import type { Store } from './store.js';

/** What it is called in lists and in `ready`. */
export const MOCK_MODEL = 'mock:stt-ws';
/** Name of the recording and its words in the original's folder `references`. */
const RECORDING = 'zero_shot_prompt';

export interface MockOptions {
  /** Folder with `zero_shot_prompt.txt` and `zero_shot_prompt.wav`. */
  readonly references: string;
  /** What each partial and each final costs, ms. */
  readonly delayMs: number;
}

/**
 * Writes the model; what was there under its name is replaced. Returns its reference. Throws `invalid_request` where the
 * recording or its text can't be read.
 */
export async function layOutMock(store: Store, { references, delayMs }: MockOptions): Promise<string> {
  const text = (await reference(references, 'txt')).toString('utf8').trim();
  const recording = new WavDecoder();
  const samples = recording.push(await reference(references, 'wav'));
  const rate = recording.header?.format.sampleRate;
  if (rate === undefined || samples.length === 0 || text === '')
    throw problem(references, 'it needs a text that is not empty and a WAV file with sound');
  const script = { kind: 'stt', text, expectedMs: (samples.length * 1000) / rate, delayMs };
  const bytes = JSON.stringify(script);
  const digest = `sha256-${createHash('sha256').update(bytes).digest('hex')}`;
  const path = join(store.layout.temporary, `${randomUUID()}.json`);
  await writeFileDurably(path, bytes);
  await store.commit(
    {
      schemaVersion: 1,
      reference: MOCK_MODEL,
      kind: 'stt',
      family: 'replay',
      engine: 'replay',
      description: 'Says the text of its reference recording, whatever it hears',
      license: { id: 'Apache-2.0' },
      languages: ['en'],
      needs: [],
      parameters: {},
      files: [{ name: 'script.json', digest, size: Buffer.byteLength(bytes) }],
      origin: references,
      recipe: digest,
      companion: false,
      pulledAt: new Date().toISOString(),
    },
    [{ digest, path }],
  );
  return MOCK_MODEL;
}

async function reference(folder: string, extension: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, `${RECORDING}.${extension}`));
  } catch (error) {
    throw problem(folder, (error as Error).message, error);
  }
}

function problem(folder: string, why: string, cause?: unknown): VoxError {
  return new VoxError(
    'invalid_request',
    `the mock backend reads ${RECORDING}.txt and ${RECORDING}.wav in ${folder}: ${why}; put them there, or set VOX_MOCK_REFERENCES to their folder`,
    { param: 'VOX_MOCK_REFERENCES', ...(cause === undefined ? {} : { cause }) },
  );
}
