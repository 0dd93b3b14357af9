/** Flags and environment to one frozen Config. The only place that reads `process.env`. */
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import { COMPAT, type CompatProfile } from './compat.js';
import { engineConfig } from './engine-slice.js';
import { parseEnvFile, readEnvFile } from './env-file.js';
import { nearest } from './nearest.js';
import { remoteConfig } from './remote.js';
import type { Setting } from './setting.js';
import { SETTINGS, type SettingKey, type Values } from './table.js';
import { tlsConfig } from './tls-settings.js';
import type { Alias, Compat, Config, Origin } from './types.js';
import type { Machine, Reader } from './values.js';
import { wyomingConfig } from './wyoming-settings.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the argument parser found, by camel-cased flag: `{ port: '80', autoPull: true, preload: ['whisper'] }`. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

type Command = 'serve' | 'client' | 'engine';

export interface ConfigInput {
  /** `serve` has the server's flags, `engine` those of vLLM; every other command is a `client`. */
  readonly command?: Command;
  readonly flags?: Flags;
  /** Default: the process's own. */
  readonly env?: Environment;
  readonly machine?: Machine;
  /** Text of the `.env` file of an original that reads one. Default: that of the working folder. */
  readonly envFile?: string;
}

/** Seconds of audio that wait where none may be dropped, before the client waits. */
const UNDROPPED_BACKLOG = 5;

interface Found {
  readonly value: unknown;
  readonly origin: Origin;
  /** As it was written, for the start-up log: `--port 80`, `VOX_PORT=80`. */
  readonly written: string;
}

/**
 * Reads the configuration: flags win over VOX_* variables, which win over the variables of the original that
 * VOX_COMPAT names, which win over defaults. An empty variable counts as not set.
 * Throws VoxError `invalid_request` that names the flag or variable, its value (unless secret) and what is allowed.
 */
export function loadConfig(input: ConfigInput = {}): Config {
  const command = input.command ?? 'client';
  const machine = input.machine ?? thisMachine();
  const flags = input.flags ?? {};
  const env = input.env ?? process.env;
  const compat = new Source(flags, env, command, machine).find('compat', 'vox').value as Compat;
  const source = new Source(flags, { ...fromEnvFile(compat, input, machine), ...env }, command, machine);
  const keys = Object.keys(SETTINGS) as SettingKey[];
  const found = new Map(keys.map((key) => [key, source.find(key, compat)]));
  const values = Object.fromEntries(
    [...found].map(([key, entry]) => [key, entry.value]),
  ) as unknown as Values;
  // A variable of an original may set two things; it is told once.
  const summary = [...found]
    .filter(([key, entry]) => entry.origin !== 'default' && SETTINGS[key].group !== 'client')
    .map(([, entry]) => (entry.origin === 'compat' ? `${entry.written} (${compat})` : entry.written));
  const warnings = [...source.warnings(compat), ...withoutEffect(found)];
  return deepFreeze(toConfig(values, found, warnings, [...new Set(summary)]));
}

/**
 * For a command that loads the server in its own process: loopback, any free port, nothing preloaded, and no log,
 * since standard output is the command's and errors come back over HTTP.
 */
export function onLoopback(config: Config): Config {
  const { listen: _, ...wyoming } = config.wyoming;
  const { grpcPort: _off, tls: _plain, ...server } = config.server;
  return deepFreeze({
    ...config,
    server: { ...server, host: '127.0.0.1', port: 0 },
    wyoming,
    scheduler: { ...config.scheduler, preload: [] },
    log: { ...config.log, level: 'silent', file: false },
  });
}

/** Is an address only reachable from this machine? */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Is the server at a base URL on this machine? */
export function isThisMachine(url: string): boolean {
  return isLoopback(new URL(url).hostname.replace(/^\[(.*)\]$/, '$1'));
}

