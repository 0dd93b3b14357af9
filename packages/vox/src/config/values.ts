/** Readers of one value each. A reader takes text and gives a value, or throws VoxError with what is allowed. */
import { isAbsolute, join, resolve } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import { DURATION_SYNTAX, parseBytes, parseDuration } from './units.js';

export interface Reader<T> {
  (text: string, machine: Machine): T;
  /** The words that are allowed, where they are few: for --help and shell completion. */
  readonly choices?: readonly string[];
}

/** What the machine says that a default depends on; given by the caller so that tests need no particular machine. */
export interface Machine {
  /** The user's home folder. */
  readonly home: string;
  /** Folder that relative paths start from. */
  readonly cwd: string;
  /** Processors this process may use. */
  readonly cores: number;
  /** Is standard output a terminal? */
  readonly terminal: boolean;
}

function expected(what: string): VoxError {
  return new VoxError('invalid_request', `expected ${what}`);
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): Reader<number> {
  return (text) => {
    const value = /^\d{1,15}$/.test(text.trim()) ? Number(text.trim()) : Number.NaN;
    if (!(value >= min && value <= max)) throw expected(`a whole number from ${min} to ${max}`);
    return value;
  };
}

/** One of a few words, in any case; `synonyms` are read too but not advertised. */
export function choice<const T extends string>(
  allowed: readonly T[],
  synonyms: Readonly<Record<string, T>> = {},
): Reader<T> {
  const read = (text: string) => {
    const wanted = text.trim().toLowerCase();
    const found = allowed.find((word) => word === wanted) ?? synonyms[wanted];
    if (found === undefined) throw expected(`one of ${allowed.join(', ')}`);
    return found;
  };
  return Object.assign(read, { choices: allowed });
}

/** 1/true/yes/y/on, 0/false/no/n/off. */
export function boolean(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (['1', 'true', 'yes', 'y', 'on'].includes(word)) return true;
  if (['0', 'false', 'no', 'n', 'off'].includes(word)) return false;
  throw expected('true or false');
}

/** Comma-separated items, trimmed, empties dropped, each item once. */
export function list(text: string): readonly string[] {
  return [
    ...new Set(
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    ),
  ];
}

/** Both sides of an alias: what a path or a form carries without quoting. */
const ALIAS = /^[A-Za-z0-9][\w.:/-]{0,127}=[A-Za-z0-9][\w.:/-]{0,127}$/;

/** Comma-separated `NAME=TARGET`. Kept as they are written, so that those of a flag and of a variable add up. */
export function aliases(text: string): readonly string[] {
  const items = list(text);
  const wrong = items.find((item) => !ALIAS.test(item));
  if (wrong !== undefined) throw expected(`NAME=TARGET, several with commas between; ${wrong} is none`);
  return items;
}

/** A JSON array of strings, or comma-separated items (T-one writes its CORS_ORIGINS as JSON). */
export function jsonList(text: string): readonly string[] {
  if (!text.trim().startsWith('[')) return list(text);
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  } catch {
    // Said below.
  }
  throw expected('a JSON list of strings, or a comma-separated list');
}

/** Seconds a model is kept after its last request: a duration, 0 = unload at once, -1 = for ever (Infinity). */
export function keepAlive(text: string): number {
  if (/^-\d+(?:ms|s|m|h|d)?$/i.test(text.trim())) return Number.POSITIVE_INFINITY;
  try {
    return parseDuration(text);
  } catch {
    throw expected(`${DURATION_SYNTAX}; 0 unloads at once, -1 keeps for ever`);
  }
}

/** The original's `--ttl`: as keep-alive, but 0 means never unload (vox.md section 7). */
export function ttl(text: string): number {
  const seconds = keepAlive(text);
  return seconds === 0 ? Number.POSITIVE_INFINITY : seconds;
}

/** An absolute path; `~` is the home folder, anything relative starts at the working folder. */
export function path(text: string, machine: Machine): string {
  if (text.includes('\0')) throw expected('a path');
  if (text === '~') return machine.home;
  if (text.startsWith('~/')) return join(machine.home, text.slice(2));
  return isAbsolute(text) ? resolve(text) : resolve(machine.cwd, text);
}

