/** The composition root: the only file that knows every layer. */
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { Config } from './config/index.js';
import { listenBeside, registerDialects, SELF_CHECKED } from './dialects.js';
import { checkBind, checkOpenBind, installGuard, keyGuard, upgradeGuard } from './guard/index.js';
import { ModelHost } from './host/model-host.js';
import { startProcessRunner } from './host/process.js';
import type { Engines } from './local/engines/index.js';
import { describeTls, openTls } from './local/tls/index.js';
import {
  type Catalog,
  DEFAULT_MODELS_SETTINGS,
  engineModule,
  formatReference,
  layOutMock,
  layOutRemote,
  openCatalog,
  Puller,
  Store,
} from './models/index.js';
import { createLog, Health, LogFile, Metrics, watchFaults } from './observe/index.js';
import { register as registerPrometheus } from './protocols/prometheus/index.js';
import { createRuntime } from './runtime/index.js';
import { measured, measuredListen } from './runtime/measured.js';
import type { Runtime } from './runtime/types.js';
import { Residency } from './scheduler/residency.js';
import { loadZod } from './schema.js';
import { Sessions } from './sessions/index.js';
import { MemoryStore, type SessionStore } from './sessions/resumable/index.js';
import { createHttpServer, loadWebSockets, Upgrades } from './transport/index.js';
import { openUploadDirectory } from './transport/upload-directory.js';
import { ConsentStore, VoiceStore } from './voices/index.js';

/** A model that has not loaded by then is given up: the largest Whisper takes some ten seconds from a slow disk. */
const LOAD_DEADLINE_MS = 180_000;

/** What sockets have to say of the end of their sessions leaves within this, in ms. */
const SOCKET_GRACE_MS = 1_000;

/** After this a server that nobody has asked yet loads what its first request will need. */
const WARM_UP_DELAY_MS = 1_000;

export interface App {
  /** Base URL, with the port that was really bound. */
  readonly url: string;
  /** Stops accepting, finishes or aborts what runs, returns all memory. Idempotent. */
  close(): Promise<void>;
}

/**
 * Brings everything up. Resolves once every listener accepts; throws VoxError when the configuration forbids it.
 * @param options `ownsProcess`: nothing but the server runs in this process, so what goes wrong unseen is the server's to tell
 */
