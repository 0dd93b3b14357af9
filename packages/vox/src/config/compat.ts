/**
 * The originals that VOX_COMPAT can name: their variables and their defaults. Flags and VOX_* variables win over both.
 * Sources: stt-ws.md section 5, yap.md section 5, tone.md section 6. What is not here belongs to a dialect's own limits.
 */
import { STT_WS_ENGINE, YAP_ENGINE, YAP_ENGINE_DEFAULTS, YAP_INSTALLER } from './compat-engine.js';
import { anything, type CompatVariable, notWhole } from './compat-variable.js';
import type { SettingKey } from './table.js';
import type { Compat } from './types.js';
import { parseBytes, parseDuration } from './units.js';
import { bindHost, choice, integer, jsonList, list, path, type Reader } from './values.js';

export interface CompatProfile {
  readonly title: string;
  /** Variable names in any case (T-one). */
  readonly anyCase: boolean;
  readonly variables: readonly CompatVariable[];
  /** Its variables are read from `.env` in the working folder too. */
  readonly envFile: boolean;
  /** Variables that mean nothing here, and why: said at start where they are set. */
  readonly noEffect: Readonly<Record<string, string>>;
  /** Defaults as a person would write them. */
  readonly defaults: Readonly<Partial<Record<SettingKey, string>>>;
}

/** `MAX_FILE_SIZE_MB` is a whole number of MiB from 1 to 1000 (tone.md section 6). */
const mebibytes: Reader<number> = (value, machine) => integer(1, 1000)(value, machine) * 1024 * 1024;

const BACKENDS = choice(['qwen3', 'mock']);

/** `mock` reads the folder `references` beside the program. */
const backend: Reader<string | undefined> = (value, machine) =>
  BACKENDS(value, machine) === 'mock' ? path('references', machine) : undefined;

/** The original's own model (stt-ws.md section 5), by its name on the hub: the catalog knows it. */
const qwen3: Reader<string | undefined> = (value, machine) =>
  BACKENDS(value, machine) === 'qwen3' ? 'Qwen/Qwen3-ASR-1.7B' : undefined;

/** A chunk of the original is decoded at once, so it is the pace of its partials. Seconds, to ms. */
const chunkSeconds: Reader<number> = (value) =>
  Math.min(10_000, Math.max(50, Math.round(parseDuration(value) * 1000)));

const WINDOWS = 'text is held back until two decodes agree on it, not by a number of chunks or tokens';
const UNUSED = 'the protocol has one rate, one codec and one channel, in the original too';

/** stt-ws.md section 5: of what the original does in another way. */
const STT_NO_EFFECT: Readonly<Record<string, string>> = {
  STT_VLLM_MAX_TOKENS: 'an answer ends where the speech does; `vllm serve --max-model-len` bounds it',
  STT_STREAMING_UNFIXED_CHUNK_NUM: WINDOWS,
  STT_STREAMING_UNFIXED_TOKEN_NUM: WINDOWS,
  STT_SUPPORTED_SAMPLE_RATES: UNUSED,
  STT_SUPPORTED_CODECS: UNUSED,
  STT_SUPPORTED_CHANNELS: UNUSED,
};

/** The original has one key, whatever is in it. */
const oneKey: Reader<readonly string[]> = (value) => [value.trim()];

const CORS_FREE = 'a page of an allowed origin may use every method and send every header';

/** tone.md section 6: of what Vox does in another way. */
const TONE_NO_EFFECT: Readonly<Record<string, string>> = {
  WORKERS:
    'every model runs in a process of its own, and one server serves them all; VOX_THREADS is for its threads',
  RELOAD: 'there is no code of yours to load again',
  LOAD_FROM_FOLDER:
    'models lie under VOX_HOME: `vox pull t-one`, or `vox import` of a file that `vox export` wrote',
  CORS_METHODS: CORS_FREE,
  CORS_HEADERS: CORS_FREE,
  CORS_CREDENTIALS: 'keys travel in a header; there are no cookies',
};

