/**
 * The server's view of one loaded model, wherever it lives. It numbers jobs, routes their parts, and turns the
 * runner's death into an error of exactly the jobs that ran on it.
 */
import {
  type ErrorRecord,
  fromRecord,
  type LiveOptions,
  type ModelInfo,
  type Segment,
  VoxError,
} from '@vox-speech/contract';
import type {
  Envelope,
  FromRunner,
  SpeakersFound,
  SpeechOutput,
  SpeechSummary,
  ToRunner,
  TranscriptSummary,
} from '../messages/index.js';
import type { RunnerExit, RunnerHost, StartRunner } from './host.js';
import { type LiveHandler, LiveLink, type LiveRun } from './live-link.js';
import { PartQueue } from './part-queue.js';
import { Trimming } from './trimming.js';

type LoadMessage = Omit<Extract<ToRunner, { type: 'load' }>, 'type'>;

export interface LoadRequest {
  readonly message: LoadMessage;
  readonly preload: readonly string[];
}

type TranscribeJob = Omit<Extract<ToRunner, { type: 'transcribe' }>, 'type' | 'id'>;
type DiarizeJob = Omit<Extract<ToRunner, { type: 'diarize' }>, 'type' | 'id'>;
type SynthesizeJob = Omit<Extract<ToRunner, { type: 'synthesize' }>, 'type' | 'id' | 'credit'>;

/** Audio that may be under way unread: a second of PCM16 at 24 kHz, some seconds of anything encoded. */
const CREDIT_BYTES = 64 * 1024;

/** A runner that was told to close and has not gone by then is killed. */
const CLOSE_DEADLINE_MS = 2_000;

interface Job {
  part(envelope: Envelope<FromRunner>): void;
  fail(error: VoxError): void;
}

export interface TranscribeRun {
  readonly segments: AsyncIterable<Segment>;
  readonly summary: Promise<TranscriptSummary>;
  /** Of a job with `channels`: how many are each heard on their own. Rejects with what ends the job before that is known. */
  readonly apart: Promise<number>;
  /** Tells the runner that the growing source file is complete, or broke. */
  sourceEnd(error?: ErrorRecord): void;
}

export interface SynthesizeRun {
  /** Hz; settles before the first byte. */
  readonly sampleRate: Promise<number>;
  readonly audio: AsyncIterable<Uint8Array>;
  readonly summary: Promise<SpeechSummary>;
}

export class ModelHost {
  readonly reference: string;
  readonly info: ModelInfo;
  readonly pid: number | undefined;
  /** Settles when the runner is gone and its memory is returned. */
  readonly gone: Promise<RunnerExit>;
  readonly #host: RunnerHost;
  readonly #jobs = new Map<number, Job>();
  /** The live streams of this runner. */
  readonly live: LiveLink;
  #nextId = 1;
  #memoryBytes: number;
  #trimming: Trimming | undefined;
  #dead: VoxError | undefined;
  #closing = false;

