/** The command line is always a client: of the server that answers, else of one in this process. */
import { VoxClient, VoxClientError } from '@vox-speech/client';
import { nodeFetch } from '@vox-speech/client/node';
import { type Config, isThisMachine, onLoopback } from '../config/index.js';
import { trustedBy } from '../local/tls/trust.js';
import { openSocket, socketOpener } from './web-socket.js';

/** Milliseconds in which a server on this machine or beyond says that it is there. */
const PROBE_MS = 5000;

export interface WithServerOptions {
  readonly signal: AbortSignal;
  /** `never`: a command that only makes sense of a server that runs already. */
  readonly local?: 'allowed' | 'never';
  /** Called before the server is loaded in this process. */
  readonly onLocal?: () => void;
}

/**
 * Calls `use` with a client of the server at the configured host. When none answers there and the host is this
 * machine, the server is loaded in this process, on a free loopback port, and closed after `use`.
 * Throws VoxClientError `unreachable` when a server elsewhere doesn't answer.
 */
export async function withServer<T>(
  config: Config,
  options: WithServerOptions,
  use: (client: VoxClient) => Promise<T>,
): Promise<T> {
  const client = await clientOf(config, options.signal);
  if (await answers(client, config, options)) return use(client);
  options.onLocal?.();
  const { startApp } = await import('../app.js');
  const app = await startApp(onLoopback(config));
  try {
    return await use(
      new VoxClient({ baseUrl: app.url, apiKey: config.client.apiKey, fetch: nodeFetch, openSocket }),
    );
  } finally {
    await app.close();
  }
}

/** A client of the configured server. */
async function clientOf(
  { client: { host, apiKey }, models }: Config,
  signal: AbortSignal,
): Promise<VoxClient> {
  const ca = await trustedBy(models.home, host, signal);
  if (ca === undefined) return new VoxClient({ baseUrl: host, apiKey, fetch: nodeFetch, openSocket });
  return new VoxClient({
    baseUrl: host,
    apiKey,
    fetch: (url, init) => nodeFetch(url, init, { ca }),
    openSocket: socketOpener(ca),
  });
}

/** Does a server answer? False = none does, and one in this process may take its place. */
async function answers(client: VoxClient, config: Config, options: WithServerOptions): Promise<boolean> {
  const { signal } = options;
  try {
    await client.health({ signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]) });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (!VoxClientError.is(error)) {
      const message = `cannot connect to Vox server at ${client.baseUrl} (no answer in ${PROBE_MS / 1000} s)`;
      throw new VoxClientError(message, { status: 0, code: 'unreachable', cause: error });
    }
    // Whatever it is that answered, the command's own call will say what is wrong with it.
    if (error.code !== 'unreachable') return true;
    if (options.local === 'never' || !isThisMachine(config.client.host)) throw error;
    return false;
  }
}
