/**
 * Pulls, as the server sees them: a process a model, however many ask for it. The server relays progress and does nothing
 * else; when the last listener leaves, the process is told to stop, and what it fetched stays for the next pull.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { fromRecord, VoxError } from '@vox-speech/contract';
import type { Catalog } from './catalog/index.js';
import { checkTerms } from './catalog/terms.js';
import { Listener } from './listener.js';
import type { FromPullWorker, ToPullWorker } from './pull-messages.js';
import type { ModelsSettings } from './settings.js';
import type { CatalogEntry, PullEvent } from './types.js';

const WORKER = fileURLToPath(new URL('./pull-worker.js', import.meta.url));
/** ms that a cancelled pull process has to leave by itself. */
const GRACE_MS = 2_000;
/** Characters of the process's stderr that go into the error of a crash. */
const TAIL = 2_000;

export interface PullerOptions {
  readonly settings: ModelsSettings;
  readonly catalog: Catalog;
}

export interface PullOptions {
  readonly signal: AbortSignal;
  /** Whether licences that allow no commercial use were accepted. Absent = no. */
  readonly acceptLicense?: boolean;
  /** Whether the model's engine may be installed: only where somebody asked for the pull itself. Absent = no. */
  readonly installEngines?: boolean;
}

export class Puller {
  readonly #settings: ModelsSettings;
  readonly #catalog: Catalog;
  readonly #running = new Map<string, Transfer>();
  #closed = false;

  constructor(options: PullerOptions) {
    this.#settings = options.settings;
    this.#catalog = options.catalog;
  }

  /**
   * Pulls a model by any of its names and yields the progress; the last event is `success`. Throws, when read,
   * `invalid_request`, `model_unknown`, `engine_missing`, `license_not_accepted`, `overloaded`, `shutting_down`, and what the
   * transfer throws: `source_failed`, `hash_mismatch`, `disk_full`, `model_broken`, `cancelled`. Aborting stops this
   * listener; the last one stops the transfer.
   */
  async *pull(model: string, options: PullOptions): AsyncGenerator<PullEvent> {
    const { signal, acceptLicense = false, installEngines = false } = options;
    const entry = this.#catalog.get(model);
    checkTerms(this.#closure(entry), acceptLicense);
    if (signal.aborted) throw cancelled();
    const transfer = this.#join(entry, installEngines);
    const listener = transfer.listen();
    const abort = () => listener.end(cancelled());
    signal.addEventListener('abort', abort, { once: true });
    try {
      yield* listener.read();
    } finally {
      signal.removeEventListener('abort', abort);
      transfer.leave(listener);
    }
  }

  /** Names of the transfers that run: references, those that may not install engines with a remark. */
  get running(): readonly string[] {
    return [...this.#running.keys()];
  }

  /** Stops every transfer; resolves when their processes are gone. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running.values()].map((transfer) => transfer.stop(shuttingDown())));
  }

  #join(entry: CatalogEntry, installEngines: boolean): Transfer {
    if (this.#closed) throw shuttingDown();
    // Whoever may install must not share the fate of a transfer that may not.
    const key = installEngines ? entry.reference : `${entry.reference} without engines`;
    const known = this.#running.get(key);
    if (known !== undefined && !known.stopping) return known;
    if (this.#running.size >= this.#settings.maxPulls)
      throw new VoxError(
        'overloaded',
        `${this.#running.size} pulls run already; try again when one has ended`,
        {
          retryAfter: 30,
        },
      );
    const { reference } = entry;
    const request = { reference, entries: this.#closure(entry), settings: this.#settings, installEngines };
    const transfer: Transfer = new Transfer(request, () => {
      if (this.#running.get(key) === transfer) this.#running.delete(key);
    });
    this.#running.set(key, transfer);
    return transfer;
  }

  /** The entry and all that it needs. */
  #closure(entry: CatalogEntry): CatalogEntry[] {
    const found = new Map([[entry.reference, entry]]);
    for (const next of found.values())
      for (const need of next.needs) if (!found.has(need)) found.set(need, this.#catalog.get(need));
    return [...found.values()];
  }
}

/** One pull process and those who watch it. */
class Transfer {
  readonly #child: ChildProcess;
  readonly #listeners = new Set<Listener>();
  readonly #gone: Promise<unknown>;
  readonly #onEnd: () => void;
  /** The last event, for those who join later. */
  #latest: PullEvent | undefined;
  #ended = false;
  #tail = '';
  stopping = false;

  constructor(request: Omit<Extract<ToPullWorker, { type: 'pull' }>, 'type'>, onEnd: () => void) {
    this.#onEnd = onEnd;
    this.#child = fork(WORKER, [], {
      env: request.settings.environment as NodeJS.ProcessEnv,
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#gone = once(this.#child, 'close').catch(() => undefined);
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#tail = (this.#tail + chunk.toString('utf8')).slice(-TAIL);
    });
    this.#child.on('message', (message: FromPullWorker) => this.#receive(message));
    this.#child.on('error', (error) => this.#finish(VoxError.from(error)));
    this.#child.on('close', (code, signal) => {
      const last = this.#tail.trim().split('\n').at(-1) ?? '';
      this.#finish(
        new VoxError(
          'internal',
          `the pull process ended unexpectedly (${signal ?? code}) ${last}; pull again to go on`,
        ),
      );
    });
    this.#send({ type: 'pull', ...request });
  }

  listen(): Listener {
    const listener = new Listener();
    if (this.#latest !== undefined) listener.push(this.#latest);
    this.#listeners.add(listener);
    return listener;
  }

  leave(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) void this.stop(cancelled());
  }

  async stop(reason: VoxError): Promise<void> {
    if (!this.#ended && !this.stopping) {
      this.stopping = true;
      this.#send({ type: 'cancel' });
      setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS).unref();
    }
    for (const listener of this.#listeners) listener.end(reason);
    await this.#gone;
  }

  #receive(message: FromPullWorker): void {
    if (message.type === 'event') {
      this.#latest = message.event;
      for (const listener of this.#listeners) listener.push(message.event);
    } else if (message.type === 'done') this.#finish();
    else this.#finish(fromRecord(message.error));
  }

  #finish(error?: VoxError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
    for (const listener of this.#listeners) {
      if (error === undefined) listener.push({ status: 'success' });
      listener.end(error);
    }
  }

  #send(message: ToPullWorker): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}

function cancelled(): VoxError {
  return new VoxError('cancelled', 'the pull was cancelled; what was fetched stays for the next one');
}

function shuttingDown(): VoxError {
  return new VoxError('shutting_down', 'the server is stopping; what was fetched stays for the next pull');
}
