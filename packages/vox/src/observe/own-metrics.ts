/** Metrics of one dialect, in the registry of all. */
import type * as prom from 'prom-client';
import type { Metrics } from './metrics.js';

/** Where names are defined. */
export type MetricsHome = Pick<Metrics, 'extend' | 'load'>;

/** @typeParam Instruments what `define` makes */
export class OwnMetrics<Instruments> {
  readonly #home: MetricsHome;
  #made: Instruments | undefined;

  /** @param define called once, when the first figure or scrape is asked for */
  constructor(home: MetricsHome, define: (client: typeof prom, registry: prom.Registry) => Instruments) {
    this.#home = home;
    home.extend((client, registry) => {
      this.#made = define(client, registry);
    });
  }

  /** The instruments; the first use loads the library. */
  get use(): Instruments {
    if (this.#made === undefined) this.#home.load();
    if (this.#made === undefined) throw new Error('the metrics were loaded and not defined');
    return this.#made;
  }
}
