/** What runs beside the server and hosts one model: messages in, jobs, messages out. */
import { GrowingFile } from '@vox-speech/audio/node';
import { fromRecord, toRecord, VoxError } from '@vox-speech/contract';
import type { Envelope, FromRunner, ToRunner } from '../messages/index.js';
import type { Port } from '../messages/pipe.js';
import { Credit } from './credit.js';
import { collectGarbage } from './give-back.js';
import { hearFile } from './hear-file.js';
import { HostedModel } from './hosted.js';
import { afterLive } from './live/after-live.js';
import { isStreaming } from './live/batched-engine.js';
import { LiveHub } from './live/hub.js';
import { liveEngine } from './live/live-engine.js';
import type { Clock } from './live/stream.js';
import { DecodeTurns } from './live/turns.js';
import { readReference } from './reference.js';
import { speak } from './speak.js';
import { diarizeFile } from './speakers/diarize-file.js';

type Request<T extends ToRunner['type']> = Extract<ToRunner, { type: T }>;

interface Job {
  readonly abort: AbortController;
  readonly growing?: GrowingFile;
  readonly credit?: Credit;
}

const NO_BYTES = new Uint8Array(0);

const CLOCK: Clock = {
  now: () => performance.now(),
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  after: (ms, call) => {
    if (ms <= 0) {
      // A timer takes a millisecond at the least.
      const turn = setImmediate(call);
      return () => clearImmediate(turn);
    }
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Serves one port until it closes or is told to.
 * @param log for what nobody asked for; standard error in a process
 */
export function createRunner(port: Port<FromRunner, ToRunner>, log: (line: string) => void): void {
  new Runner(port, log);
}

class Runner {
  readonly #port: Port<FromRunner, ToRunner>;
  readonly #log: (line: string) => void;
  readonly #jobs = new Map<number, Job>();
  /** Decodes at once that the machine has processors for. */
  #slots = 1;
  #turns = new DecodeTurns(1, () => false);
  #hosted: HostedModel | undefined;
  #live: LiveHub | undefined;
  #loading = false;

  constructor(port: Port<FromRunner, ToRunner>, log: (line: string) => void) {
    this.#port = port;
    this.#log = log;
    port.onMessage((envelope) => this.#receive(envelope));
    port.onClose(() => this.#abortAll());
  }

  #receive({ message, body }: Envelope<ToRunner>): void {
    switch (message.type) {
      case 'load':
        void this.#load(message);
        return;
      case 'transcribe':
        this.#transcribe(message);
        return;
      case 'diarize':
        this.#diarize(message);
        return;
      case 'synthesize':
        this.#synthesize(message);
        return;
      case 'source-end': {
        const growing = this.#jobs.get(message.id)?.growing;
        if (message.error === undefined) growing?.end();
        else growing?.fail(fromRecord(message.error));
        return;
      }
      case 'credit':
        this.#jobs.get(message.id)?.credit?.add(message.bytes);
        return;
      case 'listen':
        this.#listen(message);
        return;
      case 'frames':
        this.#live?.frames(message.ids, message.bytes, body ?? NO_BYTES);
        return;
      case 'skip':
        this.#live?.skip(message.id, message.samples);
        return;
      case 'mark':
        this.#live?.mark(message.id);
        break;
      case 'commit':
      case 'finish':
        this.#live?.control(message.type, message.id);
        return;
      case 'cancel':
        if (this.#live?.cancel(message.id) !== true) this.#jobs.get(message.id)?.abort.abort();
        return;
      case 'trim':
        void this.#trim();
        return;
      case 'close':
        void this.#close();
        return;
      default:
        this.#log(`runner: unknown message ${JSON.stringify((message as { type?: unknown }).type)}`);
    }
  }

  async #load({ engine, files, options, companionEngines }: Request<'load'>): Promise<void> {
    try {
      if (this.#loading) throw new VoxError('internal', 'this runner has a model already');
      this.#loading = true;
      this.#hosted = await HostedModel.load(engine, files, options, companionEngines);
      const { model } = this.#hosted;
      // A model that runs elsewhere does not decode on the processors of this machine.
      this.#slots = Math.max(1, options.remote === undefined ? options.threads : model.info.concurrency);
      this.#turns = new DecodeTurns(this.#slots, () => (this.#live?.size ?? 0) > 0);
      this.#port.send({ type: 'ready', info: model.info, memoryBytes: model.memory().bytes });
    } catch (error) {
      this.#port.send({ type: 'load-failed', error: toRecord(error) });
    }
  }

  #transcribe({ id, source, options, channels }: Request<'transcribe'>): void {
    const abort = new AbortController();
    const growing = source.growing ? new GrowingFile() : undefined;
    this.#run(id, { abort, ...(growing === undefined ? {} : { growing }) }, async (hosted) => {
      const segments = hearFile({
        model: afterLive(hosted.model, this.#turns),
        ...(isStreaming(hosted.model) ? { streaming: hosted.model } : {}),
        source,
        ...(growing === undefined ? {} : { growing }),
        options,
        ...(channels === undefined ? {} : { channels }),
        onChannels: (apart) => this.#port.send({ type: 'channels', id, apart }),
        openDetector: (options) => hosted.detectors.opened(options),
        signal: abort.signal,
        now: () => performance.now(),
      });
      for (;;) {
        const next = await segments.next();
        if (next.done) return { type: 'end', id, transcript: next.value };
        this.#port.send({ type: 'segment', id, segment: next.value });
      }
    });
  }

  #diarize({ type: _, id, ...job }: Request<'diarize'>): void {
    const abort = new AbortController();
    this.#run(id, { abort }, async ({ model }) => {
      const speakers = await diarizeFile({ ...job, model, signal: abort.signal });
      return { type: 'end', id, speakers };
    });
  }

  /** Opens a live stream; the first one makes what all of them need. */
  #listen({ id, options }: Request<'listen'>): void {
    const hosted = this.#hosted;
    try {
      if (hosted === undefined) throw new VoxError('internal', 'no model is loaded');
      this.#live ??= new LiveHub(
        liveEngine(hosted, this.#turns, this.#slots, CLOCK),
        CLOCK,
        (message) => this.#port.send(message),
        this.#log,
      );
      this.#live.listen(id, options);
    } catch (error) {
      this.#port.send({ type: 'error', id, error: toRecord(error) });
    }
  }

  #synthesize(request: Request<'synthesize'>): void {
    const { id, text, options, reference, output, pauseAfter, credit: bytes } = request;
    const abort = new AbortController();
    const credit = new Credit(bytes);
    this.#run(id, { abort, credit }, async (hosted) => {
      const { sampleRate } = hosted.model.info;
      const speech = await speak({
        model: hosted.model,
        text,
        options:
          reference === undefined
            ? options
            : { ...options, reference: await readReference(reference, sampleRate, abort.signal) },
        output,
        ...(pauseAfter === undefined ? {} : { pauseAfter }),
        onStart: (sampleRate) => this.#port.send({ type: 'audio-start', id, sampleRate }),
        emit: async (body) => {
          await credit.take(body.length, abort.signal);
          this.#port.send({ type: 'audio', id }, body);
        },
        signal: abort.signal,
        now: () => performance.now(),
      });
      return { type: 'end', id, speech };
    });
  }

  /** Runs a job to its one last message, `end` or `error`. */
  #run(id: number, job: Job, work: (hosted: HostedModel) => Promise<FromRunner>): void {
    const hosted = this.#hosted;
    if (hosted === undefined || this.#jobs.has(id)) {
      const what = hosted === undefined ? 'no model is loaded' : `job ${id} runs already`;
      this.#port.send({ type: 'error', id, error: toRecord(new VoxError('internal', what)) });
      return;
    }
    this.#jobs.set(id, job);
    work(hosted)
      .catch((error: unknown): FromRunner => {
        if (!VoxError.is(error)) this.#log(`runner: job ${id}: ${(error as Error)?.stack ?? String(error)}`);
        return { type: 'error', id, error: toRecord(error) };
      })
      .then((last) => {
        this.#jobs.delete(id);
        // Before the job's last word, so that who asks after its answer is told the figure of now.
        if (this.#jobs.size === 0) this.#port.send({ type: 'memory', bytes: hosted.model.memory().bytes });
        this.#port.send(last);
      })
      .catch((error: unknown) => this.#log(`runner: job ${id} could not be answered: ${String(error)}`));
  }

  async #trim(): Promise<void> {
    const before = process.memoryUsage.rss();
    this.#hosted?.trim();
    await collectGarbage();
    this.#port.send({ type: 'trimmed', before, bytes: process.memoryUsage.rss() });
  }

  #abortAll(): void {
    this.#live?.close();
    for (const job of this.#jobs.values()) job.abort.abort();
  }

  async #close(): Promise<void> {
    this.#abortAll();
    try {
      await this.#hosted?.close();
    } catch (error) {
      this.#log(`runner: closing: ${String(error)}`);
    }
    this.#port.send({ type: 'closed' });
    // A port inside one thread delivers at the next turn, and nothing after it has closed.
    setImmediate(() => this.#port.close());
  }
}
