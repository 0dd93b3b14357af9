/** What Prometheus reads of this dialect; the original has no metrics. */
import type * as prom from 'prom-client';
import { type MetricsHome, OwnMetrics, type Prom } from '../../observe/index.js';

export class YapMetrics extends OwnMetrics<ReturnType<typeof instruments>> {
  /** @param connections open ones */
  constructor(home: MetricsHome, connections: () => number) {
    super(home, (client, registry) => instruments(client, registry, connections));
  }
}

/** How an utterance ended. */
export type Outcome = 'done' | 'cancelled' | 'barge_in' | 'failed' | 'abandoned';

function instruments(client: Prom, registry: prom.Registry, connections: () => number) {
  const registers = [registry];
  new client.Gauge({
    name: 'vox_yap_connections',
    help: 'Open connections of /api/asr-streaming.',
    registers,
    collect() {
      this.set(connections());
    },
  });
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new client.Counter({ name: `vox_yap_${name}_total`, help, labelNames, registers });
  return {
    utterances: counter('utterances', 'Utterances of /api/asr-streaming by how they ended.', ['outcome']),
    errors: counter('errors', 'Error frames of /api/asr-streaming, by reason code.', ['reason']),
    refused: counter('refused', 'Connections of /api/asr-streaming that were not admitted.', ['reason']),
  };
}
