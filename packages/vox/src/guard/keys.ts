/** API keys: where a request may carry one, and comparing it in constant time. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Digests of the accepted keys. Holds no key in clear. */
export class Keys {
  readonly #secret = randomBytes(32);
  readonly #digests: readonly Buffer[];

  /** @param keys accepted keys; none = every request passes */
  constructor(keys: readonly string[]) {
    this.#digests = keys.filter((key) => key !== '').map((key) => this.#digest(key));
  }

  get required(): boolean {
    return this.#digests.length > 0;
  }

  /**
   * Is one of the candidates an accepted key? Digests are compared, all with all, so that neither length, nor
   * content, nor which key it was shows in the time; and any character is fine.
   */
  accepts(candidates: readonly string[]): boolean {
    let found = 0;
    for (const candidate of candidates) {
      const digest = this.#digest(candidate);
      for (const accepted of this.#digests) found |= timingSafeEqual(digest, accepted) ? 1 : 0;
    }
    return found === 1;
  }

  #digest(key: string): Buffer {
    return createHmac('sha256', this.#secret).update(key, 'utf8').digest();
  }
}

/** Candidates a request may carry at most; more are ignored. */
const MAX_CANDIDATES = 4;

/** Headers that hold a key alone: ours, and ElevenLabs'. */
const KEY_HEADERS = ['x-api-key', 'xi-api-key'];
/** Words before the key: in `Authorization`, and as the subprotocol before it, where a browser can set no header. */
const SCHEMES = /^(?:bearer|token)$/i;

/**
 * The keys that a request offers: `Authorization` with Bearer, or Deepgram's Token; a header of the key alone; the
 * subprotocols `token, <key>` of a browser's WebSocket; `?api_key=`. Header bytes arrive as Latin-1; keys are UTF-8.
 */
export function offeredKeys(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  url: string,
): string[] {
  const found: string[] = [];
  const authorization = /^(\S+)\s+(.*)$/.exec(one(headers.authorization) ?? '');
  if (authorization !== null && SCHEMES.test(authorization[1] ?? ''))
    found.push(utf8((authorization[2] ?? '').trim()));
  for (const name of KEY_HEADERS) {
    const header = one(headers[name]);
    if (header !== undefined) found.push(utf8(header.trim()));
  }
  const [protocol = '', key] = (one(headers['sec-websocket-protocol']) ?? '').split(',', 2);
  if (SCHEMES.test(protocol.trim()) && key !== undefined) found.push(utf8(key.trim()));
  const query = url.indexOf('?');
  if (query !== -1) found.push(...new URLSearchParams(url.slice(query + 1)).getAll('api_key'));
  return found.slice(0, MAX_CANDIDATES);
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}
