/** Whether an engine answers, and waiting until it does. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** ms for one answer, and between two questions. */
const ANSWER_MS = 5_000;
const EVERY_MS = 500;

/** `GET /health`: 200 = it can be used. Rejects only with the signal's reason. */
export async function isHealthy(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

export interface WaitOptions {
  readonly url: string;
  readonly seconds: number;
  /** False ends the wait: it won't answer any more. */
  readonly alive: () => boolean;
  /** Told between two questions, with the seconds gone. */
  readonly onWait: (seconds: number) => void;
  readonly signal: AbortSignal;
}

/** Waits until the engine is healthy, has died, or the time is over. Rejects only with the signal's reason. */
export async function waitForHealth(options: WaitOptions): Promise<'healthy' | 'died' | 'timeout'> {
  const { url, seconds, alive, onWait, signal } = options;
  const start = performance.now();
  for (;;) {
    if (!alive()) return 'died';
    if (await isHealthy(url, signal)) return 'healthy';
    const gone = (performance.now() - start) / 1000;
    if (gone >= seconds) return alive() ? 'timeout' : 'died';
    onWait(gone);
    await sleep(EVERY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** Does anything accept connections there? */
export async function isTaken(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ANSWER_MS });
    const end = (taken: boolean) => {
      socket.destroy();
      resolve(taken);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
