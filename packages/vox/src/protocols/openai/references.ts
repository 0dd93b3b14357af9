/** Recordings of known speakers as files, for as long as a request runs. */
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Diarize } from '../../runtime/types.js';
import type { DiarizeCommand } from './diarize-request.js';

export interface References {
  readonly diarize: Diarize;
  /** Removes the files. Idempotent. */
  dispose(): Promise<void>;
}

/** Writes the recordings into `directory`. Nothing is left there when this rejects. */
export async function keepReferences(command: DiarizeCommand, directory: string): Promise<References> {
  const { by, known } = command;
  const files = known.map(({ name, audio }) => ({
    name,
    audio,
    path: join(directory, `known-${randomUUID()}`),
  }));
  const dispose = async () => {
    await Promise.all(files.map(({ path }) => rm(path, { force: true })));
  };
  try {
    for (const { path, audio } of files) await writeFile(path, audio, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    diarize: {
      ...(by === undefined ? {} : { by }),
      known: files.map(({ name, path }) => ({ name, path })),
    },
    dispose,
  };
}
