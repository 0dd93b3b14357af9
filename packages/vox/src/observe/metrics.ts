/**
 * Prometheus metrics. prom-client costs a tenth of the time that a server takes to start, so it is loaded at the first
 * figure or scrape.
 */
import { createRequire } from 'node:module';
import type * as prom from 'prom-client';

export type Prom = typeof prom;

/** What gauges show is asked for at each scrape. */
export interface MetricSources {
  /** Live streams that are open. */
  readonly streams: () => number;
  /** Live streams that the machine can hold, by measurement where there is one. */
  readonly capacity: () => number;
  readonly runners: () => readonly { readonly reference: string; readonly memoryBytes: number }[];
}

/** Seconds: from a blink to a long file. */
const SECONDS = [0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 30, 120];
/** Seconds of queued audio. */
const QUEUE = [0, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20];

/** Streams in one step of a model. */
const BATCH = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128];

type Instruments = ReturnType<typeof instruments>;

export class Metrics {
  readonly #sources: MetricSources;
  readonly #extensions: ((client: Prom, registry: prom.Registry) => void)[] = [];
  #made: Instruments | undefined;

  constructor(sources: MetricSources) {
    this.#sources = sources;
  }

  /**
   * Lets a dialect define names of its own in the same registry, once, when it is first used. What it defines is in
   * every scrape.
   */
  extend(define: (client: Prom, registry: prom.Registry) => void): void {
    if (this.#made === undefined) this.#extensions.push(define);
    else define(this.#made.client, this.#made.registry);
  }

  /** The instruments; the first use loads the library. */
  get use(): Instruments {
    return this.#instruments();
  }

  #instruments(): Instruments {
    if (this.#made === undefined) {
      this.#made = instruments(this.#sources);
      const { client, registry } = this.#made;
      for (const define of this.#extensions.splice(0)) define(client, registry);
    }
    return this.#made;
  }

  /** Loads the library now, so that no audio waits for it. */
  load(): void {
    this.#instruments();
  }

  /** Everything, as Prometheus reads it. */
  async scrape(): Promise<{ type: string; text: string }> {
    const { registry } = this.use;
    return { type: registry.contentType, text: await registry.metrics() };
  }
}

function instruments(sources: MetricSources) {
  const client = createRequire(import.meta.url)('prom-client') as Prom;
  const registry = new client.Registry();
  const registers = [registry];
  const histogram = <L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    buckets: number[] = SECONDS,
  ) => new client.Histogram({ name, help, labelNames, buckets, registers });
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new client.Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string, value: () => number): void => {
    new client.Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  };
  gauge('vox_live_streams', 'Live streams that are open.', sources.streams);
  gauge('vox_live_capacity', 'Live streams that this machine can hold.', sources.capacity);
  gauge('vox_runners', 'Runners, one a loaded model.', () => sources.runners().length);
  gauge('vox_server_memory_bytes', 'Resident memory of the server process.', () => process.memoryUsage.rss());
  gauge('vox_server_processor_seconds', 'Processor time that the server process has used.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  new client.Gauge({
    name: 'vox_runner_memory_bytes',
    help: 'Memory of each runner, as counted against the budget.',
    labelNames: ['model'],
    registers,
    collect() {
      this.reset();
      for (const { reference, memoryBytes } of sources.runners()) this.set({ model: reference }, memoryBytes);
    },
  });
  return {
    client,
    registry,
    firstPartial: histogram(
      'vox_live_first_partial_seconds',
      "From an utterance's first audio to its first partial.",
      ['model'],
    ),
    endToFinal: histogram(
      'vox_live_end_to_final_seconds',
      'From the endpoint decision or the commit to the final.',
      ['model'],
    ),
    lag: histogram('vox_live_lag_seconds', 'Audio that had come in beyond what a partial covers.', ['model']),
    queue: histogram(
      'vox_live_queue_seconds',
      'Audio of one stream that waits to be heard.',
      ['model'],
      QUEUE,
    ),
    batch: histogram(
      'vox_live_batch_streams',
      'Live streams in one step of a streaming model.',
      ['model'],
      BATCH,
    ),
    decode: histogram('vox_decode_seconds', 'Engine time of one final, file or text.', ['model', 'act']),
    firstAudio: histogram('vox_speech_first_audio_seconds', 'From the request to the first audio.', [
      'model',
    ]),
    request: histogram('vox_http_request_seconds', 'From a request to the end of its answer.', [
      'method',
      'route',
    ]),
    requests: counter('vox_http_requests_total', 'HTTP requests by their answer.', [
      'method',
      'route',
      'status',
    ]),
    acts: counter('vox_requests_total', 'Requests to models.', ['act']),
    errors: counter('vox_errors_total', 'Requests to models that failed.', ['act', 'code']),
    pulls: counter('vox_pulls_total', 'Pulls that ended, by their outcome.', ['outcome']),
    rejections: counter(
      'vox_unhandled_rejections_total',
      'Promises that failed and that nobody awaited: mistakes in the server, each with its stack in the log.',
      [],
    ),
    dropped: counter('vox_live_dropped_frames_total', 'Frames of live audio that no room was left for.', [
      'model',
    ]),
  };
}
