/**
 * Host and Origin. A web page can make a browser send requests to this machine: by a name that it points here
 * (DNS rebinding; the Host tells), or across sites (the Origin tells).
 */
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** The host of a Host header or an address, lower case, without port, brackets or trailing dot; undefined where malformed. */
export function hostOf(header: string): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/?#@[\]\\]+))(?::\d{1,5})?$/.exec(header.trim());
  const host = (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '');
  return host === '' ? undefined : host;
}

/** `localhost`, names under it, 127.0.0.0/8, ::1 and its IPv4-mapped form. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1') return true;
  const v4 = name.replace(/^::ffff:/, '');
  return isIP(v4) === 4 && v4.startsWith('127.');
}

export interface HostPolicy {
  /** Address the server is bound to. */
  readonly bindHost: string;
  /** Further names that may be asked for. */
  readonly hostNames: readonly string[];
  /** A key is demanded. */
  readonly keyed: boolean;
}

/**
 * May a request name this host? Bound to loopback: only loopback names and the given ones. Bound to a network
 * address: with keys any name (a page that rebinds has no key), without keys any IP address and this machine's
 * own name, since rebinding needs a name of the attacker.
 */
export function hostAllowed(host: string, policy: HostPolicy): boolean {
  if (isLoopback(host)) return true;
  const named = [policy.bindHost, ...policy.hostNames].map((name) =>
    name.toLowerCase().replace(/^\[|\]$/g, ''),
  );
  if (named.includes(host)) return true;
  if (isLoopback(policy.bindHost)) return false;
  if (policy.keyed || isIP(host) !== 0) return true;
  const own = hostname().toLowerCase();
  return host === own || host === `${own}.local`;
}

/** May a page of this origin call us? Loopback origins may, and those of the setting; `*` allows all. */
export function originAllowed(origin: string, allowed: readonly string[]): boolean {
  if (allowed.includes('*')) return true;
  const wanted = origin.toLowerCase();
  if (allowed.some((one) => one.toLowerCase().replace(/\/$/, '') === wanted)) return true;
  let url: URL;
  try {
    url = new URL(origin);
  } catch {
    // `null`, from sandboxed pages and files.
    return false;
  }
  return (url.protocol === 'http:' || url.protocol === 'https:') && isLoopback(url.hostname);
}
