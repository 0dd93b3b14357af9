/** The envelope that every message is in, both ways (yap.md section 3). Pure. */
import { type Fault, fault } from './errors.js';

export interface Ids {
  readonly sessionId: string;
  readonly requestId: string;
}

export interface Envelope extends Ids {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export type ReadEnvelope =
  | { readonly ok: true; readonly envelope: Envelope }
  | { readonly ok: false; readonly fault: Fault };

/** What stands for an id that nobody has said yet. */
export const UNKNOWN: Ids = { sessionId: 'unknown', requestId: 'unknown' };
/** Characters of an id at most: it stands in every answer. Not in the original. */
const MAX_ID = 256;

class Refusal extends Error {}

/** A text message as an envelope, with ids and type trimmed; or what is wrong with it, in the original's words. */
export function readEnvelope(text: string): ReadEnvelope {
  try {
    return { ok: true, envelope: envelope(parse(text)) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, fault: fault('invalid_message', error.message) };
  }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal(`invalid JSON: ${why.slice(0, 100)}`);
  }
  if (!isObject(message)) throw new Refusal('message must be a JSON object');
  return message;
}

function envelope(message: Readonly<Record<string, unknown>>): Envelope {
  const type = word(message, 'type');
  const sessionId = word(message, 'session_id');
  const requestId = word(message, 'request_id');
  const payload = message.payload ?? {};
  if (!isObject(payload)) throw new Refusal("message 'payload' must be an object");
  return { type, sessionId, requestId, payload };
}

function word(message: Readonly<Record<string, unknown>>, field: string): string {
  const value = message[field];
  const trimmed = typeof value === 'string' ? value.trim() : '';
  if (trimmed === '') throw new Refusal(`message missing non-empty '${field}'`);
  if (trimmed.length > MAX_ID) throw new Refusal(`message '${field}' is longer than ${MAX_ID} characters`);
  return trimmed;
}

/** A JSON object, and no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
