/** Errors in Deepgram's shapes: the body of a refused request, and the message before a socket is closed. */
import { ERRORS, type ErrorCode, VoxError } from '@vox-speech/contract';

/** Deepgram's word where it has one for the same thing (its `err_code`). */
const CODES: Partial<Record<ErrorCode, string>> = {
  unauthorized: 'INVALID_AUTH',
  forbidden: 'INSUFFICIENT_PERMISSIONS',
  invalid_request: 'Bad Request',
  unsupported_media: 'Bad Request',
  empty_audio: 'Bad Request',
  too_large: 'PAYLOAD_TOO_LARGE',
  overloaded: 'TOO_MANY_REQUESTS',
  internal: 'INTERNAL_SERVER_ERROR',
};

function codeOf(error: VoxError): string {
  return CODES[error.code] ?? error.code.toUpperCase();
}

/** The body of an error over HTTP; the status is the table's. */
export function errorBody(error: VoxError): { err_code: string; err_msg: string } {
  return { err_code: codeOf(error), err_msg: error.message };
}

/** The message that says why the socket is closed, or what was not understood. */
export function errorMessage(error: VoxError): Readonly<Record<string, string>> {
  return { type: 'Error', variant: codeOf(error), description: error.message, message: error.message };
}

/** What a socket is closed with: Deepgram's reason for silence, else the error's own words. */
export function closing(error: VoxError): { readonly code: number; readonly reason: string } {
  return { code: ERRORS[error.code].ws, reason: error.message };
}

/** A client that sends nothing for too long. The name is Deepgram's. */
export function tooQuiet(seconds: number): VoxError {
  return new VoxError(
    'timeout',
    `NET-0001 nothing came for ${seconds} s; send audio, or {"type":"KeepAlive"} every few seconds`,
  );
}
