/** Rows of the table of settings: Wyoming over TCP, for Home Assistant. */
import { VoxError } from '@vox-speech/contract';
import { always, maybe, type Setting } from './setting.js';
import type { WyomingConfig } from './types.js';
import { DURATION_SYNTAX, parseDuration } from './units.js';
import { bindHost, boolean, integer, type Reader } from './values.js';

export interface TcpAddress {
  /** Absent = where HTTP listens. */
  readonly host?: string;
  /** 0 = any free port. */
  readonly port: number;
}

const port = integer(0, 65_535);

/** `PORT` or `HOST:PORT`; an IPv6 address stands in brackets. */
const address: Reader<TcpAddress | undefined> = (value, machine) => {
  const written = value.trim();
  if (/^off$/i.test(written)) return undefined;
  try {
    const at = written.lastIndexOf(':');
    if (at < 0) return { port: port(written, machine) };
    const host = written.slice(0, at);
    if (host.includes(':') && !/^\[.*\]$/.test(host)) throw new VoxError('invalid_request', 'no brackets');
    return { host: bindHost(host), port: port(written.slice(at + 1), machine) };
  } catch {
    throw new VoxError(
      'invalid_request',
      'expected a port, or ADDRESS:PORT with an IPv6 address in brackets, e.g. 10300 or 0.0.0.0:10300, or off',
    );
  }
};

/** Seconds from one on: shorter, and no client could type. */
const idle: Reader<number> = (value) => {
  const seconds = parseDuration(value);
  if (seconds < 1 || seconds > 86_400)
    throw new VoxError('invalid_request', `expected ${DURATION_SYNTAX}, from 1s to 24h`);
  return seconds;
};

export const WYOMING_SETTINGS = {
  wyoming: maybe({
    group: 'wyoming',
    flag: '--wyoming',
    argument: 'ADDRESS',
    env: 'VOX_WYOMING',
    read: address,
    type: 'port, or ADDRESS:PORT',
    defaultText: 'off',
    commands: 'serve',
    help: 'Serve Wyoming here, for Home Assistant, e.g. 10300; without an address where HTTP listens. It knows no key, so anything but loopback needs --insecure.',
  }),
  wyomingMaxConnections: always({
    group: 'wyoming',
    env: 'VOX_WYOMING_MAX_CONNECTIONS',
    read: integer(1, 10_000),
    type: '1 to 10000',
    default: '128',
    commands: 'none',
    help: 'Connections at once; the next is told `overloaded` and closed.',
  }),
  wyomingIdleTimeout: always({
    group: 'wyoming',
    env: 'VOX_WYOMING_IDLE_TIMEOUT',
    read: idle,
    type: 'duration',
    unit: 'seconds, or 30s, 5m',
    default: '5m',
    commands: 'none',
    help: 'A connection on which nothing moves for so long, and to which no answer is owed, is closed.',
  }),
  zeroconf: always({
    group: 'wyoming',
    flag: '--zeroconf',
    argument: 'on|off',
    env: 'VOX_ZEROCONF',
    read: boolean,
    type: 'true or false',
    default: 'true',
    commands: 'serve',
    help: 'Announce Wyoming on the local network, so that Home Assistant finds it; never done on loopback.',
  }),
} as const satisfies Record<string, Setting<unknown>>;

/** Of what was read: without an address it listens where HTTP does. */
export function wyomingConfig(v: {
  readonly bindHost: string;
  readonly wyoming: TcpAddress | undefined;
  readonly wyomingMaxConnections: number;
  readonly wyomingIdleTimeout: number;
  readonly zeroconf: boolean;
}): WyomingConfig {
  return {
    ...(v.wyoming === undefined ? {} : { listen: { host: v.bindHost, ...v.wyoming } }),
    maxConnections: v.wyomingMaxConnections,
    idleMs: v.wyomingIdleTimeout * 1000,
    announce: v.zeroconf,
  };
}
