/** What Prometheus reads of this dialect; the original has no metrics. */
import type * as prom from 'prom-client';

type Prom = typeof prom;

/** Where the names are defined; `load` makes sure that they are. */
export interface MetricsHome {
  extend(define: (client: Prom, registry: prom.Registry) => void): void;
  load(): void;
}

export class YapMetrics {
  readonly #home: MetricsHome;
  #made: ReturnType<typeof instruments> | undefined;

  /** @param connections open ones */
  constructor(home: MetricsHome, connections: () => number) {
    this.#home = home;
    home.extend((client, registry) => {
      this.#made = instruments(client, registry, connections);
    });
  }

  /** The instruments; the first use loads the library. */
  get use(): ReturnType<typeof instruments> {
    if (this.#made === undefined) this.#home.load();
    if (this.#made === undefined) throw new Error('the metrics were loaded and not defined');
    return this.#made;
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
