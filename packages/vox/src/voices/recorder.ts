/** Starts the recorder process for one recording, and waits for its answer. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ErrorRecord, fromRecord, VoxError } from '@vox-speech/contract';
import type { RecordRequest } from './types.js';

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url));
/** ms: half a minute of audio takes a fraction of a second. */
const DEADLINE_MS = 30_000;

/**
 * Checks a recording and writes its reference.
 * @throws VoxError `unprocessable` for what is no use as a voice, `unsupported_media`, `empty_audio`, `timeout`, `cancelled`
 */
export async function recordReference(request: RecordRequest, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw cancelled();
  const child = fork(WORKER, [], {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const stop = (): void => void child.kill('SIGKILL');
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, DEADLINE_MS);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const answer = await new Promise<ErrorRecord | null>((resolve, reject) => {
      child.once('message', (message) => resolve(message as ErrorRecord | null));
      child.once('error', reject);
      child.once('exit', (code, by) => reject(new Error(`the recorder ended with ${by ?? code}`)));
      child.send(request, (error) => error && reject(error));
    });
    if (answer !== null) throw fromRecord(answer);
  } catch (error) {
    if (signal.aborted) throw cancelled();
    if (late) throw new VoxError('timeout', `reading the recording took longer than ${DEADLINE_MS / 1000} s`);
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

function cancelled(): VoxError {
  return new VoxError('cancelled', 'cancelled while reading the recording');
}
