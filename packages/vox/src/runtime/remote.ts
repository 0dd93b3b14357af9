/** Models that run elsewhere: which upstreams a model is asked of, and what its engine is told of them. */
import type { ModelFiles, RemoteOptions, Rolling, Upstream } from '@vox-speech/contract';
import { remoteModel } from '../models/index.js';
import type { Manifest } from '../models/types.js';

/** An upstream, and the one model that it is for, if it is for one. */
export interface BoundUpstream extends Upstream {
  /** Canonical reference. */
  readonly model?: string;
}

export interface RemoteSettings {
  readonly upstreams: readonly BoundUpstream[];
  /** Key of upstreams that were not named. */
  readonly apiKey?: string;
  readonly stallMs: number;
  /** Absent = utterances are never rolled. */
  readonly rolling?: Rolling;
  /** Recogniser that takes over where upstreams fail, as the user wrote it. */
  readonly fallback?: string;
  /** A model that its servers list under another name than its entry says. */
  readonly served?: { readonly model: string; readonly name: string };
}

/** What a model on servers is: how it is spoken to, as what, by which command, and where. For people; holds no keys. */
export interface RemoteDescription {
  readonly wire: string;
  readonly served: string;
  readonly launch?: string;
  /** Base URLs without `/v1`. */
  readonly upstreams: readonly string[];
}

/**
 * Where a model is asked: at the upstreams that are for it alone, else at those for all, else on this machine at its own
 * port. Undefined for a model that runs here.
 */
export function upstreamsOf(
  model: Pick<Manifest, 'reference' | 'engine' | 'parameters'>,
  { upstreams, apiKey }: RemoteSettings,
): readonly Upstream[] | undefined {
  const remote = remoteModel(model);
  if (remote === undefined) return undefined;
  const own = upstreams.filter((upstream) => upstream.model === model.reference);
  const chosen = own.length > 0 ? own : upstreams.filter((upstream) => upstream.model === undefined);
  const here = { url: `http://127.0.0.1:${remote.port}`, ...(apiKey === undefined ? {} : { apiKey }) };
  if (chosen.length === 0) return [here];
  return chosen.map(({ model: _, ...upstream }) => upstream);
}

/** What the engine is told. Undefined for a model that runs here. */
export function remoteOptions(manifest: Manifest, settings: RemoteSettings): RemoteOptions | undefined {
  const upstreams = upstreamsOf(manifest, settings);
  if (upstreams === undefined) return undefined;
  const { stallMs, rolling } = settings;
  // Only a context that one utterance fills bit by bit has an end to roll over.
  const rolls = rolling !== undefined && remoteModel(manifest)?.wire === 'vllm-realtime';
  return { upstreams, stallMs, ...(rolls ? { rolling } : {}) };
}

/** A model's files, with the name under which its servers list it where the user says another one. */
export function servedAs(files: ModelFiles, { served }: RemoteSettings): ModelFiles {
  if (served?.model !== files.reference) return files;
  return { ...files, parameters: { ...files.parameters, served: served.name } };
}

/** A model on servers, for lists and `show`. Undefined for a model that runs here. */
export function describeRemote(
  model: Pick<Manifest, 'reference' | 'engine' | 'parameters'>,
  settings: RemoteSettings,
): RemoteDescription | undefined {
  const remote = remoteModel(model);
  if (remote === undefined) return undefined;
  const { wire, launch } = remote;
  const { served } = settings;
  return {
    wire,
    served: served?.model === model.reference ? served.name : remote.served,
    ...(launch === undefined ? {} : { launch }),
    upstreams: (upstreamsOf(model, settings) ?? []).map(({ url }) => url),
  };
}
