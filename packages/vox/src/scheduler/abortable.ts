/** A wait that ends with its signal. */
import { VoxError } from '@vox-speech/contract';

/** `promise`, or a rejection with `cancelled` as soon as the signal aborts; the work itself goes on. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => {});
    return Promise.reject(new VoxError('cancelled', 'cancelled'));
  }
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(new VoxError('cancelled', 'cancelled'));
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
