/** Manifests: read with suspicion, written in one step. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { VoxError } from '@vox-speech/contract';
import type { z } from 'zod';
import { lazySchema } from '../schema.js';
import { writeFileDurably } from './durable.js';
import { DIGEST, isSafeName } from './layout.js';
import { parseReference } from './reference.js';
import { REMOTE_ENGINE } from './remote.js';
import type { CatalogEntry, Manifest, ManifestFile, StatedHash } from './types.js';

/** Raised when an importer's output changes, so that what older versions made is made again. */
export const IMPORT_REVISION = 3;

type Zod = typeof z;

const schema = lazySchema((z) => manifestSchema(z));

function manifestSchema(z: Zod) {
  const text = z.string().max(4096);
  const parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

  const info = z.object({
    kind: z.enum(['stt', 'tts', 'vad', 'turn', 'diarizer']),
    family: text,
    sampleRate: z.number().positive(),
    languages: z.array(text),
    voices: z.array(
      z.object({
        id: text,
        name: text,
        language: text.optional(),
        gender: z.enum(['female', 'male']).optional(),
        warning: text.optional(),
      }),
    ),
    maxWindowMs: z.number().optional(),
    speed: z.object({ min: z.number(), max: z.number() }).optional(),
    canTranslate: z.boolean(),
    canDetectLanguage: z.boolean(),
    canChooseLanguage: z.boolean().optional(),
    canTimeWords: z.boolean(),
    canPrompt: z.boolean(),
    canBias: z.literal(true).optional(),
    promptCharacters: z.number().optional(),
    canScore: z.literal(true).optional(),
    decoders: z.array(z.enum(['greedy', 'beam'])).optional(),
    canInstruct: z.literal(true).optional(),
    cloning: z.boolean().optional(),
    cloningNeedsText: z.boolean().optional(),
    concurrency: z.number(),
  });

  const manifest = z.object({
    schemaVersion: z.literal(1),
    reference: z.string().refine(isReference, 'not a reference'),
    kind: z.enum(['stt', 'tts', 'vad', 'turn', 'diarizer', 'data', 'program']),
    family: text,
    engine: text.optional(),
    description: text,
    license: z.object({
      id: text,
      url: text.optional(),
      nonCommercial: z.boolean().optional(),
      note: text.optional(),
    }),
    languages: z.array(text),
    needs: z.array(z.string().refine(isReference, 'not a reference')),
    parameters,
    files: z.array(
      z.object({
        name: z.string().refine(isSafeName, 'not a safe file name'),
        digest: z.string().regex(DIGEST),
        size: z.number().int().nonnegative(),
        executable: z.boolean().optional(),
      }),
    ),
    origin: text,
    hashes: z
      .array(
        z.object({
          file: text,
          digest: z.string().regex(/^(sha256-[0-9a-f]{64}|git-[0-9a-f]{40})$/),
          size: z.number().int().nonnegative(),
          statedBy: z.enum(['catalog', 'hub']),
        }),
      )
      .optional(),
    licenseAccepted: z.boolean().optional(),
    recipe: text,
    companion: z.boolean(),
    info: info.optional(),
    pulledAt: text,
  });
  return manifest.refine(({ files, engine }) => files.length > 0 || engine === REMOTE_ENGINE, {
    path: ['files'],
    message: 'only a model that runs elsewhere has none',
  });
}

function isReference(value: string): boolean {
  try {
    parseReference(value);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads one manifest. `undefined` where there is none; throws `model_broken` where the file is not a manifest of
 * the reference that its place says.
 */
export async function readManifest(path: string, reference: string): Promise<Manifest | undefined> {
  let bytes: string;
  try {
    bytes = await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw broken(reference, code ?? 'unreadable');
  }
  let value: unknown;
  try {
    value = JSON.parse(bytes);
  } catch {
    throw broken(reference, 'not JSON');
  }
  return checkManifest(value, reference);
}

/** A value from outside as the manifest of `reference`. Throws `model_broken` that names the field at fault. */
export function checkManifest(value: unknown, reference: string): Manifest {
  const result = schema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw broken(reference, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a manifest'}`);
  }
  if (result.data.reference !== reference)
    throw broken(reference, `it is the manifest of ${result.data.reference}`);
  return result.data as Manifest;
}

/** Writes a manifest whole or not at all. */
export async function writeManifest(path: string, manifest: Manifest): Promise<void> {
  await writeFileDurably(path, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** What a pull adds to the words of the entry. */
export interface Pulled {
  readonly files: readonly ManifestFile[];
  readonly origin: string;
  readonly hashes: readonly StatedHash[];
  readonly companion: boolean;
  readonly info?: Manifest['info'] | undefined;
}

/** The manifest of an entry that was pulled now. */
export function manifestOf(
  entry: CatalogEntry,
  { files, origin, hashes, companion, info }: Pulled,
): Manifest {
  return {
    schemaVersion: 1,
    reference: entry.reference,
    kind: entry.kind,
    family: entry.family,
    ...(entry.engine === undefined ? {} : { engine: entry.engine }),
    description: entry.description,
    license: entry.license,
    languages: entry.languages,
    needs: entry.needs,
    parameters: entry.parameters,
    files,
    origin,
    hashes,
    // A pull of weights that ask for consent does not begin without it.
    ...(entry.license.nonCommercial === true ? { licenseAccepted: true } : {}),
    recipe: recipeOf(entry),
    companion,
    ...(info === undefined ? {} : { info }),
    pulledAt: new Date().toISOString(),
  };
}

/** Hash of everything in an entry that decides what its pull makes. */
export function recipeOf(entry: CatalogEntry): string {
  const { sources, importer, parameters, family, engine, kind, needs } = entry;
  const value = { revision: IMPORT_REVISION, sources, importer, parameters, family, engine, kind, needs };
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function broken(reference: string, why: string): VoxError {
  return new VoxError(
    'model_broken',
    `the manifest of ${reference} is damaged (${why}); run: vox pull ${reference}`,
  );
}