export async function startApp(
  config: Config,
  { ownsProcess = false }: { readonly ownsProcess?: boolean } = {},
): Promise<App> {
  const { server, models, scheduler, guard } = config;
  const guardSettings = {
    keys: guard.apiKeys,
    bindHost: server.host,
    hostNames: guard.allowedHosts,
    corsOrigins: guard.corsOrigins,
    insecure: guard.insecure,
  };
  checkBind(guardSettings);
  const { listen: wyoming } = config.wyoming;
  if (wyoming !== undefined) checkOpenBind(wyoming.host, guard.insecure, 'Wyoming');
  const logFile = config.log.file
    ? new LogFile(config.log.folder, {
        onError: (error) => log.warn(`no log is kept in ${config.log.folder}: ${error.message}`),
      })
    : undefined;
  const log = createLog({
    level: config.log.level,
    format: config.log.format === 'json' ? 'json' : 'plain',
    ...(logFile === undefined ? {} : { file: (line: string) => logFile.write(line) }),
  });
  const health = new Health();
  const catalog = await openCatalog(ownCatalog(config));
  const store = await Store.open(models.home);
  const sttModel = config.live.mock
    ? await layOutMock(store, config.live.mock)
    : await settleDefault(config, store, catalog);
  const uploads = await openUploadDirectory(join(models.home, 'tmp', 'uploads'));
  const puller = new Puller({ settings: pullSettings(config), catalog });
  const residency = new Residency({
    maxLoaded: scheduler.maxLoaded,
    budgetBytes: scheduler.maxMemory,
    keepAliveSeconds: scheduler.keepAlive,
    idleTrimSeconds: scheduler.idleTrim,
    queueLimit: scheduler.maxQueue,
    now: Date.now,
    load: (spec, signal) => ModelHost.load(startProcessRunner, spec, LOAD_DEADLINE_MS, signal),
  });
  const sessions = new Sessions({
    maxStreams: scheduler.maxStreams,
    onBatches: (model, sizes) => {
      for (const size of sizes) metrics.use.batch.observe({ model }, size);
    },
  });
  const metrics = new Metrics({
    streams: () => sessions.count,
    capacity: () => sessions.capacity,
    runners: () => residency.loaded(),
  });
  const unwatch = ownsProcess
    ? watchFaults({
        log,
        onRejection: () => metrics.use.rejections.inc(),
        flush: () => logFile?.close() ?? Promise.resolve(),
      })
    : undefined;
  const plain = createRuntime({
    catalog,
    store,
    puller,
    residency,
    sessions,
    watch: (listen) => measuredListen(listen, metrics),
    sessionStore: await openSessionStore(config),
    voices: new VoiceStore(models.home),
    consents: new ConsentStore(models.home),
    settings: {
      threads: scheduler.threads,
      device: scheduler.device,
      remote: remoteSettings(config, catalog, sttModel),
      engineModule: (name, model) => engineModule(models.home, name, model),
      defaults: {
        aliases: models.aliases,
        ...(sttModel === undefined ? {} : { stt: sttModel }),
        ...(models.ttsModel === undefined ? {} : { tts: models.ttsModel }),
      },
      autoPull: models.autoPull,
      memoryPolicy: { budgetBytes: scheduler.maxMemory ?? null, idleTrimSeconds: scheduler.idleTrim },
      uploadBytes: guard.maxUpload,
      audioSeconds: guard.maxDuration,
      mediaSeconds: guard.maxDecode,
      queueLimit: scheduler.maxQueue,
      temporary: uploads.path,
      textCharacters: guard.maxText,
      ffmpegPath: models.ffmpeg,
      searchPath: process.env.PATH ?? '',
    },
  });

  const runtime = measured(plain, metrics);

  const tls =
    server.tls && (await openTls(server.tls.files, models.home, [server.host, ...guard.allowedHosts]));
  const http = createHttpServer({ log, ...(tls === undefined ? {} : { tls }) });
  installGuard(http.app, guardSettings);
  registerPrometheus(http.app, metrics);
  const upgrades = new Upgrades(http.app.server, {
    log,
    check: upgradeGuard(guardSettings, SELF_CHECKED),
    shapes: http.app.errorShapes,
  });
  const dialects = {
    config,
    runtime,
    http,
    upgrades,
    metrics,
    log,
    health,
    uploadDirectory: uploads.path,
    sttModel,
    tls,
  };
  registerDialects(dialects);
  const { url } = await http.listen({ host: server.host, port: server.port });
  const beside = await listenBeside({ ...dialects, checkKey: keyGuard(guardSettings) }).catch(
    async (error) => {
      await http.destroy();
      throw error;
    },
  );
  health.set('ready');
  for (const warning of [...config.warnings, ...catalog.problems]) log.warn(warning);
  for (const line of config.summary) log.info(line);
  log.info({ url, home: models.home }, 'listening');
  if (tls !== undefined) log.info(describeTls(tls));
  setTimeout(() => {
    loadZod();
    metrics.load();
    loadWebSockets();
    keepYoungSpace();
  }, WARM_UP_DELAY_MS).unref();
  preload(runtime, scheduler.preload, log);
  const { fallback } = config.remote;
  if (fallback !== undefined)
    runtime.show(fallback).catch((error: Error) => log.warn(`VOX_UPSTREAM_FALLBACK: ${error.message}`));

  let closing: Promise<void> | undefined;
  return {
    url,
    close: () => {
      closing ??= (async () => {
        health.set('draining');
        await runtime.resumable.close();
        sessions.stop();
        await Promise.all([
          upgrades.close(SOCKET_GRACE_MS).then(() => http.close()),
          beside.close(SOCKET_GRACE_MS),
        ]);
        await puller.close();
        await residency.close();
        await uploads.remove();
        await logFile?.close();
        unwatch?.();
      })();
      return closing;
    },
  };
}

