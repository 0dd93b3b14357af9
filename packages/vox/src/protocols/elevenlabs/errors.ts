/** Errors in ElevenLabs' shapes: the body of a refused request, and the message of a socket. */
import { ERRORS, type ErrorCode, type VoxError } from '@vox-speech/contract';

/** ElevenLabs' word where it has one for the same thing. */
const STATUSES: Partial<Record<ErrorCode, string>> = {
  unauthorized: 'invalid_api_key',
  model_unknown: 'model_not_found',
  model_not_pulled: 'model_not_found',
  overloaded: 'too_many_concurrent_requests',
  internal: 'internal_server_error',
};

function statusOf({ code, param }: VoxError): string {
  if (code === 'not_found' && param === VOICE_ID) return 'voice_not_found';
  return STATUSES[code] ?? code;
}

/** The name of a voice, as these routes have it. */
export const VOICE_ID = 'voice_id';

/** The body of an error over HTTP; the status is the table's. */
export function errorBody(error: VoxError): { detail: { status: string; message: string } } {
  return { detail: { status: statusOf(error), message: error.message } };
}

/** What a socket says of an error; `code` is what it is closed with, where it is. */
export function errorMessage(error: VoxError): { message: string; error: string; code: number } {
  return { message: error.message, error: statusOf(error), code: ERRORS[error.code].ws };
}
