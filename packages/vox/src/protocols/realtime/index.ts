/** OpenAI's Realtime API, as far as it transcribes: `/v1/realtime` and its client secrets (docs/realtime.md). */
import type { IncomingMessage } from 'node:http';
import { VoxError } from '@vox-speech/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Keys } from '../../guard/index.js';
import type { Log } from '../../observe/index.js';
import { checkLive } from '../../runtime/listen.js';
import { checkKind } from '../../runtime/names.js';
import type { Runtime } from '../../runtime/types.js';
import { readJson, type Upgrades, validate } from '../../transport/index.js';
import { admit } from './access.js';
import { DEFAULT_CONFIG, readSession, type SessionConfig } from './config.js';
import { type ConnectionContext, RealtimeConnection } from './connection.js';
import { newId } from './item.js';
import * as render from './render.js';
import { liveOptions } from './request.js';
import { clientSecretSchema, SECRET_SECONDS } from './schema.js';
import { ClientSecrets } from './secrets.js';
import { MAX_MESSAGE_BYTES, type RealtimeSettings } from './settings.js';
import { readAddress } from './url.js';

export type { RealtimeSettings } from './settings.js';

const PATH = '/v1/realtime';
/** Their keys are checked here; the guard of upgrades lets them through. */
export const REALTIME_PATHS: readonly string[] = [PATH, `${PATH}/`];

/** OpenAI's name for the default recogniser, which this server has too. */
const DEFAULT_MODEL = 'whisper-1';
/** What of the Realtime API is not here, and what is instead. */
const ELSEWHERE = {
  calls:
    'WebRTC and SIP calls are not served: send audio over the WebSocket at /v1/realtime?intent=transcription',
  translations:
    'live translation is not served: transcribe over the WebSocket at /v1/realtime?intent=transcription, or translate a recording with POST /v1/audio/translations',
  sessions:
    'sessions are not made beforehand: open the WebSocket at /v1/realtime, or get a key for a browser from POST /v1/realtime/client_secrets',
  socket: 'this is a WebSocket: connect with ws:// or wss:// (docs/realtime.md)',
} as const;

export interface RealtimeOptions {
  readonly runtime: Pick<Runtime, 'listen' | 'show'>;
  readonly upgrades: Pick<Upgrades, 'add'>;
  readonly settings: RealtimeSettings;
  /** None = everybody may. */
  readonly keys: readonly string[];
  /** The default recogniser as it was configured; absent = the first pulled one. */
  readonly model?: string;
  /** Requests may bring models onto this machine: one that is not here is no fault of theirs. */
  readonly autoPull: boolean;
  readonly log: Log;
}

/** Registers the socket, the route for client secrets, and what says that other parts of the API are not here. */
export function register(app: FastifyInstance, options: RealtimeOptions): void {
  const { upgrades, settings, log } = options;
  const keys = new Keys(options.keys);
  const secrets = new ClientSecrets();
  const context: ConnectionContext = { runtime: options.runtime, settings, log, ...modelsOf(options) };
  const admitted = new WeakMap<IncomingMessage, SessionConfig>();
  for (const path of REALTIME_PATHS)
    upgrades.add({
      path,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      subprotocol: 'realtime',
      check(request) {
        const config = admit(request, keys, secrets);
        if (config !== undefined) admitted.set(request, config);
      },
      open(socket, request) {
        const config = withAddress(admitted.get(request) ?? DEFAULT_CONFIG, request.url ?? '');
        const beta = request.headers['openai-beta'] !== undefined;
        void new RealtimeConnection(socket, { config, beta }, context).start();
      },
    });
  upgrades.add({ path: `${PATH}/translations`, check: () => notHere('translations'), open() {} });
  app.post(`${PATH}/client_secrets`, (request) => clientSecret(request, secrets, context));
  app.get(PATH, () => notHere('socket'));
  for (const path of ['calls', 'calls/*', 'translations', 'translations/*'] as const)
    app.post(`${PATH}/${path}`, () => notHere(path.startsWith('calls') ? 'calls' : 'translations'));
  for (const path of ['sessions', 'transcription_sessions'])
    app.post(`${PATH}/${path}`, () => notHere('sessions'));
}

function notHere(what: keyof typeof ELSEWHERE): never {
  throw new VoxError('not_found', ELSEWHERE[what]);
}

/** The address names a model; who has a client secret has said more, and that holds. */
function withAddress(config: SessionConfig, url: string): SessionConfig {
  const { model } = readAddress(url);
  const { transcription } = config;
  if (model === undefined || transcription.model !== '') return config;
  return { ...config, transcription: { ...transcription, model } };
}

function modelsOf({
  runtime,
  model,
  autoPull,
}: RealtimeOptions): Pick<ConnectionContext, 'defaultModel' | 'check'> {
  const byDefault = model ?? DEFAULT_MODEL;
  return {
    defaultModel: () =>
      runtime.show(byDefault).then(
        ({ reference }) => reference,
        () => model ?? '',
      ),
    async check(config) {
      const name = config.transcription.model || byDefault;
      try {
        const manifest = await runtime.show(name);
        checkKind(manifest, 'stt');
        return checkLive(liveOptions(config), manifest).warnings;
      } catch (error) {
        if (autoPull && VoxError.is(error) && error.code === 'model_not_pulled') return [];
        throw error;
      }
    },
  };
}

async function clientSecret(
  request: FastifyRequest,
  secrets: ClientSecrets,
  context: Pick<ConnectionContext, 'check' | 'defaultModel'>,
): Promise<object> {
  const body = validate(clientSecretSchema, (await readJson(request, { optional: true })) ?? {});
  const { config, warnings } = readSession(body.session ?? {}, DEFAULT_CONFIG);
  const all = [...warnings, ...(await context.check(config))];
  const seconds = body.expires_after?.seconds ?? SECRET_SECONDS.default;
  const { value, expiresAt } = secrets.create(config, seconds);
  const defaultModel = await context.defaultModel();
  const facts = { id: newId('sess'), expiresAt: null, defaultModel };
  return {
    value,
    expires_at: expiresAt,
    session: { ...render.session(config, facts), ...render.withWarnings(all) },
  };
}
