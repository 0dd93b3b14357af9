/** A self-signed certificate for this machine (RFC 5280): enough for TLS to a server that its user trusts by name. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, integer, octets, oid, sequence, set, TRUE, tagged, time, utf8, value } from './der.js';

export interface TlsPair {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
}

/** Longer ones are not taken by every client: browsers allow 398 days of what is public. */
const DAYS = 397;
const DAY_MS = 86_400_000;

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

/**
 * A new key (P-256) and its certificate, good from an hour ago, since clocks differ, for 397 days.
 * @param names host names and IP addresses; the first is the subject's
 */
export function makeCertificate(names: readonly string[], now: Date): TlsPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicInfo = publicKey.export({ type: 'spki', format: 'der' });
  const name = sequence(
    set(sequence(oid('2.5.4.3'), utf8(`Vox on ${names[0] ?? 'localhost'}`.slice(0, 64)))),
  );
  const body = sequence(
    tagged(0, true, integer(Uint8Array.of(2))),
    integer(randomBytes(16)),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(new Date(now.getTime() - DAY_MS / 24)), time(new Date(now.getTime() + DAYS * DAY_MS))),
    name,
    publicInfo,
    tagged(3, true, extensions(names, publicInfo)),
  );
  const signature = sign('sha256', body, privateKey);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: pem(sequence(body, ECDSA_WITH_SHA256, bits(signature))),
  };
}

function extensions(names: readonly string[], publicInfo: Buffer): Buffer {
  // RFC 7093 and RFC 5280, 4.2.1.2: any digest names a key.
  const keyId = createHash('sha256').update(publicInfo).digest().subarray(0, 20);
  const one = (id: string, critical: boolean, content: Buffer): Buffer =>
    sequence(oid(id), ...(critical ? [TRUE] : []), octets(content));
  return sequence(
    // No authority: it signs nothing but itself.
    one('2.5.29.19', true, sequence()),
    // Digital signature, for servers.
    one('2.5.29.15', true, bits(Uint8Array.of(0x80), 7)),
    one('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))),
    one('2.5.29.14', false, octets(keyId)),
    one('2.5.29.35', false, sequence(tagged(0, false, keyId))),
    one('2.5.29.17', false, sequence(...names.map(generalName))),
  );
}

function generalName(name: string): Buffer {
  if (isIP(name) === 0) return tagged(2, false, Buffer.from(name, 'ascii'));
  return value(0x87, isIP(name) === 4 ? Buffer.from(name.split('.').map(Number)) : ipv6(name));
}

/** The 16 bytes of an address without a zone. */
function ipv6(address: string): Buffer {
  // The URL parser writes every spelling in the same short form, in hexadecimal.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const first = groups(head);
  const last = groups(tail ?? '');
  const zeros = Array<number>(8 - first.length - last.length).fill(0);
  const bytes = Buffer.alloc(16);
  for (const [at, group] of [...first, ...zeros, ...last].entries()) bytes.writeUInt16BE(group, 2 * at);
  return bytes;
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
