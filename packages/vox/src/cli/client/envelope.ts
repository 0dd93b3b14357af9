/** The envelope of yap.md section 3: one JSON text a message, both ways. Pure. */

export interface Envelope {
  readonly type: string;
  readonly requestId: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** A message to the server. */
export function encode(
  type: string,
  sessionId: string,
  requestId: string,
  payload: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({ type, session_id: sessionId, request_id: requestId, payload });
}

/** A message of the server; undefined for what is no envelope. */
export function decode(text: string): Envelope | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value) || typeof value.type !== 'string') return undefined;
  return {
    type: value.type,
    requestId: typeof value.request_id === 'string' ? value.request_id : '',
    payload: isObject(value.payload) ? value.payload : {},
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What went wrong, as the figures count it: refused for want of a place, refused for the key, or anything else. */
export type FailureKind = 'capacity' | 'key' | 'other';

/** A session or an utterance that did not come to its end. */
export class Failure extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
  ) {
    super(message);
  }
}

/** These complain of one message, and the utterance goes on (yap.md section 3.3). */
const GOES_ON = new Set(['invalid_audio', 'missing_audio']);

const KINDS: Readonly<Record<string, FailureKind>> = {
  authentication_failed: 'key',
  server_at_capacity: 'capacity',
};

/** What an `error` message means; undefined where the utterance goes on. */
export function failureOf({ payload }: Envelope): Failure | undefined {
  const code = String(payload.code ?? 'error');
  const details = isObject(payload.details) ? payload.details : {};
  const reason = String(details.reason_code ?? code);
  if (GOES_ON.has(reason)) return undefined;
  const name = reason === code ? code : `${code} (${reason})`;
  return new Failure(KINDS[code] ?? 'other', `${name}: ${String(payload.message ?? 'no message')}`);
}
