/** What goes wrong, in this dialect's words: the payload of an `error` frame (yap.md 3.3). */
import { ERRORS, type ErrorCode, VoxError } from '@vox-speech/contract';

export interface Fault {
  readonly code: string;
  readonly message: string;
  /** `reason_code` first, then what the reason adds. */
  readonly details: { readonly reason_code: string } & Readonly<Record<string, unknown>>;
}

export type FaultCode =
  | 'authentication_failed'
  | 'server_at_capacity'
  | 'invalid_message'
  | 'invalid_payload'
  | 'invalid_audio'
  | 'internal_error'
  | 'processing_error'
  | 'idle_timeout'
  | 'max_duration';

/** @param reason the `reason_code`; the code itself where it says enough */
export function fault(
  code: FaultCode,
  message: string,
  reason: string = code,
  details: Readonly<Record<string, unknown>> = {},
): Fault {
  return { code, message, details: { reason_code: reason, ...details } };
}

/** A field of a payload that can't be taken as it is. */
export function badField(field: string, wanted: string): Fault {
  return fault('invalid_payload', `payload.${field} must be ${wanted}`, 'invalid_field', { field });
}

/** In the original's words, and its only ones for these. */
export const UNAUTHORIZED = fault(
  'authentication_failed',
  "Authentication required. Provide valid API key via 'api_key' query parameter or 'X-API-Key' header.",
);
export const AT_CAPACITY = fault(
  'server_at_capacity',
  'Server cannot accept new connections. Please try again later.',
);
export const MISSING_AUDIO = fault(
  'invalid_payload',
  'payload.audio (base64 pcm16) is required',
  'missing_audio',
);
export const IDLE = fault('idle_timeout', 'nothing was said on this connection for too long; it is closed');
export const MAX_DURATION = fault('max_duration', 'max connection duration reached');

export function queueFull(max: number): Fault {
  return fault('internal_error', 'server overloaded (inbound queue full)', 'inbound_queue_full', {
    inbound_queue_max: max,
  });
}

/** The work of the client, not of the engine. */
const CLIENTS: ReadonlySet<ErrorCode> = new Set(['invalid_request', 'wrong_kind']);

/** An error of the runtime that ended an utterance. What a fault of ours says stays in the log: it may name files of this machine. */
export function faultOf(thrown: unknown): Fault {
  const error = VoxError.from(thrown);
  const more = {
    ...(error.param === undefined ? {} : { field: error.param }),
    ...(error.retryAfter === undefined ? {} : { retry_after_ms: Math.ceil(error.retryAfter * 1000) }),
  };
  if (error.code === 'overloaded')
    return fault('server_at_capacity', AT_CAPACITY.message, 'server_at_capacity', more);
  if (error.code === 'internal') return fault('internal_error', 'internal error');
  const code = CLIENTS.has(error.code) ? 'invalid_payload' : 'processing_error';
  return fault(code, error.message, code, { error: error.code, ...more });
}

/** Does such an error say that the engine can't answer, rather than that a client asked for the wrong thing? */
export function blamesEngine(thrown: unknown): boolean {
  const { code } = VoxError.from(thrown);
  return ERRORS[code].http >= 500 && code !== 'shutting_down';
}
