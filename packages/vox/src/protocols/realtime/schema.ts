/** The session object that clients send, in its current form and in that of the beta. What is not known is not looked at. */
import { lazySchema, type SchemaOutput } from '../../schema.js';

/** Hz that the live core takes: telephone to studio. */
const RATE = { min: 8_000, max: 192_000 } as const;
/** Characters of a prompt: what a model can be told has an end. */
const MAX_PROMPT = 10_000;
/** Bounds of the reference for `idle_timeout_ms`. */
const IDLE = { min: 5_000, max: 30_000 } as const;
const MAX_PADDING_MS = 5_000;
const MAX_SILENCE_MS = 60_000;

export const FORMATS = ['audio/pcm', 'audio/pcmu', 'audio/pcma'] as const;
export const BETA_FORMATS = ['pcm16', 'g711_ulaw', 'g711_alaw'] as const;
export const DELAYS = ['minimal', 'low', 'medium', 'high', 'xhigh'] as const;
export const EAGERNESS = ['low', 'medium', 'high', 'auto'] as const;

type Zod = Parameters<Parameters<typeof lazySchema>[0]>[0];

const transcription = (z: Zod) =>
  z.object({
    model: z.string().max(256).nullish(),
    language: z.string().max(64).nullish(),
    languages: z.array(z.string().max(64)).max(100).nullish(),
    keywords: z.array(z.string()).nullish(),
    prompt: z.string().max(MAX_PROMPT).nullish(),
    delay: z.enum(DELAYS).nullish(),
  });

const turnDetection = (z: Zod) =>
  z.object({
    type: z.enum(['server_vad', 'semantic_vad']),
    threshold: z.number().min(0).max(1).nullish(),
    prefix_padding_ms: z.int().min(0).max(MAX_PADDING_MS).nullish(),
    silence_duration_ms: z.int().min(0).max(MAX_SILENCE_MS).nullish(),
    idle_timeout_ms: z.int().min(IDLE.min).max(IDLE.max).nullish(),
    eagerness: z.enum(EAGERNESS).nullish(),
    create_response: z.boolean().nullish(),
    interrupt_response: z.boolean().nullish(),
  });

const noiseReduction = (z: Zod) => z.object({ type: z.enum(['near_field', 'far_field']).nullish() });

export const sessionSchema = lazySchema((z) =>
  z.object({
    type: z
      .literal('transcription', {
        error: 'only sessions of type "transcription" are served here: nothing answers in speech',
      })
      .nullish(),
    audio: z
      .object({
        input: z
          .object({
            format: z
              .object({
                type: z.enum(FORMATS),
                rate: z.int().min(RATE.min).max(RATE.max).nullish(),
              })
              .nullish(),
            transcription: transcription(z).nullish(),
            noise_reduction: noiseReduction(z).nullish(),
            turn_detection: turnDetection(z).nullish(),
          })
          .nullish(),
      })
      .nullish(),
    include: z.array(z.string().max(256)).max(100).nullish(),
  }),
);

export type SessionBody = SchemaOutput<typeof sessionSchema>;

/** The beta's: flat. Its PCM is always 24 kHz. */
export const betaSessionSchema = lazySchema((z) =>
  z.object({
    input_audio_format: z.enum(BETA_FORMATS).nullish(),
    input_audio_transcription: transcription(z).nullish(),
    input_audio_noise_reduction: noiseReduction(z).nullish(),
    turn_detection: turnDetection(z).nullish(),
    include: z.array(z.string().max(256)).max(100).nullish(),
  }),
);

export type BetaSessionBody = SchemaOutput<typeof betaSessionSchema>;

/** How long a client secret may live, in seconds, and how long it does where nothing is said: OpenAI's own. */
export const SECRET_SECONDS = { min: 10, max: 7_200, default: 600 } as const;

export const clientSecretSchema = lazySchema((z) =>
  z.object({
    expires_after: z
      .object({
        anchor: z.literal('created_at').nullish(),
        seconds: z.int().min(SECRET_SECONDS.min).max(SECRET_SECONDS.max).nullish(),
      })
      .nullish(),
    /** Read by `readSession`, so that its errors are those of `session.update`. */
    session: z.record(z.string(), z.unknown()).nullish(),
  }),
);
