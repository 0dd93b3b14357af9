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

/** The original takes 0 and less for 1 in silence; a voice may allow less than 4. */
const SPEED = { error: 'must be a number above 0, at most 4' };

export const synthesizeSchema = lazySchema((z) =>
  z.object({
    model: z.string().nullish(),
    input: z.string().refine((text) => text.trim() !== '', { error: 'No input text provided' }),
    voice: z.string().nullish(),
    speed: z.number(SPEED).positive(SPEED).max(4, SPEED).nullish(),
    language: z.string().nullish(),
    response_format: z.enum(SPEECH_FORMATS).nullish(),
    stream: z.boolean().nullish(),
    keep_alive: z.union([z.number(), z.string()]).nullish(),
  }),
);

const word = (z: Zod) => z.string().max(200).optional();

export const searchSchema = lazySchema((z) =>
  z.object({ q: word(z), type: word(z), language: word(z), licence: word(z), license: word(z) }),
);

export const voicesSchema = lazySchema((z) => z.object({ model: word(z) }));
