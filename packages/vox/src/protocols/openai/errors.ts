/** Errors as OpenAI's SDKs read them, with `detail` beside them for Vox's own clients, which share these paths. */
import { ERRORS, type ErrorCode, type FieldIssue, type VoxError } from '@vox-speech/contract';

export interface OpenaiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
  /** What the original's clients read: the message, or every field at fault. */
  readonly detail: string | readonly FieldIssue[];
}

/** OpenAI's word where it has one for the same thing. */
const CODES: Partial<Record<ErrorCode, string>> = {
  model_unknown: 'model_not_found',
  model_not_pulled: 'model_not_found',
  unauthorized: 'invalid_api_key',
  overloaded: 'rate_limit_exceeded',
};

/** The body; the transport adds status and headers. */
export function errorBody(error: VoxError): OpenaiErrorBody {
  return {
    error: {
      message: error.message,
      type: errorType(ERRORS[error.code].http),
      param: error.param ?? null,
      code: CODES[error.code] ?? error.code,
    },
    detail: error.issues ?? error.message,
  };
}

function errorType(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}
