/** Who may open a socket: asked after the upgrade, so that a client reads why not (yap.md 2.1). */
import type { IncomingMessage } from 'node:http';
import { Keys } from '../../guard/index.js';

export interface KeyRules {
  readonly keys: readonly string[];
  /** Without a key configured: nobody may, as in the original; else everybody may. */
  readonly keyRequired: boolean;
}

/** A check of requests; it compares in constant time and keeps no key. */
export function keyCheck({ keys, keyRequired }: KeyRules): (request: IncomingMessage) => boolean {
  const accepted = new Keys(keys);
  return (request) => {
    if (!accepted.required) return !keyRequired;
    return accepted.accepts([offeredKey(request)]);
  };
}

/** `api_key` of the query, trimmed; `X-API-Key` where that is empty. '' = none. */
function offeredKey({ url = '', headers }: IncomingMessage): string {
  const at = url.indexOf('?');
  const query = at < 0 ? '' : (new URLSearchParams(url.slice(at + 1)).getAll('api_key').at(-1) ?? '').trim();
  if (query !== '') return query;
  const header = [headers['x-api-key']].flat()[0] ?? '';
  // Bytes of headers arrive as Latin-1; keys are UTF-8.
  return Buffer.from(header.trim(), 'latin1').toString('utf8');
}
