/** Errors in the shape of the Realtime API: an `error` event, or the reason why an item has no transcript. Pure. */
import { ERRORS, type ErrorCode, VoxError } from '@vox-speech/contract';

export interface RealtimeError {
  readonly type: string;
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
}

/** OpenAI's word where it has one for the same thing. */
const CODES: Partial<Record<ErrorCode, string>> = {
  invalid_request: 'invalid_value',
  model_unknown: 'model_not_found',
  model_not_pulled: 'model_not_found',
  overloaded: 'rate_limit_exceeded',
};

/** Where the client spells what the runtime calls so. */
const PARAMS: Readonly<Record<string, string>> = {
  model: 'session.audio.input.transcription.model',
  language: 'session.audio.input.transcription.language',
};

/** What a fault of ours says stays in the log: it may name files of this machine. */
export function errorOf(thrown: unknown): RealtimeError {
  const error = VoxError.from(thrown);
  const { http } = ERRORS[error.code];
  return {
    type: http < 500 ? 'invalid_request_error' : 'server_error',
    code: CODES[error.code] ?? error.code,
    message: error.code === 'internal' ? 'internal error; the log of the server says more' : error.message,
    param: PARAMS[error.param ?? ''] ?? error.param ?? null,
  };
}

/** The same for an item. */
export function transcriptionErrorOf(thrown: unknown): RealtimeError {
  return { ...errorOf(thrown), type: 'transcription_error' };
}
