/**
 * The one table of errors. Every layer throws a VoxError with a code of this table; every dialect renders
 * that code in its own shape. A code that was retired is never used again.
 */

/** How a code travels on each kind of wire, and whether asking again can help. */
export interface ErrorRow {
  /** HTTP status. */
  readonly http: number;
  /** WebSocket close code. */
  readonly ws: number;
  /** gRPC status name. */
  readonly grpc: string;
  readonly retryable: boolean;
  /** One line for the docs. */
  readonly meaning: string;
}

export const ERRORS = {
  invalid_request: {
    http: 400,
    ws: 1008,
    grpc: 'INVALID_ARGUMENT',
    retryable: false,
    meaning: 'A field is missing, malformed or out of range; the message names it.',
  },
  wrong_kind: {
    http: 400,
    ws: 1008,
    grpc: 'INVALID_ARGUMENT',
    retryable: false,
    meaning: 'The model exists but does another kind of work.',
  },
  empty_audio: {
    http: 400,
    ws: 1008,
    grpc: 'INVALID_ARGUMENT',
    retryable: false,
    meaning: 'The upload holds no audio.',
  },
  unauthorized: {
    http: 401,
    ws: 1008,
    grpc: 'UNAUTHENTICATED',
    retryable: false,
    meaning: 'The key is missing or not one of the accepted ones.',
  },
  forbidden: {
    http: 403,
    ws: 1008,
    grpc: 'PERMISSION_DENIED',
    retryable: false,
    meaning: 'The Host or Origin of the request is not allowed.',
  },
  license_not_accepted: {
    http: 403,
    ws: 1008,
    grpc: 'FAILED_PRECONDITION',
    retryable: false,
    meaning: 'The licence of the model allows no commercial use; the message says how to accept that.',
  },
  not_found: {
    http: 404,
    ws: 1008,
    grpc: 'NOT_FOUND',
    retryable: false,
    meaning: 'No such route or object.',
  },
  model_unknown: {
    http: 404,
    ws: 1008,
    grpc: 'NOT_FOUND',
    retryable: false,
    meaning: 'No catalog entry and no pulled model has this name.',
  },
  model_not_pulled: {
    http: 404,
    ws: 1008,
    grpc: 'NOT_FOUND',
    retryable: false,
    meaning: 'The model is known but not on this machine; the message has the pull command.',
  },
  method_not_allowed: {
    http: 405,
    ws: 1008,
    grpc: 'UNIMPLEMENTED',
    retryable: false,
    meaning: 'The path exists, the method does not.',
  },
  conflict: {
    http: 409,
    ws: 1008,
    grpc: 'FAILED_PRECONDITION',
    retryable: true,
    meaning: 'The object is in use.',
  },
  too_large: {
    http: 413,
    ws: 1009,
    grpc: 'RESOURCE_EXHAUSTED',
    retryable: false,
    meaning: 'The upload passes a limit of size or duration.',
  },
  unsupported_media: {
    http: 415,
    ws: 1003,
    grpc: 'INVALID_ARGUMENT',
    retryable: false,
    meaning: 'The bytes are not audio that can be read.',
  },
  ffmpeg_missing: {
    http: 415,
    ws: 1003,
    grpc: 'FAILED_PRECONDITION',
    retryable: false,
    meaning: 'This format needs the ffmpeg program, which was not found.',
  },
  unprocessable: {
    http: 422,
    ws: 1008,
    grpc: 'INVALID_ARGUMENT',
    retryable: false,
    meaning: 'The body has not the fields that the route needs, or the recording is no good as a voice.',
  },
  overloaded: {
    http: 429,
    ws: 1013,
    grpc: 'RESOURCE_EXHAUSTED',
    retryable: true,
    meaning: 'The queue is full; ask again after Retry-After.',
  },
  cancelled: {
    http: 499,
    ws: 1000,
    grpc: 'CANCELLED',
    retryable: false,
    meaning: 'The client went away or cancelled.',
  },
  internal: { http: 500, ws: 1011, grpc: 'INTERNAL', retryable: true, meaning: 'A fault of ours.' },
  model_broken: {
    http: 500,
    ws: 1011,
    grpc: 'INTERNAL',
    retryable: false,
    meaning: 'The engine could not load the model; the message says how to pull it again.',
  },
  runner_crashed: {
    http: 500,
    ws: 1011,
    grpc: 'INTERNAL',
    retryable: true,
    meaning: 'The process that ran the model died; it is started again for the next request.',
  },
  source_failed: {
    http: 502,
    ws: 1011,
    grpc: 'UNAVAILABLE',
    retryable: true,
    meaning: 'No source of the model could be reached.',
  },
  upstream_failed: {
    http: 502,
    ws: 1011,
    grpc: 'UNAVAILABLE',
    retryable: true,
    meaning: 'The server that runs the model refused the work or broke off.',
  },
  hash_mismatch: {
    http: 502,
    ws: 1011,
    grpc: 'DATA_LOSS',
    retryable: false,
    meaning: 'Downloaded bytes are not the ones that the catalog pins.',
  },
  engine_missing: {
    http: 503,
    ws: 1011,
    grpc: 'FAILED_PRECONDITION',
    retryable: false,
    meaning: 'The engine of this model is not installed or cannot run here.',
  },
  upstream_unavailable: {
    http: 503,
    ws: 1013,
    grpc: 'UNAVAILABLE',
    retryable: true,
    meaning: 'No server that runs the model can be reached, or none of them serves it.',
  },
  restarting: {
    http: 503,
    ws: 1013,
    grpc: 'UNAVAILABLE',
    retryable: true,
    meaning: 'The model crashed several times in a row and is started again after a pause.',
  },
  store_unavailable: {
    http: 503,
    ws: 1013,
    grpc: 'UNAVAILABLE',
    retryable: true,
    meaning:
      'The store of sessions cannot be reached or is full; nothing is lost, ask again after Retry-After.',
  },
  shutting_down: {
    http: 503,
    ws: 1013,
    grpc: 'UNAVAILABLE',
    retryable: true,
    meaning: 'The server is stopping.',
  },
  upstream_stalled: {
    http: 504,
    ws: 1011,
    grpc: 'DEADLINE_EXCEEDED',
    retryable: true,
    meaning: 'The server that runs the model has said nothing for too long.',
  },
  timeout: { http: 504, ws: 1011, grpc: 'DEADLINE_EXCEEDED', retryable: true, meaning: 'A deadline passed.' },
  out_of_memory: {
    http: 507,
    ws: 1013,
    grpc: 'RESOURCE_EXHAUSTED',
    retryable: true,
    meaning: 'The memory budget has no room for this model.',
  },
  disk_full: {
    http: 507,
    ws: 1011,
    grpc: 'RESOURCE_EXHAUSTED',
    retryable: true,
    meaning: 'The disk has no room.',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

export interface VoxErrorOptions {
  /** The request field at fault, as the client spelled it. */
  readonly param?: string;
  readonly cause?: unknown;
  /** Seconds after which asking again may help. */
  readonly retryAfter?: number;
  /** Every field at fault, where a route checks its whole body at once. */
  readonly issues?: readonly FieldIssue[];
}

/** What is wrong with one field, as clients of the original read it. */
export interface FieldIssue {
  /** A word for the kind of fault: `missing`, `string_type`, ... */
  readonly type: string;
  /** Where: `body`, `query` or `path`, then the field. */
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  /** What stood there. */
  readonly input: unknown;
}

const BRAND = Symbol.for('vox-speech.error');

/** An error with a code of the table. Recognised by brand, so that it survives two copies of this package. */
export class VoxError extends Error {
  readonly code: ErrorCode;
  readonly param: string | undefined;
  readonly retryAfter: number | undefined;
  readonly issues: readonly FieldIssue[] | undefined;
  readonly [BRAND] = true;

  constructor(code: ErrorCode, message: string, options: VoxErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'VoxError';
    this.code = code;
    this.param = options.param;
    this.retryAfter = options.retryAfter;
    this.issues = options.issues;
  }

  static is(value: unknown): value is VoxError {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true;
  }

  /** Any thrown value as a VoxError; what is not one becomes `internal`. */
  static from(value: unknown): VoxError {
    if (VoxError.is(value)) return value;
    if (value instanceof Error && value.name === 'AbortError')
      return new VoxError('cancelled', 'cancelled', { cause: value });
    const code = (value as { code?: unknown } | null)?.code;
    if (code === 'ENOSPC') return new VoxError('disk_full', 'no space left on the disk', { cause: value });
    return new VoxError('internal', value instanceof Error ? value.message : String(value), { cause: value });
  }
}

/** An error as it crosses a process boundary. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly param?: string;
  readonly retryAfter?: number;
}

/** The record of an error, for a message to another process. */
export function toRecord(error: unknown): ErrorRecord {
  const e = VoxError.from(error);
  return {
    code: e.code,
    message: e.message,
    ...(e.param === undefined ? {} : { param: e.param }),
    ...(e.retryAfter === undefined ? {} : { retryAfter: e.retryAfter }),
  };
}

/** The error that a record describes. A code this version does not know becomes `internal`. */
export function fromRecord(record: ErrorRecord): VoxError {
  const code: ErrorCode = record.code in ERRORS ? record.code : 'internal';
  return new VoxError(code, record.message, {
    ...(record.param === undefined ? {} : { param: record.param }),
    ...(record.retryAfter === undefined ? {} : { retryAfter: record.retryAfter }),
  });
}
