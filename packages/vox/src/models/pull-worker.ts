/**
 * The pull process: transfers, hashing and imports, out of the server's way. Speaks `pull-messages` over IPC; ends when the
 * work does, when it is told to, or when its parent is gone.
 */
import process from 'node:process';
import { toRecord, VoxError } from '@vox-speech/contract';
import { prepare } from './prepare.js';
import type { FromPullWorker, ToPullWorker } from './pull-messages.js';
import { Store } from './store.js';
import { throttled } from './throttle.js';

const controller = new AbortController();
let started = false;

process.on('message', (message: ToPullWorker) => {
  if (message.type === 'cancel') controller.abort();
  else if (!started) {
    started = true;
    run(message).then(
      () => finish({ type: 'done' }),
      (error: unknown) => finish({ type: 'failed', error: toRecord(failure(error)) }),
    );
  }
});
process.on('disconnect', () => {
  controller.abort();
  // pip and npm are killed by the abort; whatever still runs after that is ours and stops with us.
  setTimeout(() => process.exit(1), 500).unref();
});
// A terminal's Ctrl-C reaches the whole group; the parent decides what it means.
process.on('SIGINT', () => undefined);

async function run(request: Extract<ToPullWorker, { type: 'pull' }>): Promise<void> {
  const { settings, installEngines } = request;
  const events = throttled((event) => send({ type: 'event', event }));
  const entries = new Map(request.entries.map((entry) => [entry.reference, entry]));
  try {
    const store = await Store.open(settings.home);
    await prepare(
      { store, settings, entries, installEngines, signal: controller.signal, emit: events.emit },
      request.reference,
    );
  } finally {
    events.flush();
  }
}

function failure(error: unknown): VoxError {
  if (controller.signal.aborted) return new VoxError('cancelled', 'the pull was cancelled', { cause: error });
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new VoxError('internal', `VOX_HOME cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  return VoxError.from(error);
}

function send(message: FromPullWorker): void {
  if (process.connected) process.send?.(message);
}

function finish(message: FromPullWorker): void {
  const leave = () => process.exit(message.type === 'done' ? 0 : 1);
  if (process.connected && process.send) process.send(message, undefined, {}, leave);
  else leave();
}
