/** The dialect of the Yap server: `/api/asr-streaming`, and under VOX_COMPAT its probes (docs/yap.md). */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Health, Log, MetricsHome } from '../../observe/index.js';
import type { Runtime } from '../../runtime/types.js';
import type { LiveSocket, Upgrades } from '../../transport/index.js';
import { type KeyRules, keyCheck } from './auth.js';
import { type ConnectionContext, YapConnection } from './connection.js';
import { EngineHealth } from './engine-health.js';
import { UNKNOWN } from './envelope.js';
import { AT_CAPACITY, type Fault, UNAUTHORIZED } from './errors.js';
import { registerHealth } from './health.js';
import { YapMetrics } from './metrics.js';
import * as render from './render.js';
import { MAX_MESSAGE_BYTES, type YapSettings } from './settings.js';

export type { YapSettings } from './settings.js';

/** Its key is checked here, after the upgrade; the guard of upgrades lets it through. */
export const YAP_PATH = '/api/asr-streaming';

/** OpenAI's name for the default recogniser, which this server has too. */
const DEFAULT_MODEL = 'whisper-1';

export interface YapOptions {
  readonly runtime: Pick<Runtime, 'listen' | 'show' | 'preload'>;
  readonly upgrades: Pick<Upgrades, 'add'>;
  readonly settings: YapSettings;
  readonly access: KeyRules;
  /** The default recogniser as it was configured; absent = the first pulled one. */
  readonly model?: string;
  readonly metrics: MetricsHome;
  readonly log: Log;
  readonly health: Pick<Health, 'state'>;
  /** Are the original's probes ours? */
  readonly compat: boolean;
}

/** Registers the socket, and the probes where they are asked for. */
export function register(app: FastifyInstance, options: YapOptions): void {
  const { runtime, upgrades, settings, log } = options;
  let connections = 0;
  const metrics = new YapMetrics(options.metrics, () => connections);
  const model = options.model ?? DEFAULT_MODEL;
  const engine = new EngineHealth(runtime, model);
  const modelNames = async (): Promise<readonly string[]> => {
    const said = [settings.servedModel, options.model].filter((name) => name !== undefined);
    try {
      return [...said, (await runtime.show(model)).reference];
    } catch {
      // Who asks for words is told why there are none.
      return said;
    }
  };
  const refuse = (socket: LiveSocket, fault: Fault, code: number): void => {
    metrics.use.refused.inc({ reason: fault.code });
    log.warn({ reason: fault.code }, 'WebSocket connection refused');
    socket.send(render.envelope(render.error(fault), UNKNOWN));
    socket.close(code, fault.message);
  };
  const mayEnter = keyCheck(options.access);
  upgrades.add({
    path: YAP_PATH,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    open(socket, request) {
      if (!mayEnter(request)) {
        refuse(socket, UNAUTHORIZED, settings.unauthorizedCode);
        return;
      }
      if (settings.maxConnections > 0 && connections >= settings.maxConnections) {
        refuse(socket, AT_CAPACITY, settings.busyCode);
        return;
      }
      connections++;
      const id = randomUUID();
      log.info({ connection: id }, `WebSocket connection accepted. Active: ${connections}`);
      const left = (): void => void connections--;
      const context: ConnectionContext = { runtime, settings, metrics, engine, log, modelNames, left };
      void new YapConnection(id, socket, context).start();
    },
  });
  if (options.compat) registerHealth(app, options.health, engine);
}