/** The name of a program on PATH, or a path to one. */
export function program(text: string, machine: Machine): string {
  return text.includes('/') || text.startsWith('~') ? path(text, machine) : text.trim();
}

/** A host name or IP address to listen on; an IPv6 address may stand in brackets. */
export function bindHost(text: string): string {
  const host = text.trim().replace(/^\[(.*)\]$/, '$1');
  if (!/^[A-Za-z0-9._:%-]{1,253}$/.test(host)) throw expected('an IP address or a host name without a port');
  if (!host.includes('::') && /^[^:]+:\d+$/.test(host))
    throw expected('an IP address or a host name without a port');
  return host;
}

/** Base URL of a server: http, https, ws or wss; trailing slashes go, ws becomes http. */
export function baseUrl(text: string): string {
  const wanted =
    'a URL that starts with http://, https://, ws:// or wss:// and holds no login, e.g. http://localhost:11435';
  if (!/^(?:https?|wss?):\/\//i.test(text.trim()) || !URL.canParse(text.trim())) throw expected(wanted);
  const url = new URL(text.trim());
  if (url.hostname === '' || url.username !== '' || url.search !== '' || url.hash !== '')
    throw expected(wanted);
  const scheme = url.protocol === 'https:' || url.protocol === 'wss:' ? 'https:' : 'http:';
  return `${scheme}//${url.host}${url.pathname}`.replace(/\/+$/, '');
}

/** Comma-separated `URL` or `MODEL=URL`, as `baseUrl` writes it; a path `/v1` behind it goes too, as clients of OpenAI's add it. */
export function upstreams(text: string): readonly string[] {
  return list(text).map((item) => {
    const at = /^https?:\/\//i.test(item) ? -1 : item.indexOf('=');
    const model = item.slice(0, at + 1).replaceAll(' ', '');
    if (at === 0 || !/^https?:/i.test(item.slice(at + 1).trim()))
      throw expected('a URL that starts with http:// or https://, or MODEL=URL, several with commas between');
    return `${model}${baseUrl(item.slice(at + 1)).replace(/\/v1$/, '')}`;
  });
}

/** Comma-separated `KEY` or `URL=KEY`; nothing of a key is ever in an error. */
export function upstreamKeys(text: string): readonly string[] {
  const keys = list(text).map((item) => {
    if (!/^https?:\/\//i.test(item)) return item;
    const at = item.indexOf('=');
    if (at < 0 || at === item.length - 1) throw expected('KEY, or URL=KEY, several with commas between');
    return `${upstreams(item.slice(0, at))[0] ?? ''}${item.slice(at)}`;
  });
  if (keys.filter((key) => !/^https?:\/\//i.test(key)).length > 1)
    throw expected('one key for all upstreams; another one as URL=KEY');
  return keys;
}

/** Any text that is not blank. */
export function text(value: string): string {
  if (value.trim() === '') throw expected('some text');
  return value.trim();
}

/** Bytes, or undefined for `off` and 0. */
export const budget: Reader<number | undefined> = (value) => {
  if (/^(?:off|none|0)$/i.test(value.trim())) return undefined;
  return parseBytes(value);
};

const logFormats = choice(['auto', 'plain', 'json'], { color: 'plain' });

/** Shape of log lines, `auto` resolved; the original's `color` is read as `plain`. */
export const logFormat: Reader<'plain' | 'json'> = Object.assign(
  (value: string, machine: Machine) => {
    const wanted = logFormats(value, machine);
    return wanted === 'auto' ? (machine.terminal ? 'plain' : 'json') : wanted;
  },
  { choices: ['auto', 'plain', 'json'] },
);

/** Words by which a timer is switched off (yap.md 2.3). */
const OFF = /^(?:0+(?:\.0+)?|none|null|disabled?|off)$/i;

/** Seconds; Infinity where it is switched off. */
export function timer(text: string): number {
  if (OFF.test(text.trim())) return Number.POSITIVE_INFINITY;
  try {
    return parseDuration(text);
  } catch {
    throw expected(`${DURATION_SYNTAX}; 0, off or none = never`);
  }
}
