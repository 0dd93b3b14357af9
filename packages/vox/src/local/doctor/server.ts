/** Is a server running, and does it let us in? */
import { VoxClient, VoxClientError } from '@vox-speech/client';
import { nodeFetch } from '@vox-speech/client/node';
import { type Config, isThisMachine } from '../../config/index.js';
import { trustedBy } from '../tls/trust.js';
import { type Check, fail, ok } from './check.js';

/** ms that a server has to answer. */
const TIMEOUT_MS = 3_000;

/** `server` of the checks. A server need not run on this machine; one that was named elsewhere must. */
export async function server(
  { client: { host, apiKey }, models }: Pick<Config, 'client' | 'models'>,
  signal: AbortSignal,
): Promise<Check> {
  const ca = await trustedBy(models.home, host, signal);
  const client = new VoxClient({
    baseUrl: host,
    apiKey,
    fetch: (url, init) => nodeFetch(url, init, ca && { ca }),
  });
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    await client.health({ signal: limited });
    const models = await client.list({ signal: limited });
    return ok('server', `runs at ${host}, with ${models.length} model${models.length === 1 ? '' : 's'}`);
  } catch (error) {
    signal.throwIfAborted();
    if (VoxClientError.is(error) && error.status === 401)
      return fail('server', `runs at ${host} and asks for a key`, 'set VOX_API_KEY, or give --api-key');
    if (VoxClientError.is(error) && error.code !== 'unreachable')
      return fail('server', `${host}: ${error.message}`, 'is that a Vox server? See --host and VOX_HOST');
    if (!VoxClientError.is(error))
      return fail('server', `${host} takes the call and does not answer`, 'look at its log: vox logs');
    if (isThisMachine(host))
      return ok('server', `none runs at ${host}; commands load models themselves. To start one: vox serve`);
    return fail(
      'server',
      `${host} does not answer`,
      'start it there (vox serve), or see --host and VOX_HOST',
    );
  }
}
