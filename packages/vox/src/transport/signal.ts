/** One AbortSignal a request: it fires within milliseconds of the client going away, or when the server stops. */
import { VoxError } from '@vox-speech/contract';
import type { FastifyRequest } from 'fastify';

const controllers = new WeakMap<object, AbortController>();

/** The signal of this request. The server made it before the first hook ran; every wait of a handler takes it. */
export function requestSignal(request: FastifyRequest): AbortSignal {
  const controller = controllers.get(request.raw);
  if (controller === undefined) throw new Error('the request does not come from createHttpServer');
  return controller.signal;
}

/** The running requests of one server. */
export class RunningRequests {
  readonly #running = new Set<AbortController>();

  get size(): number {
    return this.#running.size;
  }

  /**
   * Starts to watch a request. The answer's `close` without its `finish` is the one event that every kind of
   * disconnect leads to: during the upload, during the work and during the answer.
   */
  watch(request: FastifyRequest, response: import('node:http').ServerResponse): void {
    const controller = new AbortController();
    controllers.set(request.raw, controller);
    this.#running.add(controller);
    const done = () => {
      this.#running.delete(controller);
      if (!response.writableFinished) controller.abort(new VoxError('cancelled', 'the client went away'));
    };
    response.once('close', done);
    response.once('finish', done);
  }

  /** Aborts all that still run. */
  abort(reason: VoxError): void {
    for (const controller of [...this.#running]) controller.abort(reason);
  }
}

/** Throws the reason of an aborted signal, as a VoxError. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw VoxError.from(signal.reason);
}

/**
 * Settles as `promise` does, or rejects as soon as the signal aborts or `timeoutMs` passes, whichever is first.
 * The promise itself goes on; its late rejection is swallowed.
 */
export function race<T>(promise: Promise<T>, signal: AbortSignal, timeout?: Timeout): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => settle(() => reject(VoxError.from(signal.reason)));
    const timer =
      timeout === undefined
        ? undefined
        : setTimeout(() => settle(() => reject(timeout.error())), timeout.milliseconds);
    const settle = (how: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      how();
    };
    if (signal.aborted) {
      promise.catch(() => {});
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}

export interface Timeout {
  readonly milliseconds: number;
  readonly error: () => VoxError;
}
