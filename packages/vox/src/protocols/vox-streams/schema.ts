/** The configuration messages of the three streams, with the original's defaults. Unknown keys are ignored, as there. */
import { lazySchema, type SchemaOutput } from '../../schema.js';

export const INPUT_FORMATS = ['pcm16', 'wav', 'flac', 'mp3', 'ogg', 'webm'] as const;
export const OUTPUT_FORMATS = ['pcm16', 'opus', 'mp3'] as const;

/** Longest part of a text that is spoken at once, in characters: what voices take well. */
const CHUNK_CHARS = { min: 40, max: 400 };

/** `null` is what the original's own clients send for "not given". */
export const transcriptionSchema = lazySchema((z) =>
  z
    .object({
      model: z
        .string()
        .nullish()
        .transform((value) => value ?? ''),
      input_format: z
        .enum(INPUT_FORMATS)
        .nullish()
        .transform((value) => value ?? 'pcm16'),
      sample_rate: z
        .int()
        .nullish()
        .transform((value) => value ?? 16_000),
      language: z.string().nullish(),
      word_timestamps: z
        .boolean()
        .nullish()
        .transform((value) => value ?? false),
      temperature: z
        .number()
        .min(0)
        .max(1)
        .nullish()
        .transform((value) => value ?? 0),
      chunk_ms: z
        .number()
        .nullish()
        .transform((value) => clamp(value ?? 30_000, 1_000, 120_000)),
      overlap_ms: z
        .number()
        .nullish()
        .transform((value) => clamp(value ?? 1_000, 0, 10_000)),
    })
    .refine(({ chunk_ms, overlap_ms }) => overlap_ms < chunk_ms, {
      path: ['overlap_ms'],
      message: 'must be less than chunk_ms',
    }),
);
export type TranscriptionConfig = SchemaOutput<typeof transcriptionSchema>;

export const speechSchema = lazySchema((z) =>
  z.object({
    model: z
      .string()
      .nullish()
      .transform((value) => value ?? ''),
    voice: z
      .string()
      .nullish()
      .transform((value) => value ?? null),
    speed: z
      .number()
      .nullish()
      .transform((value) => value ?? 1),
    language: z.string().nullish(),
    response_format: z
      .enum(OUTPUT_FORMATS)
      .nullish()
      .transform((value) => value ?? 'pcm16'),
    chunk_chars: z
      .int()
      .min(1)
      .nullish()
      .transform((value) => clamp(value ?? CHUNK_CHARS.max, CHUNK_CHARS.min, CHUNK_CHARS.max)),
    params: z
      .record(z.string(), z.unknown())
      .nullish()
      .refine((value) => Object.keys(value ?? {}).length === 0, {
        message: 'this model takes no parameters; leave params out',
      }),
  }),
);
export type SpeechConfig = SchemaOutput<typeof speechSchema>;

export const liveSchema = lazySchema((z) =>
  z.object({
    model: z
      .string()
      .nullish()
      .transform((value) => value ?? ''),
    /** Absent = English, as in the original; null = detect. */
    language: z.string().nullable().optional(),
    sample_rate: z
      .int()
      .nullish()
      .transform((value) => value ?? 16_000),
    partials: z
      .boolean()
      .nullish()
      .transform((value) => value ?? false),
    /** The original decoded the last so many ms again; here the whole utterance is. */
    partial_window_ms: z.number().min(1).nullish(),
    partial_stride_ms: z
      .number()
      .min(0)
      .max(60_000)
      .nullish()
      .transform((value) => value ?? 700),
    include_word_timestamps: z
      .boolean()
      .nullish()
      .transform((value) => value ?? false),
    temperature: z
      .number()
      .min(0)
      .max(1)
      .nullish()
      .transform((value) => value ?? 0),
  }),
);
export type LiveConfig = SchemaOutput<typeof liveSchema>;

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, Math.round(value)));
}
