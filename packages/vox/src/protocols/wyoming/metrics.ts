/** What Prometheus reads of this dialect. */
import type * as prom from 'prom-client';
import { type MetricsHome, OwnMetrics, type Prom } from '../../observe/index.js';

/** What a client asks for. */
export type Request = 'describe' | 'transcribe' | 'synthesize' | 'synthesize-stream';
/** How that ended. */
export type Outcome = 'done' | 'failed' | 'cancelled';

export class WyomingMetrics extends OwnMetrics<ReturnType<typeof instruments>> {
  /** @param connections open ones */
  constructor(home: MetricsHome, connections: () => number) {
    super(home, (client, registry) => instruments(client, registry, connections));
  }
}

function instruments(client: Prom, registry: prom.Registry, connections: () => number) {
  const registers = [registry];
  new client.Gauge({
    name: 'vox_wyoming_connections',
    help: 'Open connections of the Wyoming port.',
    registers,
    collect() {
      this.set(connections());
    },
  });
  const counter = <L extends string = never>(name: string, help: string, labelNames: L[] = []) =>
    new client.Counter({ name: `vox_wyoming_${name}_total`, help, labelNames, registers });
  return {
    accepted: counter('accepted', 'Connections of the Wyoming port that were admitted.'),
    refused: counter('refused', 'Connections of the Wyoming port for which there was no room.'),
    requests: counter('requests', 'Wyoming requests by how they ended.', ['request', 'outcome']),
    errors: counter('errors', 'Error events of the Wyoming port, by code.', ['code']),
  };
}
