/** What ElevenLabs' clients send, as far as it is looked at. Other keys are ignored, as there. */
import { lazySchema, type SchemaOutput } from '../../schema.js';

/** The JSON body of a request for speech. */
export const speechSchema = lazySchema((z) =>
  z.looseObject({
    text: z.string().refine((text) => text.trim() !== '', { error: 'holds nothing to speak' }),
    model_id: z.string().nullish(),
    language_code: z.string().nullish(),
    voice_settings: z.looseObject({ speed: z.number().nullish() }).nullish(),
  }),
);
export type SpeechBody = SchemaOutput<typeof speechSchema>;

/** A message to a socket. `context_id` and the two `close_` only with several contexts. */
export const messageSchema = lazySchema((z) =>
  z.looseObject({
    text: z.string().nullish(),
    flush: z.boolean().nullish(),
    voice_settings: z.looseObject({ speed: z.number().nullish() }).nullish(),
    context_id: z.string().max(200).nullish(),
    contextId: z.string().max(200).nullish(),
    close_context: z.boolean().nullish(),
    close_socket: z.boolean().nullish(),
  }),
);
export type SocketMessage = SchemaOutput<typeof messageSchema>;
