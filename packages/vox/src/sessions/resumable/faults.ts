/** The errors that both stores throw, in the same words. */
import { VoxError } from '@vox-speech/contract';
import { FULL_RETRY_SECONDS } from './store.js';

export function unknownSession(id: string): VoxError {
  return new VoxError('not_found', `State ID '${id}' not found`, { param: 'state_id' });
}

/** @param next the number that is expected */
export function wrongSeq(seq: number, next: number): VoxError {
  const retry = next === 0 ? '' : `, or ${next - 1} again`;
  return new VoxError('conflict', `seq must be ${next}${retry}, not ${seq}; send the pieces in order`, {
    param: 'seq',
  });
}

export function otherRate(rate: number, before: number): VoxError {
  return new VoxError(
    'invalid_request',
    `sample_rate must stay ${before} Hz within a session, as in its first piece; this one says ${rate}`,
    { param: 'sample_rate' },
  );
}

/** @param maxBytes that may be kept */
export function tooMuchAudio(maxBytes: number): VoxError {
  return new VoxError(
    'too_large',
    `the audio of this session passes the ${maxBytes} bytes that are kept; send shorter pieces, or raise VOX_SESSION_BYTES`,
    { param: 'file' },
  );
}

export function tooManySessions(most: number): VoxError {
  return new VoxError(
    'overloaded',
    `there are ${most} sessions already (VOX_MAX_SESSIONS); try again later`,
    {
      retryAfter: FULL_RETRY_SECONDS,
    },
  );
}
