/** One HTTP call: address, key, errors. */
import { errorOfAnswer, VoxClientError } from './errors.js';
import type { OpenSocket } from './socket.js';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Target {
  /** Base URL without a trailing slash. */
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly fetch: Fetch;
  /** Absent = the global WebSocket. */
  readonly openSocket: OpenSocket | undefined;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON; absent members are left out. */
  readonly json?: Readonly<Record<string, unknown>>;
  readonly form?: FormData;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The answer, if its status is good. Throws VoxClientError with what the server said, `unreachable` when none
 * answered, or the signal's reason.
 */
export async function call(target: Target, request: Call): Promise<Response> {
  const headers: Record<string, string> = {};
  if (target.apiKey !== undefined) headers.authorization = `Bearer ${target.apiKey}`;
  if (request.json !== undefined) headers['content-type'] = 'application/json';
  let answer: Response;
  try {
    answer = await target.fetch(address(target.baseUrl, request), {
      method: request.method,
      headers,
      ...(request.json === undefined ? {} : { body: JSON.stringify(request.json) }),
      ...(request.form === undefined ? {} : { body: request.form }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
  } catch (error) {
    throw explain(error, target, request.signal);
  }
  if (answer.ok) return answer;
  const what = `${request.method} ${target.baseUrl}${request.path}`;
  const body = await answer.text().catch(() => '');
  request.signal?.throwIfAborted();
  throw errorOfAnswer(what, answer.status, answer.headers, body);
}

/** The JSON of an answer. Throws VoxClientError `broken_answer` when it is none. */
export async function jsonOf<T>(answer: Response, target: Target, signal?: AbortSignal): Promise<T> {
  let body: string;
  try {
    body = await answer.text();
  } catch (error) {
    throw explain(error, target, signal);
  }
  try {
    return JSON.parse(body) as T;
  } catch (error) {
    throw new VoxClientError(`the answer of ${target.baseUrl} is not JSON: is it a Vox server?`, {
      status: answer.status,
      code: 'broken_answer',
      cause: error,
    });
  }
}

/** The bytes of an answer as they come. Leaving the loop cancels the answer. */
export async function* bytesOf(
  answer: Response,
  target: Target,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (answer.body === null) return;
  // A reader, since not every browser lets a stream be iterated.
  const reader = (answer.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  let ended = false;
  try {
    for (;;) {
      const next = await reader.read().catch((error: unknown) => {
        throw cutShort(error, target, signal);
      });
      ended = next.done;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    if (!ended) await reader.cancel().catch(() => undefined);
  }
}

function address(baseUrl: string, request: Call): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) query.set(name, value);
  }
  const text = query.toString();
  return `${baseUrl}${request.path}${text === '' ? '' : `?${text}`}`;
}

function explain(error: unknown, target: Target, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  return new VoxClientError(
    `cannot connect to Vox server at ${target.baseUrl} (${reasonOf(error)})\nStart the server with: vox serve${pageHint(target)}`,
    { status: 0, code: 'unreachable', cause: error },
  );
}

/** A browser doesn't tell a page whether a server is gone or doesn't allow the page: this names the second. */
function pageHint(target: Target): string {
  const { location } = globalThis as { readonly location?: { readonly origin?: string } };
  if (location?.origin === undefined || location.origin === new URL(target.baseUrl).origin) return '';
  return `\nIf it runs, it has to allow this page: VOX_CORS_ORIGINS=${location.origin} vox serve`;
}

function cutShort(error: unknown, target: Target, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  return new VoxClientError(`the answer of ${target.baseUrl} was cut short (${reasonOf(error)})`, {
    status: 200,
    code: 'broken_answer',
    cause: error,
  });
}

/** The innermost system code (ECONNREFUSED), else the message. Fetch hides it in `cause`, and in `errors` for several addresses. */
function reasonOf(error: unknown): string {
  const { code, cause, errors, message } = (error ?? {}) as Record<string, unknown>;
  if (Array.isArray(errors) && errors.length > 0) return reasonOf(errors[0]);
  if (typeof cause === 'object' && cause !== null) return reasonOf(cause);
  return typeof code === 'string' ? code : String(message ?? error);
}
