/** Bodies and queries of the native routes. Unknown keys are ignored, as the original does. */
import type { z } from 'zod';
import { lazySchema } from '../../schema.js';

type Zod = typeof z;

/** `model` is taken for `name`, because every other route calls it so. */
const named = (z: Zod) =>
  z
    .object({ name: z.string().nullish(), model: z.string().nullish() })
    .transform(({ name, model }, context) => {
      const found = name ?? model;
      if (found) return { name: found };
      context.addIssue({ code: 'custom', path: ['name'], message: 'this field is required' });
      return z.NEVER;
    });

export const nameSchema = lazySchema(named);

/**
 * `variant` chose among builds for other machines; our entries have one build. `accept_license` is ours: weights under a
 * non-commercial licence are not pulled without it.
 */
export const pullSchema = lazySchema((z) =>
  z.intersection(
    named(z),
    z.object({ variant: z.string().nullish(), accept_license: z.boolean().nullish() }),
  ),
);

export const stopSchema = lazySchema((z) =>
  z
    .object({ name: z.string().nullish(), model: z.string().nullish(), all: z.boolean().nullish() })
    .transform(({ name, model, all }, context) => {
      const found = name ?? model ?? undefined;
      if ((found === undefined) === (all === true))
        return found === undefined ? { all: true as const } : { name: found };
      context.addIssue({ code: 'custom', path: ['name'], message: 'give either a name, or "all": true' });
      return z.NEVER;
    }),
);

export const SPEECH_FORMATS = ['wav', 'pcm', 'mp3', 'opus', 'aac', 'flac'] as const;
export type SpeechFormat = (typeof SPEECH_FORMATS)[number];

/** Types alone: what the values may be is said with 400, as in the original. */
export const synthesizeSchema = lazySchema((z) =>
  z.object({
    model: z.string().nullish(),
    input: z.string(),
    voice: z.string().nullish(),
    speed: z.number().nullish(),
    language: z.string().nullish(),
    response_format: z.string().nullish(),
    stream: z.boolean().nullish(),
    keep_alive: z.union([z.number(), z.string()]).nullish(),
  }),
);

const word = (z: Zod) => z.string().max(200).optional();

export const searchSchema = lazySchema((z) =>
  z.object({ q: word(z), type: word(z), language: word(z), licence: word(z), license: word(z) }),
);

/** `cloned=true` is ours: every voice made from a recording, whatever is loaded. `legacy=true`: ids alone, as Kokoro's server. */
export const voicesSchema = lazySchema((z) => z.object({ model: word(z), cloned: word(z), legacy: word(z) }));

export const trimSchema = lazySchema((z) => z.object({ min_idle_seconds: z.number().min(0).nullish() }));

export const enforceSchema = lazySchema((z) => z.object({ additional_vram_bytes: z.int().min(0).nullish() }));