export const COMPAT: Readonly<Record<Compat, CompatProfile>> = {
  vox: { title: 'Vox', anyCase: false, variables: [], envFile: false, noEffect: {}, defaults: {} },
  'stt-ws': {
    title: 'the STT WebSocket server',
    anyCase: false,
    variables: [
      { env: 'STT_HOST', key: 'bindHost', read: bindHost },
      { env: 'STT_PORT', key: 'port' },
      { env: 'STT_MAX_UPLOAD_BYTES', key: 'maxUpload', read: parseBytes },
      { env: 'STT_IN_QUEUE_SIZE', key: 'liveQueue' },
      { env: 'STT_IN_QUEUE_MAX_DROPS', key: 'liveQueueDrops' },
      { env: 'STT_OUT_QUEUE_SIZE', key: 'liveOutQueue' },
      { env: 'STT_VAD_THRESHOLD', key: 'liveVadThreshold' },
      { env: 'STT_VAD_SILENCE_MS', key: 'liveVadSilence' },
      { env: 'STT_LOG_DIR', key: 'logFolder' },
      { env: 'STT_BACKEND', key: 'mockReferences', read: backend },
      { env: 'STT_VLLM_MODEL', key: 'sttModel' },
      { env: 'STT_BACKEND', key: 'sttModel', read: qwen3 },
      { env: 'STT_STREAMING_CHUNK_SIZE_SEC', key: 'livePartialMs', read: chunkSeconds },
      { env: 'MOCK_INFER_MS', key: 'mockDelay' },
      ...STT_WS_ENGINE,
    ],
    envFile: true,
    noEffect: STT_NO_EFFECT,
    // The original has no authentication, listens everywhere, measures levels, and logs in JSON.
    defaults: {
      bindHost: '0.0.0.0',
      port: '8000',
      maxUpload: '100Mi',
      insecure: 'true',
      liveVad: 'energy',
      logFormat: 'json',
    },
  },
  yap: {
    title: 'Yap',
    anyCase: false,
    variables: [
      { env: 'SERVER_BIND_HOST', key: 'bindHost' },
      { env: 'SERVER_PORT', key: 'port' },
      { env: 'VOXTRAL_API_KEY', key: 'apiKeys', read: list },
      { env: 'LOG_LEVEL', key: 'logLevel' },
      { env: 'VOXTRAL_MODEL_ID', key: 'sttModel' },
      { env: 'VOXTRAL_SERVED_MODEL_NAME', key: 'servedName' },
      { env: 'VLLM_MAX_MODEL_LEN', key: 'upstreamContext' },
      { env: 'STT_INTERNAL_ROLL', key: 'roll' },
      { env: 'STT_SEGMENT_SECONDS', key: 'rollSeconds' },
      { env: 'STT_SEGMENT_OVERLAP_SECONDS', key: 'rollOverlap' },
      { env: 'VOXTRAL_TRANSCRIPTION_DELAY_MS', key: 'yapDelay', forgives: notWhole },
      { env: 'MAX_CONCURRENT_CONNECTIONS', key: 'yapMaxConnections', forgives: anything },
      { env: 'WS_IDLE_TIMEOUT_S', key: 'yapIdleTimeout', forgives: anything },
      { env: 'WS_MAX_CONNECTION_DURATION_S', key: 'yapMaxDuration', forgives: anything },
      { env: 'WS_WATCHDOG_TICK_S', key: 'yapWatchdogTick', forgives: anything },
      { env: 'WS_INBOUND_QUEUE_MAX', key: 'yapInboundQueue', forgives: anything },
      { env: 'STT_MAX_BACKLOG_SECONDS', key: 'yapBacklog', forgives: anything },
      { env: 'WS_CLOSE_UNAUTHORIZED_CODE', key: 'yapCloseUnauthorized', forgives: anything },
      { env: 'WS_CLOSE_BUSY_CODE', key: 'yapCloseBusy', forgives: anything },
      { env: 'WS_CLOSE_IDLE_REASON', key: 'yapCloseIdleReason' },
      ...YAP_ENGINE,
    ],
    envFile: false,
    noEffect: YAP_INSTALLER,
    // Its key is required, so there is no `insecure` here: without a key it does not start either. It waits 120 s for the
    // rest of an utterance (yap.md 4.4).
    defaults: {
      bindHost: '0.0.0.0',
      port: '8000',
      sttModel: 'mistralai/Voxtral-Mini-4B-Realtime-2602',
      upstreamContext: '1024',
      upstreamStall: '120s',
      yapDelay: '400',
      yapDrop: 'true',
      ...YAP_ENGINE_DEFAULTS,
    },
  },
  't-one': {
    title: 'the T-one REST wrapper',
    anyCase: true,
    variables: [
      { env: 'HOST', key: 'bindHost' },
      { env: 'PORT', key: 'port' },
      { env: 'LOG_LEVEL', key: 'logLevel' },
      { env: 'API_KEY', key: 'apiKeys', read: oneKey },
      { env: 'API_TITLE', key: 'apiTitle' },
      { env: 'API_DESCRIPTION', key: 'apiDescription' },
      { env: 'API_VERSION', key: 'apiVersion' },
      { env: 'CORS_ORIGINS', key: 'corsOrigins', read: jsonList },
      { env: 'MAX_FILE_SIZE_MB', key: 'maxUpload', read: mebibytes },
      { env: 'STORAGE_TYPE', key: 'sessionStore' },
      { env: 'REDIS_URL', key: 'redisUrl' },
      { env: 'REDIS_KEY_PREFIX', key: 'sessionPrefix' },
      { env: 'SESSION_TIMEOUT_SECONDS', key: 'sessionTimeout' },
    ],
    envFile: true,
    noEffect: TONE_NO_EFFECT,
    defaults: {
      bindHost: '0.0.0.0',
      port: '8000',
      maxUpload: '100Mi',
      corsOrigins: '*',
      insecure: 'true',
      sessionPrefix: 'asr:session:',
    },
  },
};
