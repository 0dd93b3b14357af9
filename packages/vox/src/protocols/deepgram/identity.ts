/** The names that Deepgram gives to a request and to a model. */
import { createHash, randomUUID } from 'node:crypto';
import { version } from '../../observe/version.js';

export interface ModelIdentity {
  readonly uuid: string;
  readonly info: { readonly name: string; readonly version: string; readonly arch: string };
}

/** Of one connection or request. */
export interface Identity {
  readonly requestId: string;
  /** When it began, ISO 8601. */
  readonly created: string;
}

export function newIdentity(now = new Date()): Identity {
  return { requestId: randomUUID(), created: now.toISOString() };
}

let serverVersion: string | undefined;

/**
 * A model as Deepgram names its own. The same model has the same UUID on every machine: version 5 (RFC 9562, 5.5) of its
 * reference, in the namespace of URLs.
 * @param reference canonical, e.g. `whisper:base`
 * @param arch the family, e.g. `whisper`; of a recording the part before the colon
 */
export function modelIdentity(reference: string, arch = reference.split(':', 1)[0] ?? ''): ModelIdentity {
  serverVersion ??= version();
  return { uuid: nameUuid(reference), info: { name: reference, version: serverVersion, arch } };
}

/** Namespace of URLs (RFC 9562, 6.6). */
const URL_NAMESPACE = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');

function nameUuid(name: string): string {
  const bytes = createHash('sha1').update(URL_NAMESPACE).update(`vox:${name}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
