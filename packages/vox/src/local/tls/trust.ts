/** Whom clients on this machine trust beside those that Node trusts: the server whose certificate was made here. */
import { rootCertificates } from 'node:tls';
import { nodeFetch } from '@vox-speech/client/node';
import { readOwnCertificate } from './index.js';

/** ms that a server has to show its certificate. */
const PROBE_MS = 3_000;

/**
 * The certificates to trust, in PEM; undefined where Node's own do, or where none was made under this VOX_HOME. Who holds the
 * one that was has its key, so it may be asked for by any name. Never rejects.
 */
export async function trustedBy(
  home: string,
  baseUrl: string,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const own = baseUrl.startsWith('https:') ? await readOwnCertificate(home) : undefined;
  if (own === undefined || !(await isSelfSigned(baseUrl, signal))) return undefined;
  return [own, ...rootCertificates];
}

/** Does the server show a certificate that nobody else has signed, and that Node does not trust? */
async function isSelfSigned(baseUrl: string, signal: AbortSignal): Promise<boolean> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]);
  try {
    await nodeFetch(`${baseUrl}/v1/health`, { signal: limited });
    return false;
  } catch (error) {
    return (error as { code?: unknown } | null)?.code === 'DEPTH_ZERO_SELF_SIGNED_CERT';
  }
}
