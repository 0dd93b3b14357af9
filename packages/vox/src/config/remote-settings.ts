/** Rows of the table of settings: servers that run models for us. Their names under VOX_COMPAT are in compat.ts. */
import { VoxError } from '@vox-speech/contract';
import { always, maybe, type Setting } from './setting.js';
import { parseDuration } from './units.js';
import { boolean, integer, type Reader, text, upstreamKeys, upstreams } from './values.js';

/** Tokens: less leaves no room for audio beside what a prompt takes; more than any model has. */
const CONTEXT = integer(256, 10_000_000) as Reader<number | undefined>;

/** Seconds, of which there must be some. */
const patience: Reader<number> = (value) => {
  const seconds = parseDuration(value);
  if (seconds <= 0) throw new VoxError('invalid_request', 'expected a duration that is not 0');
  return seconds;
};

export const REMOTE_SETTINGS = {
  upstreams: always({
    group: 'remote',
    flag: '--upstream',
    argument: 'URL',
    env: 'VOX_UPSTREAMS',
    read: upstreams,
    repeatable: 'replace',
    type: 'comma-separated URLs, or MODEL=URL',
    default: '',
    defaultText: 'this machine, at the port of the model’s launch command',
    commands: 'serve',
    help: 'A server that runs remote models, e.g. http://gpu:8000; MODEL=URL is for that model alone. May be given several times: the least busy one that serves the model is asked.',
  }),
  upstreamKeys: always({
    group: 'remote',
    env: 'VOX_UPSTREAM_KEYS',
    envAliases: ['VOX_UPSTREAM_KEY'],
    read: upstreamKeys,
    type: 'comma-separated secrets, or URL=KEY',
    default: '',
    defaultText: 'none',
    secret: true,
    commands: 'none',
    help: 'Key that upstreams ask for, sent as a bearer token; URL=KEY is for that upstream alone.',
  }),
  upstreamStall: always({
    group: 'remote',
    env: 'VOX_UPSTREAM_STALL',
    read: patience,
    type: 'duration',
    unit: 'seconds, or 30s, 2m',
    default: '30s',
    commands: 'none',
    help: 'An upstream that owes an answer and says nothing for so long has stalled.',
  }),
  upstreamFallback: maybe({
    group: 'remote',
    flag: '--upstream-fallback',
    argument: 'MODEL',
    env: 'VOX_UPSTREAM_FALLBACK',
    read: text,
    type: 'model',
    defaultText: 'none: the request fails',
    commands: 'serve',
    help: 'Recogniser of this machine that takes over where the upstreams of a remote one fail.',
  }),
  upstreamContext: maybe({
    group: 'remote',
    env: 'VOX_UPSTREAM_CONTEXT',
    read: CONTEXT,
    type: '256 to 10000000',
    unit: 'tokens',
    defaultText: 'not known',
    commands: 'none',
    help: 'Length of the realtime model’s context as its server was started with (`--max-model-len`): no segment of an utterance is longer than it can hear.',
  }),
  servedName: maybe({
    group: 'remote',
    env: 'VOX_SERVED_NAME',
    read: text,
    type: 'name',
    defaultText: 'its name on the hub',
    commands: 'none',
    help: 'Name under which upstreams list the default recogniser (`--served-model-name`).',
  }),
  roll: always({
    group: 'remote',
    env: 'VOX_ROLL',
    read: boolean,
    type: 'true or false',
    default: 'true',
    commands: 'none',
    help: 'A long utterance goes on in a new context of the realtime model before the old one is full.',
  }),
  rollSeconds: always({
    group: 'remote',
    env: 'VOX_ROLL_SECONDS',
    read: parseDuration,
    type: 'duration',
    unit: 'seconds',
    default: '60',
    commands: 'none',
    help: 'Audio after which a segment of an utterance ends, in its first pause; at least 1.',
  }),
  rollOverlap: always({
    group: 'remote',
    env: 'VOX_ROLL_OVERLAP',
    read: parseDuration,
    type: 'duration',
    unit: 'seconds',
    default: '0.8',
    commands: 'none',
    help: 'Audio that is heard by both segments where there is no pause between them.',
  }),
} as const satisfies Record<string, Setting<unknown>>;
