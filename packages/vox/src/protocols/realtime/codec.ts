/** What a client's message asks for. Pure. */
import { VoxError } from '@vox-speech/contract';
import { decodeBase64 } from '../../transport/index.js';

export type Command =
  | { readonly type: 'update'; readonly session: unknown; readonly beta: boolean }
  | { readonly type: 'append'; readonly audio: Uint8Array }
  | { readonly type: 'commit' | 'clear' };

/** What a message is, and the id by which its errors name it. */
export interface Message {
  readonly eventId: string | null;
  /** Throws VoxError `invalid_request` with `param`. */
  command(): Command;
}

/** Characters of an event's id that are said back. */
const MAX_EVENT_ID = 512;
/** Shorter messages are parsed whatever they hold, in characters. */
const SMALL = 64 * 1024;
/** Strings, and characters outside them, that a longer message may have: one that carries audio has a few. */
const MAX_STRINGS = 5_000;
const MAX_OTHERS = 1_000;

const ELSEWHERE: Readonly<Record<string, string>> = {
  'response.create': 'nothing answers in speech',
  'response.cancel': 'nothing answers in speech',
  'output_audio_buffer.clear': 'nothing answers in speech',
  'conversation.item.create': 'items come from audio alone',
  'conversation.item.delete': 'items are not kept',
  'conversation.item.retrieve': 'items are not kept',
  'conversation.item.truncate': 'nothing answers in speech',
};
const KNOWN = [
  'session.update',
  'transcription_session.update',
  'input_audio_buffer.append',
  'input_audio_buffer.commit',
  'input_audio_buffer.clear',
];

/** @throws VoxError `invalid_request` for what is no event at all */
export function readMessage(data: string | Uint8Array): Message {
  if (typeof data !== 'string')
    throw invalid('binary messages mean nothing here: send audio as base64 in input_audio_buffer.append');
  const body = parse(data);
  const { event_id: id } = body;
  return {
    eventId: typeof id === 'string' ? id.slice(0, MAX_EVENT_ID) : null,
    command: () => commandOf(body),
  };
}

function commandOf(body: Readonly<Record<string, unknown>>): Command {
  const { type } = body;
  switch (type) {
    case 'session.update':
    case 'transcription_session.update':
      return { type: 'update', session: sessionOf(body.session), beta: type !== 'session.update' };
    case 'input_audio_buffer.append':
      return { type: 'append', audio: audioOf(body.audio) };
    case 'input_audio_buffer.commit':
      return { type: 'commit' };
    case 'input_audio_buffer.clear':
      return { type: 'clear' };
    default:
      throw unknownType(type);
  }
}

function sessionOf(session: unknown): unknown {
  if (typeof session === 'object' && session !== null && !Array.isArray(session)) return session;
  throw invalid('session must be an object, e.g. {"type": "transcription"}', 'session');
}

function audioOf(audio: unknown): Uint8Array {
  if (typeof audio !== 'string') throw invalid('audio must be a string of base64', 'audio');
  const bytes = decodeBase64(audio);
  if (bytes !== undefined) return bytes;
  throw invalid(
    'audio is no base64 (RFC 4648, section 4: padded, and without spaces or line breaks)',
    'audio',
  );
}

function unknownType(type: unknown): VoxError {
  if (typeof type !== 'string') return invalid(`type is required: one of ${KNOWN.join(', ')}`, 'type');
  const why = ELSEWHERE[type];
  const shown = JSON.stringify(type.slice(0, 100));
  if (why !== undefined) return invalid(`${shown} means nothing in a transcription session: ${why}`, 'type');
  return invalid(`there is no event ${shown} here; clients send ${KNOWN.join(', ')}`, 'type');
}

function parse(text: string): Readonly<Record<string, unknown>> {
  let body: unknown;
  try {
    if (text.length > SMALL && !isModest(text)) throw new SyntaxError('too many values for an event');
    body = JSON.parse(text);
  } catch (error) {
    throw invalid(`the message is not JSON: ${(error as Error).message.slice(0, 100)}`);
  }
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Readonly<Record<string, unknown>>;
  throw invalid('a message is a JSON object with a "type"');
}

/** Has a long message few values? Parsing megabytes of brackets would keep everybody waiting for seconds. */
function isModest(text: string): boolean {
  let strings = 0;
  let others = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      at = endOfString(text, at);
      if (at < 0 || ++strings > MAX_STRINGS) return false;
    } else if (code > 0x20 && ++others > MAX_OTHERS + 2 * strings) {
      return false;
    }
  }
  return true;
}

/** Where the string that begins at `from` ends; -1 = nowhere. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    at = text.indexOf('"', at);
    if (at < 0) return -1;
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return at;
  }
}

function invalid(message: string, param?: string): VoxError {
  return new VoxError('invalid_request', message, param === undefined ? {} : { param });
}
