/** Every `stt_*` name of the original (stt-ws.md section 4), and two that it lacks. */
import type * as prom from 'prom-client';
import { type MetricsHome, OwnMetrics, type Prom } from '../../observe/index.js';
import { withCreated } from './created.js';

/** What the gauges add up over open connections, so that no writer is the last (stt-ws.md 4). */
export interface Depths {
  /** Frames that wait to be heard. */
  readonly depthIn: number;
  /** Messages that wait to be read. */
  readonly depthOut: number;
}

/** Buckets of the original, in ms. */
const INFER_MS = [10, 25, 50, 100, 250, 500, 1000, 2500, 5000];
const FIRST_MS = [25, 50, 100, 250, 500, 1000, 2500];
const FINAL_MS = [50, 100, 250, 500, 1000, 2500, 5000];
/** Close codes that have a label of their own: a client may send any of 5000. */
const CODES = new Set([1000, 1001, 1002, 1003, 1006, 1007, 1008, 1009, 1011, 1013]);

export class SttMetrics extends OwnMetrics<ReturnType<typeof instruments>> {
  readonly connections: Set<Depths>;

  constructor(home: MetricsHome) {
    const connections = new Set<Depths>();
    super(home, (client, registry) => instruments(client, registry, connections));
    this.connections = connections;
  }
}

/** A label for a close code. */
export function codeLabel(code: number): string {
  return CODES.has(code) ? String(code) : 'other';
}

function instruments(client: Prom, registry: prom.Registry, connections: ReadonlySet<Depths>) {
  const registers = [registry];
  const counter = <L extends string = never>(suffix: string, help: string, labelNames: L[] = []) => {
    const told = { name: `stt_${suffix}`, help, labelNames };
    return withCreated(client, registers, new client.Counter({ ...told, registers }), told);
  };
  const histogram = (suffix: string, help: string, buckets: number[]) => {
    const told = { name: `stt_${suffix}`, help, labelNames: [] };
    return withCreated(client, registers, new client.Histogram({ ...told, buckets, registers }), told);
  };
  const gauge = (name: string, help: string, value: () => number): void => {
    new client.Gauge({
      name: `stt_${name}`,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  };
  const total = (of: (one: Depths) => number): number => {
    let sum = 0;
    for (const one of connections) sum += of(one);
    return sum;
  };
  gauge('active_connections', 'Open connections of /v1/stt/ws.', () => connections.size);
  gauge('q_in_depth', 'Frames that wait to be heard, over all connections.', () => total((c) => c.depthIn));
  gauge('q_out_depth', 'Messages that wait to be read, over all connections.', () =>
    total((c) => c.depthOut),
  );
  return {
    closed: counter('close_total', 'Connections that ended, by close code.', ['code']),
    errors: counter('error_total', 'Error frames, by code.', ['code']),
    inBytes: counter('in_bytes_total', 'Bytes of audio that came in.'),
    outEvents: counter('out_events_total', 'Messages that were sent, by type.', ['type']),
    inOverflow: counter('q_in_overflow_total', 'Connections closed because too many frames were dropped.'),
    framesDropped: counter('q_in_frames_dropped_total', 'Frames dropped because the queue was full.'),
    outOverflow: counter('q_out_overflow_total', 'Connections closed because the client did not read.'),
    partialsDropped: counter(
      'partials_dropped_backpressure_total',
      'Partials that a slow reader was spared.',
    ),
    finalize: counter('finalize_total', 'Segments that ended, by reason.', ['reason']),
    abandoned: counter('abandoned_total', 'Connections that ended in the middle of a segment.'),
    infer: histogram('asr_infer_ms', 'Time of the engine for a final, in ms.', INFER_MS),
    firstPartial: histogram('ttfb_ms', "From a segment's first audio to its first partial, in ms.", FIRST_MS),
    sinceFirstAudio: histogram(
      'final_latency_ms',
      "From a segment's first audio to its final, in ms: mostly the length of what was said.",
      FINAL_MS,
    ),
    endpointToFinal: histogram(
      'endpoint_to_final_ms',
      'From the end of a segment, or the commit, to its final, in ms.',
      FINAL_MS,
    ),
  };
}
