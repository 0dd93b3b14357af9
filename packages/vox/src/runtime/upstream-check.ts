/** A look at upstreams when a model that runs elsewhere was pulled: only remarks, since they may be started later. */
import type { Upstream } from '@vox-speech/contract';
import type { CatalogEntry, PullEvent } from '../models/types.js';
import { describeRemote, type RemoteSettings, upstreamsOf } from './remote.js';

/** All upstreams together have so long to answer, in ms. */
const PATIENCE_MS = 2_000;
/** Bytes of a list of models; more is no such list. */
const MAX_LIST_BYTES = 1 << 20;

/**
 * What a pull of such a model says: what it expects, what it found, and how to start what is missing; nothing of a model
 * that runs here. Throws nothing.
 */
export async function* upstreamRemarks(
  model: CatalogEntry,
  settings: RemoteSettings,
  signal: AbortSignal,
): AsyncGenerator<PullEvent> {
  const described = describeRemote(model, settings);
  if (described === undefined) return;
  const { served, launch } = described;
  const upstreams = upstreamsOf(model, settings) ?? [];
  const urls = upstreams.map(({ url }) => url).join(', ');
  yield { status: `nothing to download: it runs on a server, and ${served} is expected at ${urls}` };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const remarks = await Promise.all(upstreams.map((upstream) => look(upstream, served, limit)));
  for (const remark of remarks) yield { status: remark.text };
  if (remarks.some(({ serves }) => serves)) return;
  yield { status: launch === undefined ? 'start it there when you need it' : `start it with: ${launch}` };
  yield {
    status: 'a server elsewhere: VOX_UPSTREAMS=http://host:port, or vox serve --upstream http://host:port',
  };
}

interface Remark {
  readonly text: string;
  readonly serves: boolean;
}

async function look({ url, apiKey }: Upstream, served: string, signal: AbortSignal): Promise<Remark> {
  try {
    const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    const response = await fetch(`${url}/v1/models`, { headers, signal, redirect: 'error' });
    if (!response.ok) {
      await response.body?.cancel();
      return { text: `${url} answers ${response.status} to a look at its models`, serves: false };
    }
    const names = namesIn(JSON.parse(await bounded(response)));
    if (names.includes(served)) return { text: `${url} serves ${served} now`, serves: true };
    const known = names.slice(0, 5).join(', ') || 'no model';
    return { text: `${url} answers, but serves ${known}`, serves: false };
  } catch {
    return { text: `${url} does not answer now`, serves: false };
  }
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_LIST_BYTES) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Names of OpenAI's list of models, each short enough to be shown. */
function namesIn(list: unknown): string[] {
  const { data } = (list ?? {}) as { data?: unknown };
  if (!Array.isArray(data)) return [];
  return data.flatMap((one: { id?: unknown } | null) =>
    typeof one?.id === 'string' && one.id.length <= 200 ? [one.id] : [],
  );
}
