/** Every dialect on one server: which of them is served where, and with what. */
import type { Config } from './config/index.js';
import type { Health, Log, Metrics } from './observe/index.js';
import { version } from './observe/version.js';
import { register as registerApiPages } from './protocols/api-pages/index.js';
import { OPERATIONS as DEEPGRAM_OPERATIONS } from './protocols/deepgram/describe.js';
import { register as registerDeepgram } from './protocols/deepgram/index.js';
import { OPERATIONS as ELEVENLABS_OPERATIONS } from './protocols/elevenlabs/describe.js';
import { register as registerElevenlabs } from './protocols/elevenlabs/index.js';
import type { GrpcOptions } from './protocols/grpc/index.js';
import { OPERATIONS as OPENAI_OPERATIONS } from './protocols/openai/describe.js';
import { register as registerOpenai } from './protocols/openai/index.js';
import { OPERATIONS as REALTIME_OPERATIONS } from './protocols/realtime/describe.js';
import { REALTIME_PATHS, register as registerRealtime } from './protocols/realtime/index.js';
import { OPERATIONS as STT_WS_OPERATIONS } from './protocols/stt-ws/describe.js';
import { register as registerSttWs } from './protocols/stt-ws/index.js';
import { OPERATIONS as TONE_OPERATIONS } from './protocols/t-one/describe.js';
import { register as registerTone } from './protocols/t-one/index.js';
import { OPERATIONS as VOX_OPERATIONS } from './protocols/vox-native/describe.js';
import { register as registerVoxNative } from './protocols/vox-native/index.js';
import { register as registerVoxStreams } from './protocols/vox-streams/index.js';
import { register as registerYap, YAP_PATH } from './protocols/yap/index.js';
import type { Runtime } from './runtime/types.js';
import type { HttpServer, Upgrades } from './transport/index.js';

/** Sockets whose dialect checks the key itself. */
export const SELF_CHECKED: readonly string[] = [YAP_PATH, ...REALTIME_PATHS];

export interface Dialects {
  readonly config: Config;
  readonly runtime: Runtime;
  readonly http: HttpServer;
  readonly upgrades: Upgrades;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly health: Health;
  /** Folder of temporary files. */
  readonly uploadDirectory: string;
  /** The default recogniser; absent = the first pulled one. */
  readonly sttModel: string | undefined;
  /** Of HTTP and gRPC; absent = neither is encrypted. */
  readonly tls: { readonly key: string; readonly cert: string } | undefined;
}

/** Registers all that is spoken over HTTP and WebSockets. */
export function registerDialects(dialects: Dialects): void {
  const { config, runtime, upgrades, metrics, log, health, uploadDirectory, sttModel } = dialects;
  const { server, models, guard } = config;
  const { app } = dialects.http;
  registerOpenai(app, {
    runtime,
    uploadDirectory,
    voiceAliases: models.voiceAliases,
  });
  registerRealtime(app, {
    runtime,
    upgrades,
    settings: config.realtime,
    keys: guard.apiKeys,
    ...(sttModel === undefined ? {} : { model: sttModel }),
    autoPull: models.autoPull,
    log,
  });
  registerVoxNative(app, {
    runtime,
    uploadDirectory,
    health,
    compat: server.compat,
  });
  registerSttWs(app, {
    runtime,
    upgrades,
    settings: config.live,
    metrics,
    log,
    health,
    compat: server.compat === 'stt-ws',
    uploadDirectory,
  });
  registerYap(app, {
    runtime,
    upgrades,
    settings: config.yap,
    // An empty VOXTRAL_API_KEY refuses everyone, as in the original; elsewhere no key means no lock.
    access: { keys: guard.apiKeys, keyRequired: server.compat === 'yap' },
    ...(sttModel === undefined ? {} : { model: sttModel }),
    metrics,
    log,
    health,
    compat: server.compat === 'yap',
  });
  registerTone(app, {
    runtime,
    sessions: runtime.resumable,
    upgrades,
    log,
    health,
    compat: server.compat === 't-one',
    names: server.api,
    uploadDirectory,
  });
  registerDeepgram(app, {
    runtime,
    upgrades,
    settings: config.deepgram,
    log,
    uploadDirectory,
  });
  registerElevenlabs(app, {
    runtime,
    upgrades,
    log,
    uploadDirectory,
    voiceAliases: models.voiceAliases,
  });
  registerApiPages(app, {
    operations: () => [
      ...OPENAI_OPERATIONS,
      ...REALTIME_OPERATIONS,
      ...VOX_OPERATIONS,
      ...STT_WS_OPERATIONS,
      ...TONE_OPERATIONS,
      ...DEEPGRAM_OPERATIONS,
      ...ELEVENLABS_OPERATIONS,
    ],
    version: version(),
  });
  registerVoxStreams(upgrades, { runtime, log });
}

/**
 * Opens what listens beside HTTP: Wyoming and gRPC, where they are switched on. Whether they may listen where they are told to
 * is checked before. Rejects with the system's error where a port is taken; nothing is open then.
 */
export async function listenBeside(
  dialects: Dialects & Pick<GrpcOptions, 'checkKey'>,
): Promise<{ close(graceMs: number): Promise<void> }> {
  const { config, runtime, metrics, log } = dialects;
  const { listen, ...settings } = config.wyoming;
  const { host, grpcPort } = config.server;
  const opened: { close(graceMs: number): Promise<void> }[] = [];
  const close = async (graceMs: number): Promise<void> => {
    await Promise.all(opened.map((one) => one.close(graceMs)));
  };
  try {
    if (listen !== undefined) {
      const { openWyoming } = await import('./protocols/wyoming/index.js');
      opened.push(await openWyoming({ ...listen, ...settings, hearing: config.live, runtime, metrics, log }));
    }
    if (grpcPort !== undefined) {
      const { createGrpcServer } = await import('./protocols/grpc/index.js');
      const grpc = createGrpcServer(dialects);
      log.info(await grpc.listen({ host, port: grpcPort }), 'gRPC listening');
      opened.push(grpc);
    }
  } catch (error) {
    await close(0);
    throw error;
  }
  return { close };
}
