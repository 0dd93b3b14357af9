/** Which errors a stream survives, the same over WebSockets and gRPC. */
import type { ErrorCode } from '@vox-speech/contract';

/** After these the client may send something else; others end the stream. */
export const MENDABLE: ReadonlySet<ErrorCode> = new Set([
  'invalid_request',
  'wrong_kind',
  'model_unknown',
  'model_not_pulled',
  'conflict',
]);
