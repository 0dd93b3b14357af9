/** Rows of the table of settings: live speech over Deepgram's `/v1/listen`. */
import { always, type Setting } from './setting.js';
import { integer, timer } from './values.js';

export const DEEPGRAM_SETTINGS = {
  deepgramEndpointing: always({
    group: 'deepgram',
    env: 'VOX_DEEPGRAM_ENDPOINTING_MS',
    read: integer(20, 60_000),
    type: '20 to 60000',
    unit: 'ms',
    default: '400',
    commands: 'none',
    help: 'Silence that ends an utterance where a client asks for none, or for less: Deepgram’s own 10 ms would cut sentences into words here.',
  }),
  deepgramIdleTimeout: always({
    group: 'deepgram',
    env: 'VOX_DEEPGRAM_IDLE_TIMEOUT',
    read: timer,
    type: 'duration, or off',
    unit: 'seconds, or 30s, 5m',
    default: '60s',
    commands: 'none',
    help: 'A connection on which neither audio nor KeepAlive came for so long is closed (at Deepgram: 10 s).',
  }),
} as const satisfies Record<string, Setting<unknown>>;
