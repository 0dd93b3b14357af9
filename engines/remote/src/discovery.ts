/** Does a server live, and does it serve the model? */
import { type Upstream, VoxError } from '@vox-speech/contract';
import { call, textOf } from './call.js';
import { nameOf, quote, refusal } from './failures.js';

/** A server answers these questions within so long, ms, or is taken to be down: nothing is computed for them. */
export const DISCOVERY_MS = 5_000;

/**
 * Whether an upstream lists the model; the names that it lists instead. A server without `/v1/models` is believed to.
 * @throws VoxError `upstream_failed`, `upstream_stalled` where it can't be asked, `cancelled`
 */
export async function discover(
  upstream: Upstream,
  served: string,
  signal: AbortSignal,
): Promise<{ readonly serves: boolean; readonly instead: readonly string[] }> {
  const ask = async (path: string) => {
    const answer = await call(upstream, { method: 'GET', path, signal, stallMs: DISCOVERY_MS });
    return { status: answer.status, body: await textOf(upstream, answer) };
  };
  // vLLM answers /health with 503 when its engine has died, and goes on to list its models.
  const [health, list] = await Promise.all([ask('/health'), ask('/v1/models')]);
  if (health.status >= 500) throw refusal(upstream, health.status, health.body);
  if (list.status === 404 || list.status === 405) return { serves: true, instead: [] };
  if (list.status !== 200) throw refusal(upstream, list.status, list.body);
  const names = namesIn(upstream, list.body);
  return { serves: names.includes(served), instead: names };
}

function namesIn(upstream: Upstream, body: string): string[] {
  try {
    const { data } = JSON.parse(body) as { data?: unknown };
    if (Array.isArray(data))
      return data.flatMap((model: { id?: unknown } | null) =>
        typeof model?.id === 'string' ? [quote(upstream, model.id)] : [],
      );
  } catch {
    // Told below.
  }
  throw new VoxError(
    'upstream_failed',
    `${nameOf(upstream)} answered /v1/models with what is no list of models`,
  );
}
