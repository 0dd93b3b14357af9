/** What a client's message asks for. Pure. */
import { VoxError } from '@vox-speech/contract';
import { decodeBase64 } from '../../transport/index.js';
import { longestString } from './long-text.js';

export type Command =
  | { readonly type: 'update'; readonly session: unknown; readonly beta: boolean }
  | { readonly type: 'append'; readonly audio: Uint8Array }
  /** Audio of a long message: base64 as it stands in its JSON. */
  | { readonly type: 'append-long'; readonly base64: Buffer }
  | { readonly type: 'commit' | 'clear' };

/** What a message is, and the id by which its errors name it. */
export interface Message {
  readonly eventId: string | null;
  /** Throws VoxError `invalid_request` with `param`. */
  command(): Command;
}

/** Characters of an event's id that are said back. */
const MAX_EVENT_ID = 512;
/** Bytes of a message that carries anything but audio. */
const MAX_OTHER_BYTES = 1024 * 1024;
/** Stands for a long string while the rest is read. */
const MARK = '*';

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
  return messageOf(parse(data), commandOf);
}

/**
 * As `readMessage`, of text that is too long to be made a string of: what is long in it is audio.
 * @throws VoxError `invalid_request` for what is no event at all
 */
export function readLongMessage(utf8: Buffer): Message {
  const long = longestString(utf8);
  if (long === undefined) throw notJson('too many values for an event');
  const rest = [utf8.subarray(0, long.from), Buffer.from(MARK), utf8.subarray(long.to)];
  if (utf8.length - (long.to - long.from) <= MAX_OTHER_BYTES) {
    const body = parse(Buffer.concat(rest).toString('utf8'));
    if (body.type === 'input_audio_buffer.append' && body.audio === MARK)
      return messageOf(body, () => ({ type: 'append-long', base64: utf8.subarray(long.from, long.to) }));
    if (utf8.length <= MAX_OTHER_BYTES) return messageOf(parse(utf8.toString('utf8')), commandOf);
  }
  throw invalid(`a message of more than ${MAX_OTHER_BYTES} bytes may only be input_audio_buffer.append`);
}

type Body = Readonly<Record<string, unknown>>;

function messageOf(body: Body, command: (body: Body) => Command): Message {
  const { event_id: id } = body;
  return {
    eventId: typeof id === 'string' ? id.slice(0, MAX_EVENT_ID) : null,
    command: () => command(body),
  };
}

function commandOf(body: Body): Command {
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
  throw noBase64();
}

/** What an append is told whose audio can't be decoded. */
export function noBase64(): VoxError {
  return invalid(
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

function parse(text: string): Body {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw notJson((error as Error).message);
  }
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Body;
  throw invalid('a message is a JSON object with a "type"');
}

function notJson(why: string): VoxError {
  return invalid(`the message is not JSON: ${why.slice(0, 100)}`);
}

function invalid(message: string, param?: string): VoxError {
  return new VoxError('invalid_request', message, param === undefined ? {} : { param });
}
