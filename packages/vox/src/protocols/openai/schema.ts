/** The requests of OpenAI's audio routes, as far as they are served. */
import { lazySchema, type SchemaOutput } from '../../schema.js';

export const TRANSCRIPT_FORMATS = ['json', 'text', 'srt', 'verbose_json', 'vtt'] as const;
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];

/** All that a client may ask for: the last one tells speakers apart too. */
export const ANSWER_FORMATS = [...TRANSCRIPT_FORMATS, 'diarized_json'] as const;
export type AnswerFormat = (typeof ANSWER_FORMATS)[number];

export const SPEECH_FORMATS = ['wav', 'pcm', 'mp3', 'opus', 'aac', 'flac'] as const;

/** OpenAI's own limits of `speed`; a voice may allow less. */
export const MIN_SPEED = 0.25;
export const MAX_SPEED = 4;

/** Characters; OpenAI's. */
const MAX_INSTRUCTIONS = 4096;
const SPEED = { error: `must be a number from ${MIN_SPEED} to ${MAX_SPEED}` };

/** Unknown keys are ignored, as upstream. */
export const speechSchema = lazySchema((z) =>
  z.object({
    model: z.string().nullish(),
    input: z.string().refine((text) => text.trim() !== '', { error: 'No input text provided' }),
    voice: z
      .union([z.string(), z.object({ id: z.string() })], { error: 'expected a voice name or {"id": name}' })
      .nullish(),
    response_format: z.enum(SPEECH_FORMATS).nullish(),
    speed: z.number(SPEED).min(MIN_SPEED, SPEED).max(MAX_SPEED, SPEED).nullish(),
    stream_format: z.enum(['audio', 'sse']).nullish(),
    stream: z.boolean().nullish(),
    instructions: z.string().max(MAX_INSTRUCTIONS).nullish(),
    language: z.string().nullish(),
    /** Vox 0.2.93: parameters that an adapter declares. None of ours declares any. */
    params: z.record(z.string(), z.unknown()).nullish(),
    keep_alive: z.union([z.number(), z.string()]).nullish(),
  }),
);

export type SpeechBody = SchemaOutput<typeof speechSchema>;

/** Characters of a label that a client gives: a name, a language. */
export const MAX_LABEL = 200;

/** Of a list that is turned page by page; OpenAI's limits. */
export const consentsSchema = lazySchema((z) =>
  z.object({
    after: z.string().max(MAX_LABEL).optional(),
    limit: z.coerce.number().int().min(1).max(100).default(20),
  }),
);

export const consentNameSchema = lazySchema((z) =>
  z.object({
    name: z
      .string()
      .max(MAX_LABEL)
      .refine((name) => name.trim() !== '', { error: 'give a name' }),
  }),
);
