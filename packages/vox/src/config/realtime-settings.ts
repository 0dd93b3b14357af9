/** Rows of the table of settings: OpenAI's Realtime API. */
import { always, type Setting } from './setting.js';
import { timer } from './values.js';

export const REALTIME_SETTINGS = {
  realtimeIdleTimeout: always({
    group: 'realtime',
    env: 'VOX_REALTIME_IDLE_TIMEOUT',
    read: timer,
    type: 'duration, or off',
    unit: 'seconds, or 30s, 5m',
    default: '10m',
    commands: 'none',
    help: 'A connection on which nothing comes and nothing is said for so long is closed with 4000.',
  }),
  realtimeMaxDuration: always({
    group: 'realtime',
    env: 'VOX_REALTIME_MAX_DURATION',
    read: timer,
    type: 'duration, or off',
    unit: 'seconds, or 30m, 4h',
    default: '24h',
    commands: 'none',
    help: 'Longest life of a connection; then it is closed with 4003.',
  }),
} as const satisfies Record<string, Setting<unknown>>;
