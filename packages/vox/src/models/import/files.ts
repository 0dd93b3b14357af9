/** Delivered files by the names that the catalog gives them, and what every importer does with them. */
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { VoxError } from '@vox-speech/contract';
import type { z } from 'zod';

/** Path of a file that an importer can't do without. Throws VoxError `model_broken` when the catalog entry lacks it. */
export function requireFile(files: Readonly<Record<string, string>>, name: string): string {
  const path = files[name];
  if (path === undefined)
    throw new VoxError('model_broken', `${name} did not come with the model; its catalog entry must list it`);
  return path;
}

function broken(path: string, what: string, cause?: unknown): VoxError {
  return new VoxError('model_broken', `${path}: ${what}; pull the model again`, { cause });
}

/** Text of a JSON file, parsed and checked. Throws VoxError `model_broken`. */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw broken(path, 'not JSON', error);
    throw error;
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw broken(
      path,
      `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'unexpected'}`,
      parsed.error,
    );
  }
  return parsed.data;
}

/** Writes the files one after the other to a new file, a piece at a time. */
export async function concatenateFiles(
  sources: readonly string[],
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  await pipeline(
    async function* () {
      for (const source of sources) yield* createReadStream(source);
    },
    createWriteStream(target, { flags: 'wx' }),
    ...(signal === undefined ? [] : [{ signal }]),
  );
}