/**
 * Room for young objects grows no more. What passes through a server dies at once, and Node would give it 48 MB in the end,
 * only to collect it less often: of 300 sockets each took 209 kB, now 111, and 64 streams to a model elsewhere had their tokens
 * 14 to 18 ms later in the 95th percentile, now 6 to 10, for a twentieth more of processor time (bench/live.mjs, remote.mjs).
 * While the server starts the room is of use.
 */
function keepYoungSpace(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** The engines of this `VOX_HOME`, for the command line: adding code to a machine is no business of its network clients. */
export async function openEngines(config: Config): Promise<Engines> {
  // Not needed to serve, so not loaded to serve.
  const { Engines } = await import('./local/engines/index.js');
  const { entries } = await openCatalog(ownCatalog(config));
  return Engines.open(pullSettings(config), entries);
}

function ownCatalog({ models }: Config): Parameters<typeof openCatalog>[0] {
  const { home, catalogUrl } = models;
  return {
    home,
    ...(catalogUrl === undefined ? {} : { url: catalogUrl }),
    signal: new AbortController().signal,
  };
}

/** The default recogniser; one that runs elsewhere need not have been pulled, since it has no bytes. */
async function settleDefault(
  { models, server }: Config,
  store: Store,
  catalog: Catalog,
): Promise<string | undefined> {
  if (models.sttModel === undefined) return undefined;
  const wire = server.compat === 'yap' ? 'vllm-realtime' : 'openai-transcriptions';
  return layOutRemote(store, catalog, models.sttModel, wire);
}

/**
 * Upstreams with the models they are for by their canonical names, as written or as servers list them. Throws
 * `invalid_request` and `model_unknown` with the name at fault.
 */
function remoteSettings(
  { remote: { upstreams, servedName, ...rest } }: Config,
  catalog: Catalog,
  sttModel: string | undefined,
): Parameters<typeof createRuntime>[0]['settings']['remote'] {
  const canonical = (name: string) =>
    catalog.servedAs(name)?.reference ?? formatReference(catalog.resolve(name));
  return {
    ...rest,
    upstreams: upstreams.map(({ model, ...upstream }) => ({
      ...upstream,
      ...(model === undefined ? {} : { model: canonical(model) }),
    })),
    ...(servedName === undefined || sttModel === undefined
      ? {}
      : { served: { model: canonical(sttModel), name: servedName } }),
  };
}

/** Where sessions by id are kept. Redis is connected to in the background: a server that can't reach it serves all the rest. */
async function openSessionStore({ sessions }: Config): Promise<SessionStore> {
  const { store, url, prefix, ...limits } = sessions;
  if (store !== 'redis') return new MemoryStore(limits);
  // Most servers have none: what speaks to it is not theirs to load.
  const { RedisStore } = await import('./sessions/resumable/redis.js');
  return RedisStore.open({ ...limits, url, prefix });
}

function pullSettings({ models }: Config): ConstructorParameters<typeof Puller>[0]['settings'] {
  return {
    ...DEFAULT_MODELS_SETTINGS,
    home: models.home,
    environment: process.env,
    hfEndpoint: models.hub.endpoint,
    hfOffline: models.hub.offline,
    ...(models.hub.token === undefined ? {} : { hfToken: models.hub.token }),
    npm: models.npm,
    ...(models.engineSource === undefined ? {} : { engineSource: models.engineSource }),
    ...(models.python === undefined ? {} : { python: models.python }),
  };
}

/** One after another, beside serving; a model that can't be loaded is a warning, not the end. */
async function preload(
  runtime: Runtime,
  references: readonly string[],
  log: ReturnType<typeof createLog>,
): Promise<void> {
  for (const reference of references) {
    try {
      await runtime.preload(reference);
      log.info({ model: reference }, 'preloaded');
    } catch (error) {
      log.warn(
        { model: reference, reason: error instanceof Error ? error.message : String(error) },
        'not preloaded',
      );
    }
  }
}
