/** Values of the table of settings as the Config that every layer reads. */
import { join } from 'node:path';
import { engineConfig } from './engine-slice.js';
import { remoteConfig } from './remote.js';
import type { SettingKey, Values } from './table.js';
import { tlsConfig } from './tls-settings.js';
import type { Alias, Config, Origin } from './types.js';
import { wyomingConfig } from './wyoming-settings.js';

/** Seconds of audio that wait where none may be dropped, before the client waits. */
const UNDROPPED_BACKLOG = 5;

/** A value, and where it was found. */
export interface Found {
  readonly value: unknown;
  readonly origin: Origin;
  /** As it was written, for the start-up log: `--port 80`, `VOX_PORT=80`. */
  readonly written: string;
}

/** @param summary what was set, as it was written, for the start-up log */
export function toConfig(
  v: Values,
  found: ReadonlyMap<SettingKey, Found>,
  warnings: readonly string[],
  summary: readonly string[],
): Config {
  const [apiKey] = v.apiKeys;
  return {
    server: {
      host: v.bindHost,
      port: v.port,
      ...(v.grpcPort === undefined ? {} : { grpcPort: v.grpcPort }),
      ...tlsConfig(v),
      compat: v.compat,
      api: apiNames(v),
    },
    models: {
      home: v.home,
      autoPull: v.autoPull,
      aliases: v.aliases.map(toAlias),
      voiceAliases: v.voiceAliases.map(toAlias),
      ...(v.sttModel === undefined ? {} : { sttModel: v.sttModel }),
      ...(v.ttsModel === undefined ? {} : { ttsModel: v.ttsModel }),
      ...(v.ffmpeg === undefined ? {} : { ffmpeg: v.ffmpeg }),
      ...(v.python === undefined ? {} : { python: v.python }),
      npm: v.npm,
      ...(v.catalogUrl === undefined ? {} : { catalogUrl: v.catalogUrl }),
      ...(v.engineSource === undefined ? {} : { engineSource: v.engineSource }),
      hub: {
        endpoint: v.hubEndpoint,
        offline: v.hubOffline,
        ...(v.hubToken === undefined ? {} : { token: v.hubToken }),
      },
    },
    scheduler: {
      device: v.device,
      threads: v.threads,
      maxLoaded: v.maxLoaded,
      keepAlive: v.keepAlive,
      ...(v.maxMemory === undefined ? {} : { maxMemory: v.maxMemory }),
      idleTrim: v.idleTrim,
      maxQueue: v.maxQueue,
      maxStreams: v.maxStreams,
      preload: v.preload,
    },
    guard: {
      apiKeys: v.apiKeys,
      corsOrigins: v.corsOrigins,
      allowedHosts: v.allowedHosts,
      insecure: v.insecure,
      maxUpload: v.maxUpload,
      maxDuration: v.maxDuration,
      maxDecode: v.maxDecode,
      maxText: v.maxText,
    },
    live: {
      detector: v.liveVad,
      threshold: v.liveVadThreshold,
      silenceMs: v.liveVadSilence,
      queueFrames: v.liveQueue,
      maxDrops: v.liveQueueDrops,
      outQueue: v.liveOutQueue,
      partialMs: v.livePartialMs,
      ...(v.mockReferences === undefined
        ? {}
        : { mock: { references: v.mockReferences, delayMs: v.mockDelay } }),
    },
    remote: remoteConfig(v),
    yap: {
      delayMs: v.yapDelay,
      ...(v.servedName === undefined ? {} : { servedModel: v.servedName }),
      maxConnections: v.yapMaxConnections,
      idleMs: v.yapIdleTimeout * 1000,
      maxDurationMs: v.yapMaxDuration * 1000,
      tickMs: v.yapWatchdogTick * 1000,
      inboundQueue: v.yapInboundQueue,
      backlogMs: (v.yapBacklog || UNDROPPED_BACKLOG) * 1000,
      drop: v.yapDrop && v.yapBacklog > 0,
      unauthorizedCode: v.yapCloseUnauthorized,
      busyCode: v.yapCloseBusy,
      idleReason: v.yapCloseIdleReason,
    },
    wyoming: wyomingConfig(v),
    deepgram: { endpointingMs: v.deepgramEndpointing, idleMs: v.deepgramIdleTimeout * 1000 },
    realtime: {
      idleMs: v.realtimeIdleTimeout * 1000,
      maxDurationMs: v.realtimeMaxDuration * 1000,
    },
    sessions: {
      store: v.sessionStore,
      url: v.redisUrl,
      prefix: v.sessionPrefix,
      timeoutMs: v.sessionTimeout * 1000,
      maxSessions: v.maxSessions,
      maxBytes: v.sessionBytes,
    },
    engine: engineConfig(v, found),
    log: {
      level: v.logLevel,
      format: v.logFormat,
      file: v.logFile,
      folder: v.logFolder ?? join(v.home, 'logs'),
    },
    client: {
      host: v.target,
      hostGiven: found.get('target')?.origin !== 'default',
      ...(apiKey === undefined ? {} : { apiKey }),
      voxtral: {
        ...(v.voxtralServer === undefined ? {} : { server: v.voxtralServer }),
        ...(v.voxtralKey === undefined ? {} : { apiKey: v.voxtralKey }),
      },
    },
    warnings,
    summary,
  };
}

/** What was given of them. */
function apiNames({ apiTitle, apiDescription, apiVersion }: Values): Config['server']['api'] {
  return {
    ...(apiTitle === undefined ? {} : { title: apiTitle }),
    ...(apiDescription === undefined ? {} : { description: apiDescription }),
    ...(apiVersion === undefined ? {} : { version: apiVersion }),
  };
}

function toAlias(text: string): Alias {
  const [name = '', target = ''] = text.split('=');
  return { name, target };
}
