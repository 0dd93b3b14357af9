/** Wyoming 1.10 over TCP: speech to text and text to speech for Home Assistant (docs/wyoming.md). */
import { VoxError } from '@vox-speech/contract';
import { isLoopback } from '../../guard/index.js';
import type { Log, Metrics } from '../../observe/index.js';
import { version } from '../../observe/version.js';
import { announce, listenTcp, type TcpProtocol } from '../../transport/index.js';
import { encodeEvent } from './codec.js';
import { type ConnectionContext, WyomingConnection } from './connection.js';
import { WyomingMetrics } from './metrics.js';
import { error } from './render.js';
import type { HearingSettings } from './request.js';

/** How Home Assistant finds a server by multicast DNS. */
const SERVICE_TYPE = '_wyoming._tcp';

export interface WyomingOptions {
  readonly runtime: ConnectionContext['runtime'];
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly maxConnections: number;
  /** See `TcpSettings`. */
  readonly idleMs: number;
  /** Tell the local network, where the address is one of it. */
  readonly announce: boolean;
  readonly hearing: HearingSettings;
  readonly metrics: Pick<Metrics, 'extend' | 'load'>;
  readonly log: Log;
}

export interface Wyoming {
  /** That was really bound. */
  readonly port: number;
  /** Says goodbye to the network, lets what is under way end for `graceMs`, then cuts it. */
  close(graceMs: number): Promise<void>;
}

/** Resolves once it accepts. Throws `invalid_request` where the address can't be had. */
export async function openWyoming(options: WyomingOptions): Promise<Wyoming> {
  const { host, log } = options;
  const listener = await listenTcp(options, protocol(options)).catch((cause: Error) => {
    throw new VoxError('invalid_request', `--wyoming: ${cause.message}; choose another address or port`, {
      param: 'wyoming',
      cause,
    });
  });
  const { address, port } = listener;
  log.info({ host, port }, 'listening for Wyoming');
  const warn = (reason: string) =>
    log.warn({ reason }, 'Wyoming is not announced: clients need this address and port by hand');
  const announced =
    options.announce && !isLoopback(address)
      ? await announce({ type: SERVICE_TYPE, name: 'vox', host: address, port, warn })
      : undefined;
  return {
    port,
    async close(graceMs) {
      await Promise.all([announced?.close(), listener.close(graceMs)]);
    },
  };
}

function protocol({ runtime, hearing, maxConnections, log, ...options }: WyomingOptions): TcpProtocol {
  let connections = 0;
  const metrics = new WyomingMetrics(options.metrics, () => connections);
  const context = { runtime, settings: hearing, metrics, log, version: version() };
  return {
    open(tcp) {
      connections++;
      tcp.signal.addEventListener('abort', () => connections--, { once: true });
      metrics.use.accepted.inc();
      new WyomingConnection(tcp, context);
    },
    full() {
      metrics.use.refused.inc();
      const busy = `all ${maxConnections} connections are in use; try again later`;
      return encodeEvent('error', error(new VoxError('overloaded', busy)));
    },
  };
}
