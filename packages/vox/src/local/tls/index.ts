/** Key and certificate of `vox serve --tls`: the user's own files, or a pair that is made here and kept under VOX_HOME. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import { makeCertificate, type TlsPair } from './certificate.js';

export type { TlsPair } from './certificate.js';

export interface TlsFiles {
  /** Paths of PEM files. */
  readonly cert: string;
  readonly key: string;
}

export interface OpenedTls extends TlsPair {
  /** Path of the certificate. */
  readonly certPath: string;
  /** SHA-256 of the certificate, as browsers show it. */
  readonly fingerprint: string;
  /** Made here, so that clients must be told to trust it. */
  readonly own: boolean;
}

/** A certificate of ours is replaced so long before its end, in ms: 30 days. */
const RENEW_MS = 30 * 86_400_000;
/** Host names that fit in a certificate. */
const HOST_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i;

/** Where the certificate that is made here lies, for clients on this machine. */
export function ownCertificatePath(home: string): string {
  return join(home, 'tls', 'certificate.pem');
}

/** The certificate that was made here; undefined where there is none. */
export function readOwnCertificate(home: string): Promise<string | undefined> {
  return readFile(ownCertificatePath(home), 'utf8').catch(() => undefined);
}

/** The user's own pair where there is one, else one of this machine; see those two. */
export function openTls(
  files: TlsFiles | undefined,
  home: string,
  names: readonly string[],
): Promise<OpenedTls> {
  return files === undefined ? openOwnTls(home, names) : openTlsFiles(files);
}

/** How a person's clients come to trust it, for the log. */
export function describeTls({ own, certPath, fingerprint }: OpenedTls): string {
  const which = `certificate ${certPath}, SHA-256 ${fingerprint}`;
  return own
    ? `${which}; clients trust it by NODE_EXTRA_CA_CERTS=${certPath} (Node), SSL_CERT_FILE (Python), --cacert (curl)`
    : which;
}

/**
 * The user's own pair.
 * @throws VoxError `invalid_request` naming the file that can't be read, or is not what it should be
 */
export async function openTlsFiles(files: TlsFiles): Promise<OpenedTls> {
  const cert = await readPem(files.cert, '--tls-cert');
  const key = await readPem(files.key, '--tls-key');
  const parsed = parse(() => new X509Certificate(cert), '--tls-cert', files.cert, 'a certificate in PEM');
  const privateKey = parse(
    () => createPrivateKey(key),
    '--tls-key',
    files.key,
    'a private key in PEM, without a password',
  );
  if (!parsed.checkPrivateKey(privateKey))
    throw new VoxError('invalid_request', `${files.key} is not the key of the certificate ${files.cert}`, {
      param: '--tls-key',
    });
  return { cert, key, certPath: files.cert, fingerprint: parsed.fingerprint256, own: false };
}

/**
 * The pair of this machine, made where there is none, where it nears its end, or where it lacks a name.
 * @param also names and addresses beside loopback and this machine's own; what is no name is left out
 */
export async function openOwnTls(
  home: string,
  also: readonly string[],
  now = new Date(),
): Promise<OpenedTls> {
  const names = namesFor(also);
  const certPath = ownCertificatePath(home);
  const keyPath = join(home, 'tls', 'key.pem');
  const kept = await readPair(certPath, keyPath);
  const pair = kept !== undefined && isGood(kept, names, now) ? kept : makeCertificate(names, now);
  if (pair !== kept) {
    await mkdir(join(home, 'tls'), { recursive: true, mode: 0o700 });
    // The key first: who finds the certificate finds its key, or makes both again.
    await replace(keyPath, pair.key);
    await replace(certPath, pair.cert);
  }
  const { fingerprint256 } = new X509Certificate(pair.cert);
  return { ...pair, certPath, fingerprint: fingerprint256, own: true };
}

function namesFor(also: readonly string[]): string[] {
  const all = ['localhost', '127.0.0.1', '::1', hostname(), `${hostname().split('.')[0]}.local`, ...also];
  const wildcard = new Set(['0.0.0.0', '::', '*']);
  const names = all.map((name) => name.toLowerCase().replace(/^\[(.*)\]$/, '$1'));
  const fits = (name: string): boolean => !wildcard.has(name) && (HOST_NAME.test(name) || isIPv6(name));
  return [...new Set(names.filter(fits))];
}

async function readPair(certPath: string, keyPath: string): Promise<TlsPair | undefined> {
  try {
    return { cert: await readFile(certPath, 'utf8'), key: await readFile(keyPath, 'utf8') };
  } catch {
    return undefined;
  }
}

function isGood({ cert, key }: TlsPair, names: readonly string[], now: Date): boolean {
  try {
    const parsed = new X509Certificate(cert);
    const lasts = new Date(parsed.validTo).getTime() - now.getTime() > RENEW_MS;
    const named = names.every((name) => parsed.checkHost(name) ?? parsed.checkIP(name));
    return lasts && named && parsed.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** Nobody but this user reads it; a reader sees the old one or the new one. */
async function replace(path: string, content: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, content, { mode: 0o600 });
  await rename(temporary, path);
}

async function readPem(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new VoxError('invalid_request', `${flag} ${path} can't be read (${code})`, {
      param: flag,
      cause: error,
    });
  }
}

function parse<T>(read: () => T, flag: string, path: string, what: string): T {
  try {
    return read();
  } catch (error) {
    throw new VoxError('invalid_request', `${flag} ${path} is not ${what}`, { param: flag, cause: error });
  }
}
