/** What goes wrong, in this dialect's words: an error frame and a close code, or an HTTP body. */
import { ERRORS, VoxError } from '@vox-speech/contract';

/** The end of a connection. The same number is the frame's `code` and the close code. */
export interface Fault {
  readonly code: number;
  readonly message: string;
  /** When asking again may help. */
  readonly retryAfterMs?: number;
}

/** What the client did wrong; the original's code for all of it. */
export function violation(message: string): Fault {
  return { code: 1008, message };
}

/** The original's text for frames that came faster than they were heard. */
export const IN_OVERFLOW: Fault = violation('audio queue overflow');
/** The original's document has it; its code loses the final in silence instead. */
export const OUT_OVERFLOW: Fault = { code: 1011, message: 'output queue overflow' };

/** An error of the runtime. What a fault of ours says stays in the log: it may name files of this machine. */
export function faultOf(thrown: unknown): Fault {
  const error = VoxError.from(thrown);
  return {
    code: ERRORS[error.code].ws,
    message: error.code === 'internal' ? 'internal error' : error.message,
    ...(error.retryAfter === undefined ? {} : { retryAfterMs: Math.ceil(error.retryAfter * 1000) }),
  };
}

/** The body of an error under `/v1/stt/`; the original's word where the work itself failed. */
export function errorBody(error: VoxError): { detail: unknown } {
  if (error.code === 'internal') return { detail: 'Transcription failed' };
  if (ERRORS[error.code].http === 500) return { detail: `Transcription failed: ${error.message}` };
  return { detail: error.issues ?? error.message };
}
