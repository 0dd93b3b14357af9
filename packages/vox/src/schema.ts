/**
 * Schemas that are built when they are first used. zod is a hundred modules, a seventh of the time that a server takes
 * to start, and no health answer needs it.
 */
import { createRequire } from 'node:module';
import type { z } from 'zod';

export interface Schema<T> {
  safeParse(value: unknown): z.ZodSafeParseResult<T>;
  /** The same as a JSON Schema of what may be sent. */
  toJsonSchema(): Record<string, unknown>;
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
  const schema = () => {
    built ??= build(loadZod());
    return built;
  };
  return {
    safeParse: (value) => schema().safeParse(value),
    toJsonSchema() {
      // Refinements and transformations have no form in JSON Schema; what they add stands in the descriptions.
      const { $schema: _, ...json } = loadZod().toJSONSchema(schema(), {
        io: 'input',
        unrepresentable: 'any',
      });
      return json;
    },
  };
}
