/** What upstreams say when they fail, in words for a person and with codes of the table. */
import { type Upstream, VoxError } from '@vox-speech/contract';

/** Longest words of an upstream that a message quotes, in characters. */
const MAX_QUOTE = 300;

/** How an upstream is called in messages: its address without user name, password or query. */
export function nameOf({ url }: Upstream): string {
  if (!URL.canParse(url)) return 'an upstream whose address is no URL';
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/+$/, '');
}

const CONNECTION: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'broke the connection off',
  EPIPE: 'broke the connection off',
  ENOTFOUND: 'has a name that is not known',
  EAI_AGAIN: 'has a name that could not be looked up',
  ETIMEDOUT: 'cannot be reached',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
};

/** What went wrong with a connection, as `upstream_failed`; a VoxError stays what it is. */
export function describeFailure(upstream: Upstream, error: unknown): VoxError {
  if (VoxError.is(error)) return error;
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  const what = CONNECTION[code] ?? `failed: ${quote(upstream, message)}`;
  return new VoxError('upstream_failed', `${nameOf(upstream)} ${what}`);
}

/** The codes after which another upstream may do better. */
export function mayGoElsewhere({ code }: VoxError): boolean {
  return code === 'upstream_failed' || code === 'upstream_stalled' || code === 'overloaded';
}

/** Is it the upstream that is at fault, and not what it was asked, or how much? */
export function isUpstreamsFault({ code }: VoxError): boolean {
  return code === 'upstream_failed' || code === 'upstream_stalled';
}

/**
 * The error of an answer that is no success.
 * @param body as it came
 * @param retryAfter the header of that name
 */
export function refusal(upstream: Upstream, status: number, body: string, retryAfter?: string): VoxError {
  const name = nameOf(upstream);
  const said = quote(upstream, messageIn(body));
  const words = `${name} answered ${status}${said === '' ? '' : `: ${said}`}`;
  switch (status) {
    case 400:
    case 415:
    case 422:
      return new VoxError('invalid_request', words);
    case 401:
    case 403:
      return new VoxError(
        'upstream_failed',
        `${name} answered ${status}: it asks for another key; set VOX_UPSTREAM_KEYS`,
      );
    case 413:
      return new VoxError('too_large', words);
    case 429: {
      const seconds = Number(retryAfter);
      return new VoxError('overloaded', words, {
        retryAfter: retryAfter !== undefined && seconds > 0 ? seconds : 1,
      });
    }
    default:
      return new VoxError('upstream_failed', words);
  }
}

/** The error that came in the midst of an answer. */
export function failureInside(upstream: Upstream, error: unknown): VoxError {
  const said = quote(upstream, wordsOf(error) ?? JSON.stringify(error));
  return new VoxError('upstream_failed', `${nameOf(upstream)} failed in the midst of its answer: ${said}`);
}

/** Words of an upstream, cut, on one line, and without its key, which some servers repeat. */
export function quote({ apiKey }: Upstream, words: string): string {
  const line = words.replace(/\s+/g, ' ').trim();
  const safe = apiKey === undefined || apiKey === '' ? line : line.replaceAll(apiKey, '[key]');
  return safe.length > MAX_QUOTE ? `${safe.slice(0, MAX_QUOTE)}...` : safe;
}

/** `{"error": {"message"}}`, `{"error": "..."}`, `{"message"}`, FastAPI's `{"detail"}`, or no JSON at all. */
function messageIn(body: string): string {
  try {
    return wordsOf(JSON.parse(body)) ?? body;
  } catch {
    return body;
  }
}

function wordsOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const { error, message, detail } = value as Record<string, unknown>;
  const inner = wordsOf(error) ?? wordsOf(message);
  if (inner !== undefined) return inner;
  return detail === undefined ? undefined : (wordsOf(detail) ?? JSON.stringify(detail));
}
