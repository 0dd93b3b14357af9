/** From any thrown value to an answer: the table's status, and the body in the shape of the path's dialect. */
import { ERRORS, type ErrorCode, VoxError } from '@vox-speech/contract';
import type { Log } from '../observe/index.js';

/** The body of an error in one dialect's shape. Pure. */
export type ErrorBody = (error: VoxError) => unknown;

/** HTTP status by code. */
export type Statuses = Readonly<Partial<Record<ErrorCode, number>>>;

/** Which shape an error takes under which path. Dialects add theirs; the longest prefix wins. */
export class ErrorShapes {
  readonly #rows: { prefix: string; body: ErrorBody; statuses: Statuses }[] = [];

  /**
   * @param prefix e.g. `/api/`; compared with the raw path, so that even a malformed URL finds its shape.
   * @param statuses where the dialect's own differ from the table's
   */
  add(prefix: string, body: ErrorBody, statuses: Statuses = {}): void {
    this.#rows.push({ prefix, body, statuses });
    this.#rows.sort((a, b) => b.prefix.length - a.prefix.length);
  }

  /** The answer to an error at a path. */
  render(path: string, error: VoxError): ErrorAnswer {
    const row = this.#rows.find(({ prefix }) => path.startsWith(prefix));
    const status = row?.statuses[error.code] ?? ERRORS[error.code].http;
    return {
      status,
      headers: errorHeaders(error, status),
      body: row === undefined ? { detail: error.issues ?? error.message } : row.body(error),
    };
  }
}

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Seconds after which a client may ask again where the thrower knows no better. */
const RETRY_AFTER: Partial<Record<ErrorCode, number>> = {
  overloaded: 1,
  store_unavailable: 2,
  shutting_down: 5,
};

function errorHeaders(error: VoxError, status: number): Record<string, string> {
  const headers: Record<string, string> = {};
  const seconds = error.retryAfter ?? RETRY_AFTER[error.code];
  if (seconds !== undefined && (status === 429 || status === 503))
    headers['retry-after'] = String(Math.max(1, Math.ceil(seconds)));
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  return headers;
}

/** Errors of the framework that a client causes, by their name there. */
const FRAMEWORK: Record<string, readonly [ErrorCode, string]> = {
  FST_ERR_BAD_URL: ['invalid_request', 'the path holds a malformed percent-encoding'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media', 'the Content-Type header is malformed'],
  FST_ERR_MAX_PARAM_LENGTH: ['invalid_request', 'a part of the path is too long'],
};

/**
 * A thrown value as an error that may be shown. The message of a fault of ours stays in the log: it may
 * name files of this machine. The client gets the request's id instead.
 */
export function publicError(thrown: unknown, requestId: string): VoxError {
  const known = FRAMEWORK[(thrown as { code?: string } | null)?.code ?? ''];
  if (known !== undefined) return new VoxError(known[0], known[1], { cause: thrown });
  if (VoxError.is(thrown)) return thrown;
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new VoxError('invalid_request', thrown instanceof Error ? thrown.message : 'bad request');
  const error = VoxError.from(thrown);
  if (error.code !== 'internal') return error;
  return new VoxError('internal', `internal error; the server's log has it under request ${requestId}`, {
    cause: thrown,
  });
}

/**
 * `publicError`, and a fault of ours goes to the log in full: the client is sent there.
 * @param what went wrong, for the log
 * @param more fields of that line
 */
export function loggedError(
  thrown: unknown,
  requestId: string,
  log: Pick<Log, 'error'>,
  what: string,
  more: Readonly<Record<string, unknown>> = {},
): VoxError {
  const error = publicError(thrown, requestId);
  if (error.code === 'internal') log.error({ err: thrown, request: requestId, ...more }, what);
  return error;
}
