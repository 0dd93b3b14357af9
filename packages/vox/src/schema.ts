/**
 * Schemas that are built when they are first used. zod is a hundred modules, a seventh of the time that a server takes
 * to start, and no health answer needs it.
 */
import { createRequire } from 'node:module';
import type { z } from 'zod';

export interface Schema<T> {
  safeParse(value: unknown): z.ZodSafeParseResult<T>;
}

type Zod = typeof z;
export type SchemaOutput<S> = S extends Schema<infer T> ? T : never;

let loaded: Zod | undefined;

/** Loads zod now, so that no request waits for it. */
export function loadZod(): Zod {
  loaded ??= (createRequire(import.meta.url)('zod') as { z: Zod }).z;
  return loaded;
}

/** A schema from its description; `build` runs once, at the first use. */
export function lazySchema<T>(build: (zod: Zod) => z.ZodType<T>): Schema<T> {
  let built: z.ZodType<T> | undefined;
  return {
    safeParse(value) {
      built ??= build(loadZod());
      return built.safeParse(value);
    },
  };
}
