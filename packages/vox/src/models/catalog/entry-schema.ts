/** What an entry of a user's own catalog must look like. Every field is documented in docs/catalog.md. */
import type { z } from 'zod';
import { lazySchema } from '../../schema.js';
import { isSafeName } from '../layout.js';
import { parseReference } from '../reference.js';
import type { CatalogEntry, SourceFile } from '../types.js';

type Zod = typeof z;

/** Entries of one file. */
const MAX_ENTRIES = 1_000;

/** One entry as it is written, before defaults. */
export type WrittenEntry = Omit<CatalogEntry, 'from' | 'unavailable' | 'minor'> & {
  readonly override: boolean;
};

const parsed = (text: string) => {
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
};

const reference = (z: Zod) =>
  z.string().refine(parsed, {
    error: 'must be name:tag of lower-case letters, digits, ".", "_" and "-", e.g. mine:1',
  });
const sha256 = (z: Zod) => z.string().regex(/^[0-9a-f]{64}$/, { error: 'must be 64 lower-case hex digits' });
const bytes = (z: Zod) =>
  z.number().int({ error: 'must be a number of bytes' }).positive({ error: 'must be a number of bytes' });
const address = (z: Zod) =>
  z.string().refine((text) => /^https?:\/\/./.test(text) && URL.canParse(text), {
    error: 'must be an http or https address',
  });
const text = (z: Zod, longest: number) => z.string().min(1, { error: 'must not be empty' }).max(longest);

function file(z: Zod) {
  return z.strictObject({
    as: z.string().refine((name) => name === '' || isSafeName(name), {
      error: 'must be a relative file name without ".."',
    }),
    paths: z.array(text(z, 2_000)).min(1).max(100),
    size: bytes(z).optional(),
    sha256: sha256(z).optional(),
    md5: z
      .string()
      .regex(/^[0-9a-f]{32}$/, { error: 'must be 32 lower-case hex digits' })
      .optional(),
    executable: z.boolean().optional(),
  });
}

const packageName = (z: Zod) =>
  z
    .string()
    .regex(/^(@[a-z0-9._-]+\/)?[A-Za-z0-9][A-Za-z0-9._-]*$/, { error: 'must be the name of a package' });
const exactVersion = (z: Zod) =>
  z.string().regex(/^[0-9][A-Za-z0-9.+_-]*$/, { error: 'must be one exact version' });

/** Where nobody else states a hash, the entry must. */
function pinned(z: Zod) {
  return file(z).extend({ sha256: sha256(z) });
}

function source(z: Zod) {
  const files = z.array(file(z)).min(1).max(1_000);
  const machine = z
    .string()
    .regex(/^[a-z0-9]+-[a-z0-9]+$/, { error: 'must be e.g. linux-x64' })
    .optional();
  const packaged = z.strictObject({
    manager: z.enum(['pip', 'npm']),
    name: packageName(z),
    version: exactVersion(z),
    platform: text(z, 100).optional(),
    python: text(z, 10).optional(),
    size: bytes(z),
    sha256: sha256(z),
  });
  const web = z.strictObject({
    manager: z.literal('https'),
    url: address(z),
    format: z.enum(['tar.bz2', 'tar.gz', 'file']),
    size: bytes(z),
    sha256: sha256(z),
  });
  const packages = z
    .array(z.discriminatedUnion('manager', [packaged, web]))
    .min(1)
    .max(20);
  return z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('packages'), machine, packages, files }),
    z.strictObject({
      type: z.literal('hf'),
      repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, { error: 'must be owner/name' }),
      revision: z
        .string()
        .regex(/^[0-9a-f]{40}$/, { error: 'must be a commit (40 hex digits), not a branch' }),
      files,
    }),
    z.strictObject({
      type: z.literal('https'),
      files: z.array(pinned(z).extend({ paths: z.array(address(z)).length(1) })).min(1),
    }),
    z.strictObject({ type: z.literal('file'), files: z.array(pinned(z)).min(1) }),
  ]);
}

const ENGINE =
  'must be the name of an engine, e.g. "sherpa", or its pin: {name, package, version, integrity}';

const engineName = (z: Zod) => z.string().regex(/^[a-z0-9][a-z0-9-]*$/, { error: ENGINE });

/** An engine that Vox itself does not pin: a pull installs exactly this package. */
const enginePin = (z: Zod) =>
  z.strictObject({
    name: engineName(z),
    package: packageName(z),
    version: exactVersion(z),
    integrity: z.string().regex(/^sha512-[A-Za-z0-9+/]+=*$/),
  });

function entry(z: Zod) {
  return z.strictObject({
    reference: reference(z),
    aliases: z.array(reference(z)).max(100).default([]),
    override: z.boolean().default(false),
    kind: z.enum(['stt', 'tts', 'vad', 'turn', 'diarizer', 'data', 'program']),
    family: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]*$/, { error: 'must be the name of a family, e.g. whisper' }),
    engine: z.union([engineName(z), enginePin(z)], { error: ENGINE }).optional(),
    description: text(z, 300),
    license: z.strictObject({
      id: text(z, 100),
      url: address(z).optional(),
      nonCommercial: z.boolean().optional(),
      note: text(z, 1_000).optional(),
    }),
    languages: z
      .array(z.string().regex(/^[a-z]{2,3}$/, { error: 'must be an ISO 639 code, e.g. en' }))
      .default([]),
    needs: z.array(reference(z)).max(20).default([]),
    importer: z
      .enum(['none', 'whisper-ct2', 'piper', 'kokoro', 't-one', 't-one-int8', 'diarization'])
      .default('none'),
    parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    sources: z.array(source(z)).max(10).default([]),
  });
}

/** `{ "version": 1, "entries": [...] }`; the entries are looked at one by one, so that one mistake costs one entry. */
export const fileSchema = lazySchema((z) =>
  z.strictObject({ version: z.literal(1), entries: z.array(z.unknown()).max(MAX_ENTRIES) }),
);

export const entrySchema = lazySchema(
  (z) =>
    entry(z).transform(({ engine, ...rest }) => {
      if (engine === undefined) return rest;
      return typeof engine === 'string'
        ? { ...rest, engine }
        : { ...rest, engine: engine.name, enginePin: engine };
    }) as unknown as z.ZodType<WrittenEntry>,
);

/** Everything that a source delivers, whatever its type. */
export function filesOf(written: WrittenEntry): readonly SourceFile[] {
  return written.sources.flatMap((one) => one.files);
}