  private constructor(reference: string, host: RunnerHost, ready: Extract<FromRunner, { type: 'ready' }>) {
    this.reference = reference;
    this.info = ready.info;
    this.#memoryBytes = ready.memoryBytes;
    this.pid = host.pid;
    this.#host = host;
    this.live = new LiveLink(host.port);
    this.gone = host.gone.then((exit) => {
      this.#die(exit);
      return exit;
    });
    host.port.onMessage((envelope) => this.#receive(envelope));
    host.port.onClose((error) => {
      if (error) host.destroy();
    });
  }

  /**
   * Starts a runner and loads a model into it. Throws what the engine threw (`model_broken`, `engine_missing`),
   * `runner_crashed` when the process died of it, `timeout`, or `cancelled`.
   */
  static async load(
    start: StartRunner,
    { message, preload }: LoadRequest,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<ModelHost> {
    signal.throwIfAborted();
    const host = start({
      threads: message.options.threads,
      preload,
      elsewhere: message.options.remote !== undefined,
    });
    const reference = message.files.reference;
    try {
      const ready = await new Promise<Extract<FromRunner, { type: 'ready' }>>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new VoxError('timeout', `loading ${reference} took more than ${deadlineMs / 1000} s`)),
          deadlineMs,
        );
        signal.addEventListener('abort', () => reject(new VoxError('cancelled', 'cancelled while loading')), {
          once: true,
        });
        host.port.onMessage(({ message: answer }) => {
          if (answer.type === 'ready') resolve(answer);
          else if (answer.type === 'load-failed') reject(fromRecord(answer.error));
        });
        host.port.onClose(() => {});
        void host.gone.then((exit) => {
          clearTimeout(timer);
          reject(new VoxError('model_broken', loadCrash(reference, exit)));
        });
        host.port.send({ type: 'load', ...message });
      });
      return new ModelHost(reference, host, ready);
    } catch (error) {
      host.destroy();
      throw error;
    }
  }

  get alive(): boolean {
    return this.#dead === undefined && !this.#closing;
  }

  /** What the runner held when a job last ended there, it was loaded or trimmed. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /**
   * Tells the runner to give back what it can do without; who asks while it does so shares the answer. Bytes freed, 0 or
   * more. Throws `timeout`, `runner_crashed`.
   */
  trim(): Promise<number> {
    if (this.#trimming !== undefined) return this.#trimming.freed;
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    const trimming = new Trimming(this.reference);
    this.#trimming = trimming;
    const done = (): void => {
      this.#trimming = undefined;
    };
    trimming.freed.then(done, done);
    this.#host.port.send({ type: 'trim' });
    return trimming.freed;
  }

  transcribe(job: TranscribeJob, signal: AbortSignal): TranscribeRun {
    const queue = new PartQueue<Segment, TranscriptSummary>();
    let decide: (apart: number) => void = () => {};
    const apart = new Promise<number>((resolve, reject) => {
      decide = resolve;
      queue.summary.catch(reject);
    });
    apart.catch(() => {});
    const id = this.#begin(queue, signal, ({ message }) => {
      if (message.type === 'segment') queue.push(message.segment);
      else if (message.type === 'channels') decide(message.apart);
      else if (message.type === 'end' && message.transcript) queue.end(message.transcript);
    });
    this.#host.port.send({ type: 'transcribe', id, ...job });
    return {
      segments: queue,
      summary: queue.summary,
      apart,
      sourceEnd: (error) =>
        this.#host.port.send({ type: 'source-end', id, ...(error === undefined ? {} : { error }) }),
    };
  }

  /** Who speaks when. Rejects with `cancelled`, `invalid_request` naming a known speaker's recording, `runner_crashed`. */
  diarize(job: DiarizeJob, signal: AbortSignal): Promise<SpeakersFound> {
    const queue = new PartQueue<never, SpeakersFound>();
    const id = this.#begin(queue, signal, ({ message }) => {
      if (message.type === 'end' && message.speakers) queue.end(message.speakers);
    });
    this.#host.port.send({ type: 'diarize', id, ...job });
    return queue.summary;
  }

  synthesize(job: SynthesizeJob & { output: SpeechOutput }, signal: AbortSignal): SynthesizeRun {
    const queue = new PartQueue<Uint8Array, SpeechSummary>((bytes) => {
      this.#host.port.send({ type: 'credit', id, bytes: bytes.length });
    });
    let started: (rate: number) => void = () => {};
    const sampleRate = new Promise<number>((resolve, reject) => {
      started = resolve;
      queue.summary.catch(reject);
    });
    sampleRate.catch(() => {});
    const id = this.#begin(queue, signal, ({ message, body }) => {
      if (message.type === 'audio-start') started(message.sampleRate);
      else if (message.type === 'audio' && body) queue.push(new Uint8Array(body));
      else if (message.type === 'end' && message.speech) queue.end(message.speech);
    });
    this.#host.port.send({ type: 'synthesize', id, ...job, credit: CREDIT_BYTES });
    return { sampleRate, audio: queue, summary: queue.summary };
  }

  /**
   * Opens a live stream. `handler` is told everything, and the end exactly once, unless the run is cancelled before: by a call,
   * because an `AbortSignal` for it, tied to the client's, took 4 kB of each stream.
   */
  listen(options: LiveOptions, handler: LiveHandler): LiveRun {
    if (this.#dead) throw this.#dead;
    const id = this.#nextId++;
    const leave = (): boolean => {
      this.live.forget(id);
      return this.#jobs.delete(id);
    };
    this.#jobs.set(id, {
      part: ({ message }) => {
        if (message.type === 'error') {
          leave();
          handler.fail(fromRecord(message.error));
        } else if (message.type === 'end' && message.live) {
          leave();
          handler.end(message.live);
        }
      },
      fail: (error) => {
        leave();
        handler.fail(error);
      },
    });
    return this.live.open(id, options, handler, () => {
      if (leave()) this.#host.port.send({ type: 'cancel', id });
    });
  }

  /** Lets the runner go: it ends by itself, or is killed after a deadline. Resolves when its memory is returned. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#host.port.send({ type: 'close' });
      const timer = setTimeout(() => this.#host.destroy(), CLOSE_DEADLINE_MS);
      void this.gone.then(() => clearTimeout(timer));
    }
    await this.gone;
  }

  destroy(): void {
    this.#closing = true;
    this.#host.destroy();
  }

  #begin<T, S>(queue: PartQueue<T, S>, signal: AbortSignal, part: Job['part']): number {
    if (this.#dead) throw this.#dead;
    signal.throwIfAborted();
    const id = this.#nextId++;
    const leave = (): void => {
      this.#jobs.delete(id);
      signal.removeEventListener('abort', cancel);
    };
    const cancel = (): void => {
      leave();
      this.#host.port.send({ type: 'cancel', id });
      queue.fail(new VoxError('cancelled', 'cancelled'));
    };
    signal.addEventListener('abort', cancel, { once: true });
    queue.onAbandoned = () => {
      if (this.#jobs.has(id)) cancel();
    };
    this.#jobs.set(id, {
      part: (envelope) => {
        if (envelope.message.type === 'end' || envelope.message.type === 'error') leave();
        if (envelope.message.type === 'error') queue.fail(fromRecord(envelope.message.error));
        else part(envelope);
      },
      fail: (error) => {
        leave();
        queue.fail(error);
      },
    });
    return id;
  }

  #receive(envelope: Envelope<FromRunner>): void {
    const { message } = envelope;
    if (this.live.receive(message)) return;
    // A part of a job that was cancelled meanwhile finds no owner; that is how its result is thrown away.
    if ('id' in message) this.#jobs.get(message.id)?.part(envelope);
    else if (message.type === 'memory') this.#memoryBytes = message.bytes;
    else if (message.type === 'trimmed') {
      this.#memoryBytes = message.bytes;
      this.#trimming?.end(message.before - message.bytes);
    }
  }

  #die(exit: RunnerExit): void {
    const tail = exit.stderrTail === '' ? '' : `; its last words: ${exit.stderrTail}`;
    this.#dead = new VoxError(
      'runner_crashed',
      `the process that runs ${this.reference} ended (${exit.how})${tail}`,
    );
    for (const job of [...this.#jobs.values()]) job.fail(this.#dead);
    this.#trimming?.fail(this.#dead);
  }
}

function loadCrash(reference: string, exit: RunnerExit): string {
  const tail = exit.stderrTail === '' ? '' : `\n${exit.stderrTail}`;
  return `${reference} could not be loaded: its process ended (${exit.how}). Its files may be damaged: vox rm ${reference} && vox pull ${reference}${tail}`;
}
