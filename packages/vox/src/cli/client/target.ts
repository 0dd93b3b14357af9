/** Which server the clients talk to, and with which key. */
import { UsageError } from '../command.js';

/** Where the protocol is spoken: yap.md section 1. */
const ROUTE = '/api/asr-streaming';

/** The original's default server, with its path left out. */
const ORIGINAL = '127.0.0.1:8000';

export interface TargetWishes {
  /** `--server`: host:port, or a ws(s):// or http(s):// address. */
  readonly server: string | undefined;
  /** VOXTRAL_SERVER, in the same shapes. */
  readonly variable: string | undefined;
  /** Base URL of Vox's own server, and whether somebody named it. */
  readonly own: { readonly host: string; readonly given: boolean };
  /** VOX_COMPAT=yap: our own server stands where the original stood. */
  readonly inPlaceOfOriginal: boolean;
  /** `--secure`: TLS, whatever the address says. */
  readonly secure: boolean;
}

export interface Target {
  /** What is connected to. */
  readonly url: string;
  /** The same without its query, which may hold a key: for people. */
  readonly shown: string;
}

/**
 * The address of the socket: `--server`, else VOXTRAL_SERVER, else the server of `--host` or VOX_HOST, else the default of
 * whichever server stands here. The path is added unless it is there. Throws UsageError for what is no address.
 */
export function targetOf(wishes: TargetWishes): Target {
  const { own, inPlaceOfOriginal } = wishes;
  const fallback = inPlaceOfOriginal && !own.given ? ORIGINAL : own.host;
  const given = (wishes.server ?? wishes.variable ?? fallback).trim();
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `ws://${given}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.hostname === '' || !/^(?:https?|wss?):$/.test(url.protocol))
    throw new UsageError(
      `--server ${given}: expected HOST:PORT, or an address that starts with ws://, wss://, http:// or https://`,
    );
  if (url.username !== '' || url.password !== '')
    throw new UsageError('--server takes no login in the address; the key is --voxtral-key');
  const secure = wishes.secure || url.protocol === 'https:' || url.protocol === 'wss:';
  const path = url.pathname.replace(/\/+$/, '');
  const shown = `${secure ? 'wss' : 'ws'}://${url.host}${path.endsWith(ROUTE) ? path : `${path}${ROUTE}`}`;
  return { url: `${shown}${url.search}`, shown };
}

export interface Request {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The request that carries the key: in a header, which both servers read, since addresses end up in logs. A key that fits in
 * no header (anything but printable ASCII) goes into the address, as with the original's clients.
 */
export function requestWith({ url }: Target, key: string | undefined): Request {
  if (key === undefined) return { url, headers: {} };
  if (/^[!-~]+$/.test(key)) return { url, headers: { 'x-api-key': key } };
  const address = new URL(url);
  address.searchParams.set('api_key', key);
  return { url: address.href, headers: {} };
}
