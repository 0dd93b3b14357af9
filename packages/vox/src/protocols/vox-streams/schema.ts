/** The configuration messages of the three streams, with the original's defaults. Unknown keys are ignored, as there. */
import type { z } from 'zod';
import { lazySchema, type SchemaOutput } from '../../schema.js';

const INPUT_FORMATS = ['pcm16', 'wav', 'flac', 'mp3', 'ogg', 'webm'] as const;
const OUTPUT_FORMATS = ['pcm16', 'opus', 'mp3'] as const;

/** Hz of audio that comes in. */
const SAMPLE_RATE = 16_000;
/** Longest part of a text that is spoken at once, in characters: what voices take well. */
const CHUNK_CHARS = { min: 40, max: 400 };
/** In ms, as in the original. */
const CHUNK_MS = { min: 1_000, max: 120_000 };
const OVERLAP_MS = { min: 0, max: 10_000 };

/** Probabilities that a detector takes. */
const THRESHOLD = { min: 0.02, max: 0.99 };

/** A field that may be left out, or null as the original's own clients send it, and what it then is. */
function or<T, const D extends T | null>(schema: z.ZodType<T>, fallback: D) {
  return schema.nullish().transform((value): T | D => value ?? fallback);
}

/** The same for a whole number that is brought into its range. */
function within(schema: z.ZodType<number>, fallback: number, { min, max }: { min: number; max: number }) {
  return schema.nullish().transform((value) => Math.min(max, Math.max(min, Math.round(value ?? fallback))));
}

export const transcriptionSchema = lazySchema((z) =>
  z
    .object({
      model: or(z.string(), ''),
      input_format: or(z.enum(INPUT_FORMATS), 'pcm16'),
      sample_rate: or(z.int(), SAMPLE_RATE),
      language: z.string().nullish(),
      word_timestamps: or(z.boolean(), false),
      temperature: or(z.number().min(0).max(1), 0),
      chunk_ms: within(z.number(), 30_000, CHUNK_MS),
      overlap_ms: within(z.number(), 1_000, OVERLAP_MS),
    })
    .refine(({ chunk_ms, overlap_ms }) => overlap_ms < chunk_ms, {
      path: ['overlap_ms'],
      message: 'must be less than chunk_ms',
    }),
);
export type TranscriptionConfig = SchemaOutput<typeof transcriptionSchema>;

export const speechSchema = lazySchema((z) =>
  z.object({
    model: or(z.string(), ''),
    voice: or(z.string(), null),
    speed: or(z.number(), 1),
    language: z.string().nullish(),
    response_format: or(z.enum(OUTPUT_FORMATS), 'pcm16'),
    chunk_chars: within(z.int().min(1), CHUNK_CHARS.max, CHUNK_CHARS),
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
  z
    .object({
      model: or(z.string(), ''),
      /** Absent = English, as in the original; null = detect. */
      language: z.string().nullable().optional(),
      sample_rate: or(z.int(), SAMPLE_RATE),
      partials: or(z.boolean(), false),
      /** The original decoded the last so many ms again; here the whole utterance is. */
      partial_window_ms: z.number().min(1).nullish(),
      partial_stride_ms: or(z.number().min(0).max(60_000), 700),
      include_word_timestamps: or(z.boolean(), false),
      temperature: or(z.number().min(0).max(1), 0),
      /** Ours: the two that the original has as constants, 0.6 and 0.4. Absent = as sure as the detector is itself. */
      vad_start_threshold: z.number().min(THRESHOLD.min).max(THRESHOLD.max).nullish(),
      vad_continue_threshold: z.number().min(0).max(THRESHOLD.max).nullish(),
      /** Ours: as conversations name it. Nobody here judges whether a turn is over. */
      turn_detector: z.string().nullish(),
    })
    .refine(({ vad_start_threshold: start, vad_continue_threshold: on }) => on == null || on < (start ?? 0), {
      path: ['vad_continue_threshold'],
      message: 'must be less than vad_start_threshold',
    }),
);
export type LiveConfig = SchemaOutput<typeof liveSchema>;
