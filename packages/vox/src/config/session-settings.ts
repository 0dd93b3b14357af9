/** Rows of the table of settings: sessions by id. Their names under VOX_COMPAT=t-one are in compat.ts. */
import { VoxError } from '@vox-speech/contract';
import { always, type Setting } from './setting.js';
import { DURATION_SYNTAX, parseBytes, parseDuration } from './units.js';
import { choice, integer, type Reader } from './values.js';

/** Seconds from a minute on: a client that waits for its user must not lose its session (tone.md section 6). */
const timeout: Reader<number> = (value) => {
  const seconds = parseDuration(value);
  if (seconds < 60 || seconds > 30 * 86_400)
    throw new VoxError('invalid_request', `expected ${DURATION_SYNTAX}, from 60s to 30d`);
  return seconds;
};

/** A URL of Redis, with or without TLS; nothing of it is in an error, since it may hold a password. */
const redisUrl: Reader<string> = (value) => {
  const url = value.trim();
  if (!/^rediss?:\/\/./.test(url) || !URL.canParse(url))
    throw new VoxError(
      'invalid_request',
      'expected redis://[user:password@]host:port/database, or rediss:// for TLS',
    );
  return url;
};

/** Keys are short: they travel with every piece of audio. */
const prefix: Reader<string> = (value) => {
  if (!/^[\w:.@{}/-]{1,64}$/.test(value.trim()))
    throw new VoxError('invalid_request', 'expected 1 to 64 letters, digits and : . - _ / @ { }');
  return value.trim();
};

export const SESSION_SETTINGS = {
  sessionStore: always({
    group: 'sessions',
    env: 'VOX_SESSION_STORE',
    read: choice(['memory', 'redis']),
    type: 'memory or redis',
    default: 'memory',
    commands: 'none',
    help: 'Where sessions by id are kept: in this server, or in a Redis that several servers share.',
  }),
  redisUrl: always({
    group: 'sessions',
    env: 'VOX_REDIS_URL',
    read: redisUrl,
    type: 'URL',
    default: 'redis://localhost:6379/0',
    secret: true,
    commands: 'none',
    help: 'The Redis; `rediss://` for TLS (a certificate of your own is named in `NODE_EXTRA_CA_CERTS`), `redis://user:password@host` for a login.',
  }),
  sessionPrefix: always({
    group: 'sessions',
    env: 'VOX_SESSION_PREFIX',
    read: prefix,
    type: 'text',
    default: 'vox:session:',
    commands: 'none',
    help: 'What all keys in Redis begin with. Servers with the same one share their sessions.',
  }),
  sessionTimeout: always({
    group: 'sessions',
    env: 'VOX_SESSION_TIMEOUT',
    read: timeout,
    type: 'duration',
    unit: 'seconds, or 30m, 4h; at least 60s',
    default: '3600',
    commands: 'none',
    help: 'A session by id that nobody uses for so long is forgotten.',
  }),
  maxSessions: always({
    group: 'sessions',
    env: 'VOX_MAX_SESSIONS',
    read: integer(1, 10_000_000),
    type: '1 to 10000000',
    default: '10000',
    commands: 'none',
    help: 'Sessions by id at once; the next is answered 429.',
  }),
  sessionBytes: always({
    group: 'sessions',
    env: 'VOX_SESSION_BYTES',
    read: parseBytes,
    type: 'size',
    unit: 'bytes, or 100Mi, 1Gi',
    default: '256Mi',
    commands: 'none',
    help: 'Audio that is kept because its phrase is not over, or not heard yet: of all sessions in memory, of each one in Redis.',
  }),
} as const satisfies Record<string, Setting<unknown>>;
