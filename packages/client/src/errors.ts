/** What a call to a Vox server can fail with. */

/** The server's table of errors; docs/errors.md says what each means and whether asking again can help. */
export const SERVER_ERROR_CODES = [
  'invalid_request',
  'wrong_kind',
  'empty_audio',
  'unauthorized',
  'forbidden',
  'license_not_accepted',
  'not_found',
  'model_unknown',
  'model_not_pulled',
  'method_not_allowed',
  'conflict',
  'too_large',
  'unsupported_media',
  'ffmpeg_missing',
  'unprocessable',
  'overloaded',
  'cancelled',
  'internal',
  'model_broken',
  'runner_crashed',
  'source_failed',
  'upstream_failed',
  'hash_mismatch',
  'engine_missing',
  'upstream_unavailable',
  'restarting',
  'store_unavailable',
  'shutting_down',
  'upstream_stalled',
  'timeout',
  'out_of_memory',
  'disk_full',
] as const;

/**
 * `model_not_found`: what OpenAI's routes (transcribe, speak) say for `model_unknown` and `model_not_pulled`; the message
 * says which. `unreachable`: no server answered. `broken_answer`: what answered is none, or stopped midway.
 * `pull_failed`: the message says why.
 */
export type VoxErrorCode =
  | (typeof SERVER_ERROR_CODES)[number]
  | 'model_not_found'
  | 'unreachable'
  | 'broken_answer'
  | 'pull_failed';

/** `status` 0 = no answer came. A server that is newer than this client may have codes of its own. */
export interface VoxClientErrorFields {
  readonly status: number;
  readonly code: VoxErrorCode | (string & {});
  /** The request field at fault, where the server named it. */
  readonly param?: string | undefined;
  /** Seconds after which asking again may help. */
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

const BRAND = Symbol.for('vox-speech.client-error');

/** Recognised by brand, so that it survives two copies of this package. */
export class VoxClientError extends Error {
  readonly status: number;
  readonly code: VoxErrorCode | (string & {});
  readonly param: string | undefined;
  readonly retryAfter: number | undefined;
  readonly [BRAND] = true;

  constructor(message: string, fields: VoxClientErrorFields) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = 'VoxClientError';
    this.status = fields.status;
    this.code = fields.code;
    this.param = fields.param;
    this.retryAfter = fields.retryAfter;
  }

  static is(value: unknown): value is VoxClientError {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true;
  }
}

/** OpenAI's words for two codes of the table, on the routes that are OpenAI's too. */
const TABLE_WORDS: Readonly<Record<string, VoxErrorCode>> = {
  invalid_api_key: 'unauthorized',
  rate_limit_exceeded: 'overloaded',
};

/** Codes for answers that carry none (the native routes' `detail`), by HTTP status: the server's own table read backwards. */
const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  409: 'conflict',
  413: 'too_large',
  415: 'unsupported_media',
  422: 'invalid_request',
  429: 'overloaded',
  499: 'cancelled',
  502: 'source_failed',
  503: 'shutting_down',
  504: 'timeout',
  507: 'out_of_memory',
};

/** The error that an answer with a bad status describes, in either of the server's shapes, or in none; `what` names the call. */
export function errorOfAnswer(what: string, status: number, headers: Headers, body: string): VoxClientError {
  const told = readBody(body);
  const after = Number(headers.get('retry-after') ?? Number.NaN);
  return new VoxClientError(told.message ?? `${what} was answered ${status}: is it a Vox server?`, {
    status,
    code: told.code ?? CODE_OF_STATUS[status] ?? 'internal',
    param: told.param,
    retryAfter: Number.isFinite(after) ? after : undefined,
  });
}

/** `{"error":{"message","code","param"}}` (OpenAI), `{"detail":"..."}` or FastAPI's list of details (native). */
function readBody(body: string): { message?: string; code?: string; param?: string } {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return {};
  }
  const outer = record(value);
  const error = record(outer.error);
  if (typeof error.message === 'string') {
    const { code, param } = error;
    return {
      message: error.message,
      ...(typeof code === 'string' ? { code: TABLE_WORDS[code] ?? code } : {}),
      ...(typeof param === 'string' ? { param } : {}),
    };
  }
  const detail = outer.detail;
  const code = typeof outer.code === 'string' ? { code: outer.code } : {};
  if (typeof detail === 'string') return { message: detail, ...code };
  if (Array.isArray(detail)) return { message: detail.map(describeDetail).join('; '), ...code };
  return {};
}

/** One entry of `{"detail":[{"type","loc","msg"}]}`: `body.speed: must be a number`. */
function describeDetail(entry: unknown): string {
  const { loc, msg } = record(entry);
  const where = Array.isArray(loc) ? `${loc.join('.')}: ` : '';
  return `${where}${typeof msg === 'string' ? msg : JSON.stringify(entry)}`;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