/** The flag's name as the argument parser gives it: `--keep-alive` is `keepAlive`. */
export function flagKey(flag: string): string {
  return flag.replace(/^--/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Every variable that means something, VOX_* or not. */
export function knownVariables(): ReadonlySet<string> {
  const rows: Setting<unknown>[] = Object.values(SETTINGS);
  return new Set(rows.flatMap((row) => (row.env === undefined ? [] : [row.env, ...(row.envAliases ?? [])])));
}

function thisMachine(): Machine {
  return {
    home: homedir(),
    cwd: process.cwd(),
    cores: availableParallelism(),
    terminal: process.stdout.isTTY === true,
  };
}

class Source {
  readonly #flags: Flags;
  readonly #env: Environment;
  readonly #command: Command;
  readonly #machine: Machine;
  /** Values of an original that it would not have taken either. */
  readonly #forgiven: string[] = [];

  constructor(flags: Flags, env: Environment, command: Command, machine: Machine) {
    this.#flags = flags;
    this.#env = env;
    this.#command = command;
    this.#machine = machine;
  }

  /** The value of one setting from the first place that has one. */
  find(key: SettingKey, compat: Compat): Found {
    const row: Setting<unknown> = SETTINGS[key];
    const flag = this.#fromFlags(row);
    if (flag !== undefined && row.repeatable !== 'merge') return flag;
    const env = this.#fromVariables(row, [row.env, ...(row.envAliases ?? [])]);
    if (flag !== undefined) return merge(flag, env);
    return env ?? this.#fromCompat(row, key, compat) ?? this.#fromDefault(row, key, compat);
  }

  /** Variables that look like ours and mean nothing, and those of the original that mean nothing here. */
  warnings(compat: Compat): string[] {
    const known = knownVariables();
    const profile = COMPAT[compat];
    const silent = Object.entries(profile.noEffect).flatMap(([variable, why]) => {
      const name = nameIn(this.#env, variable, profile);
      const text = name === undefined ? '' : (this.#env[name] ?? '');
      return text.trim() === '' ? [] : [`${name}=${text} has no effect: ${why}`];
    });
    const unknown = Object.keys(this.#env)
      .filter((name) => name.startsWith('VOX_') && !known.has(name))
      .sort()
      .map((name) => {
        const near = nearest(name, known);
        return `${name} is not a setting of this version and has no effect${near === undefined ? '' : `; did you mean ${near}?`}`;
      });
    return [...unknown, ...silent, ...new Set(this.#forgiven)];
  }

  #fromFlags(row: Setting<unknown>): Found | undefined {
    if (row.flag === undefined || (row.commands !== 'all' && row.commands !== this.#command))
      return undefined;
    const spellings = [{ flag: row.flag, read: row.read }, ...(row.flagAliases ?? [])].filter(
      (spelling) => this.#flags[flagKey(spelling.flag)] !== undefined,
    );
    const [first, second] = spellings;
    if (first === undefined) return undefined;
    if (second !== undefined)
      throw new VoxError('invalid_request', `give ${first.flag} or ${second.flag}, not both`, {
        param: first.flag,
      });
    const given = this.#flags[flagKey(first.flag)];
    const text = Array.isArray(given) ? given.join(',') : String(given);
    return this.#read(row, first.read, 'flag', `${first.flag} `, text);
  }

  #fromVariables(row: Setting<unknown>, names: readonly (string | undefined)[]): Found | undefined {
    for (const name of names) {
      const text = name === undefined ? undefined : this.#env[name];
      if (name === undefined || text === undefined || text.trim() === '') continue;
      return this.#read(row, row.read, 'environment', `${name}=`, text);
    }
    return undefined;
  }

  #fromCompat(row: Setting<unknown>, key: SettingKey, compat: Compat): Found | undefined {
    const profile = COMPAT[compat];
    for (const variable of profile.variables) {
      if (variable.key !== key) continue;
      const name = nameIn(this.#env, variable.env, profile);
      const text = name === undefined ? undefined : this.#env[name];
      if (name === undefined || text === undefined || text.trim() === '') continue;
      const read = () => this.#read(row, variable.read ?? row.read, 'compat', `${name}=`, text);
      if (variable.forgives?.(text) !== true) return read();
      try {
        return read();
      } catch (error) {
        if (!VoxError.is(error)) throw error;
        this.#forgiven.push(`${error.message}; the default is used, as in the original`);
      }
    }
    return undefined;
  }

  #fromDefault(row: Setting<unknown>, key: SettingKey, compat: Compat): Found {
    const ofCompat = COMPAT[compat].defaults[key];
    if (ofCompat !== undefined) return this.#read(row, row.read, 'compat', `${row.flag ?? key} `, ofCompat);
    const value = row.default === undefined ? undefined : row.read(row.default, this.#machine);
    return { value, origin: 'default', written: '' };
  }

  /** `start` is the flag or variable with what stands between it and its value. */
  #read(row: Setting<unknown>, read: Reader<unknown>, origin: Origin, start: string, text: string): Found {
    const written = `${start}${row.secret === true ? '***' : text}`;
    try {
      return { value: read(text, this.#machine), origin, written };
    } catch (error) {
      if (!VoxError.is(error)) throw error;
      const param = start.replace(/[ =]$/, '');
      throw new VoxError('invalid_request', `${written}: ${error.message}`, { param, cause: error });
    }
  }
}

/** How a variable of the original is spelled where it is set. */
function nameIn(
  env: Environment,
  variable: string,
  { anyCase }: Pick<CompatProfile, 'anyCase'>,
): string | undefined {
  if (!anyCase) return env[variable] === undefined ? undefined : variable;
  return Object.keys(env).find((name) => name.toUpperCase() === variable && env[name] !== undefined);
}

/** What the original's `.env` says of its own variables; the environment wins over it. */
function fromEnvFile(compat: Compat, input: ConfigInput, machine: Machine): Environment {
  const profile = COMPAT[compat];
  if (!profile.envFile || (input.command ?? 'client') === 'client') return {};
  const found = parseEnvFile(input.envFile ?? readEnvFile(join(machine.cwd, '.env')) ?? '');
  const names = [...profile.variables.map(({ env }) => env), ...Object.keys(profile.noEffect)];
  const env = input.env ?? process.env;
  return Object.fromEntries(
    names.flatMap((variable) => {
      const name = nameIn(found, variable, profile);
      // In another case it would stand beside that of the environment, and come first.
      const stronger = nameIn(env, variable, profile) !== undefined;
      return name === undefined || stronger ? [] : [[variable, found[name]]];
    }),
  );
}

/** Settings of the original that were given and mean nothing here. */
function withoutEffect(found: ReadonlyMap<SettingKey, Found>): string[] {
  return [...found].flatMap(([key, { origin, written }]) => {
    const { noEffect }: Setting<unknown> = SETTINGS[key];
    return noEffect === undefined || origin === 'default' ? [] : [`${written} has no effect: ${noEffect}`];
  });
}

/** `--preload a` with `VOX_PRELOAD=b` is both, each once, as in the original. */
function merge(flag: Found, env: Found | undefined): Found {
  if (env === undefined) return flag;
  const items = new Set([...(flag.value as readonly string[]), ...(env.value as readonly string[])]);
  return { value: [...items], origin: 'flag', written: `${flag.written} ${env.written}` };
}

function toConfig(
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

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
