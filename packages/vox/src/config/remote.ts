/** What the settings of remote models come to: upstreams with their keys, and when an utterance is rolled. */
import { type Rolling, VoxError } from '@vox-speech/contract';
import type { Values } from './table.js';
import type { RemoteConfig } from './types.js';

/** One step of Voxtral Realtime, 80 ms of audio, is a token of its context (yap.md section 4). */
const MS_PER_TOKEN = 80;
/** Tokens that are left for everything but audio (yap.md 4.1). */
const SPARE_TOKENS = 128;
/**
 * Where the context is not known: how much longer than asked a segment may be while it waits for a pause, in ms. The default
 * of 60 s stays below the 71.68 s of the smallest context in use, 1024 tokens.
 */
const PATIENCE_MS = 10_000;

type RemoteValues = Pick<
  Values,
  | 'upstreams'
  | 'upstreamKeys'
  | 'upstreamStall'
  | 'upstreamFallback'
  | 'upstreamContext'
  | 'servedName'
  | 'roll'
  | 'rollSeconds'
  | 'rollOverlap'
>;

/** Throws `invalid_request` where the overlap is no shorter than a segment, or a key is for an upstream that is not named. */
export function remoteConfig(v: RemoteValues): RemoteConfig {
  const upstreams = v.upstreams.map(splitBinding);
  const keys = v.upstreamKeys.map((text) => splitKey(text));
  const general = keys.find(({ url }) => url === undefined)?.key;
  const stray = keys.find(({ url }) => url !== undefined && !upstreams.some((one) => one.url === url));
  if (stray !== undefined)
    throw new VoxError('invalid_request', `VOX_UPSTREAM_KEYS: ${stray.url} is not one of VOX_UPSTREAMS`, {
      param: 'VOX_UPSTREAM_KEYS',
    });
  const rolling = v.roll ? rollingOf(v) : undefined;
  return {
    upstreams: upstreams.map((upstream) => {
      const apiKey = keys.find(({ url }) => url === upstream.url)?.key ?? general;
      return { ...upstream, ...(apiKey === undefined ? {} : { apiKey }) };
    }),
    ...(general === undefined ? {} : { apiKey: general }),
    stallMs: v.upstreamStall * 1000,
    ...(v.upstreamFallback === undefined ? {} : { fallback: v.upstreamFallback }),
    ...(v.servedName === undefined ? {} : { servedName: v.servedName }),
    ...(rolling === undefined ? {} : { rolling }),
  };
}

function rollingOf({ upstreamContext, rollSeconds, rollOverlap }: RemoteValues): Rolling {
  const wanted = Math.max(1, rollSeconds) * 1000;
  const limitMs =
    upstreamContext === undefined ? wanted + PATIENCE_MS : (upstreamContext - SPARE_TOKENS) * MS_PER_TOKEN;
  const segmentMs = Math.min(wanted, limitMs);
  const overlapMs = rollOverlap * 1000;
  if (overlapMs >= segmentMs)
    throw new VoxError(
      'invalid_request',
      `VOX_ROLL_OVERLAP=${rollOverlap}: must be shorter than a segment, which is ${segmentMs / 1000} s`,
      { param: 'VOX_ROLL_OVERLAP' },
    );
  return { segmentMs, overlapMs, limitMs };
}

/** `MODEL=URL` or `URL`. */
function splitBinding(text: string): { readonly model?: string; readonly url: string } {
  const at = text.indexOf('=');
  return at < 0 ? { url: text } : { model: text.slice(0, at), url: text.slice(at + 1) };
}

/** `URL=KEY` or `KEY`, which may hold `=` itself. */
function splitKey(text: string): { readonly url?: string; readonly key: string } {
  const at = /^https?:\/\//i.test(text) ? text.indexOf('=') : -1;
  return at < 0 ? { key: text } : { url: text.slice(0, at), key: text.slice(at + 1) };
}
