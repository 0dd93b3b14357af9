/** What a client's envelope asks for, with its payload checked (yap.md 3.1). Pure. */
import type { Envelope } from './envelope.js';
import { badField, type Fault, fault } from './errors.js';
import { type ParameterRules, type Parameters, readParameters } from './parameters.js';

export type Command =
  | { readonly type: 'ping' | 'none' | 'end' }
  | { readonly type: 'update'; readonly parameters: Parameters }
  | { readonly type: 'commit'; readonly final: boolean }
  /** `audio` is still base64: whether it counts at all is asked first. */
  | { readonly type: 'append'; readonly audio: string | undefined }
  | { readonly type: 'cancel'; readonly reason: string }
  | { readonly type: 'fault'; readonly fault: Fault };

/** Why an utterance was stopped, where the client does not say. */
const CLIENT_REQUEST = 'client_request';
/** Characters of a client's reason that are said back. */
const MAX_REASON = 256;

/** @param now what holds before a `session.update`; the rules say what it may change */
export function readCommand({ type, payload }: Envelope, now: Parameters, rules: ParameterRules): Command {
  switch (type) {
    case 'ping':
      return { type: 'ping' };
    case 'pong':
      return { type: 'none' };
    case 'end':
      return { type: 'end' };
    case 'session.update': {
      const read = readParameters(payload, now, rules);
      return read.ok ? { type: 'update', parameters: read.parameters } : { type: 'fault', fault: read.fault };
    }
    case 'input_audio_buffer.commit':
      return commit(payload.final ?? false);
    case 'input_audio_buffer.append':
      return { type: 'append', audio: textOf(payload.audio) };
    case 'cancel':
      return { type: 'cancel', reason: textOf(payload.reason)?.slice(0, MAX_REASON) ?? CLIENT_REQUEST };
    default:
      return { type: 'fault', fault: unknownType(type) };
  }
}

/** The original takes what Python calls true, so that the text "false" ends an utterance (yap.md 3.4, 6). */
function commit(final: unknown): Command {
  if (typeof final === 'boolean') return { type: 'commit', final };
  return { type: 'fault', fault: badField('final', 'true or false, without quotes') };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function unknownType(type: string): Fault {
  const shown = type.length > 60 ? `${type.slice(0, 60)}...` : type;
  return fault('invalid_message', `message type '${shown}' is not supported`, 'unknown_message_type');
}
