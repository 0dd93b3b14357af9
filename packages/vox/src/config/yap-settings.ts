/** Rows of the table of settings: live speech over `/api/asr-streaming`. Their names under VOX_COMPAT=yap are in compat.ts. */
import { VoxError } from '@vox-speech/contract';
import { always, type Setting } from './setting.js';
import { DURATION_SYNTAX, parseDuration } from './units.js';
import { boolean, integer, type Reader, text, timer } from './values.js';
import { DELAY_SYNTAX, voxtralDelay } from './voxtral-delay.js';

/** Seconds from 50 ms to an hour: a watchdog that looks more often only costs. */
const tick: Reader<number> = (value) => {
  const seconds = parseDuration(value);
  if (seconds < 0.05 || seconds > 3600)
    throw new VoxError('invalid_request', `expected ${DURATION_SYNTAX}, from 50ms to 1h`);
  return seconds;
};

/** Codes that a server may close with: the registered ones that may be sent, and those of applications (RFC 6455, 7.4). */
const closeCode: Reader<number> = (value, machine) => {
  const code = integer(1000, 4999)(value, machine);
  if ([1004, 1005, 1006].includes(code) || (code > 1014 && code < 3000))
    throw new VoxError(
      'invalid_request',
      'expected a close code that may be sent: 1000 to 1014, or 3000 to 4999',
    );
  return code;
};

export const YAP_SETTINGS = {
  yapDelay: always({
    group: 'yap',
    env: 'VOX_YAP_DELAY_MS',
    read: voxtralDelay,
    type: DELAY_SYNTAX,
    unit: 'ms',
    default: '480',
    commands: 'none',
    help: 'How long a word must have stood unchanged before it is sent, where a client does not say.',
  }),
  yapMaxConnections: always({
    group: 'yap',
    env: 'VOX_YAP_MAX_CONNECTIONS',
    read: integer(0, 100_000),
    type: '0 to 100000',
    default: '0',
    defaultText: '0, as many as the machine can hold by its own measurement',
    commands: 'none',
    help: 'Connections at once; the next is told `server_at_capacity`.',
  }),
  yapIdleTimeout: always({
    group: 'yap',
    env: 'VOX_YAP_IDLE_TIMEOUT',
    read: timer,
    type: 'duration, or off',
    unit: 'seconds, or 30s, 5m',
    default: '150s',
    commands: 'none',
    help: 'A connection without a message for so long is closed with 4000, unless an utterance is under way.',
  }),
  yapMaxDuration: always({
    group: 'yap',
    env: 'VOX_YAP_MAX_DURATION',
    read: timer,
    type: 'duration, or off',
    unit: 'seconds, or 30s, 5m',
    default: '90m',
    commands: 'none',
    help: 'Longest life of a connection; then it is closed with 4003.',
  }),
  yapWatchdogTick: always({
    group: 'yap',
    env: 'VOX_YAP_WATCHDOG_TICK',
    read: tick,
    type: 'duration',
    unit: 'seconds, or 500ms',
    default: '5s',
    commands: 'none',
    help: 'How often both are looked at.',
  }),
  yapInboundQueue: always({
    group: 'yap',
    env: 'VOX_YAP_INBOUND_QUEUE',
    read: integer(1, 100_000),
    type: '1 to 100000',
    unit: 'messages',
    default: '256',
    commands: 'none',
    help: 'Messages of one client that may wait, for a model that loads or for the client to read its answers; then its socket is not read.',
  }),
  yapBacklog: always({
    group: 'yap',
    env: 'VOX_YAP_BACKLOG',
    read: parseDuration,
    type: 'duration',
    unit: 'seconds, or 5s',
    default: '5s',
    commands: 'none',
    help: 'Audio that may wait unheard; then the socket is not read, or with VOX_YAP_DROP the oldest goes. 0 never drops.',
  }),
  yapDrop: always({
    group: 'yap',
    env: 'VOX_YAP_DROP',
    read: boolean,
    type: 'true or false',
    default: 'false',
    commands: 'none',
    help: 'Drop the oldest audio of a full backlog, and say which, instead of making the client wait.',
  }),
  yapCloseUnauthorized: always({
    group: 'yap',
    env: 'VOX_YAP_CLOSE_UNAUTHORIZED',
    read: closeCode,
    type: 'close code',
    default: '1008',
    commands: 'none',
    help: 'What a connection without a valid key is closed with.',
  }),
  yapCloseBusy: always({
    group: 'yap',
    env: 'VOX_YAP_CLOSE_BUSY',
    read: closeCode,
    type: 'close code',
    default: '1013',
    commands: 'none',
    help: 'What a connection for which there is no room is closed with.',
  }),
  yapCloseIdleReason: always({
    group: 'yap',
    env: 'VOX_YAP_CLOSE_IDLE_REASON',
    read: text,
    type: 'text',
    default: 'idle_timeout',
    commands: 'none',
    help: 'The reason that goes with close code 4000.',
  }),
} as const satisfies Record<string, Setting<unknown>>;
