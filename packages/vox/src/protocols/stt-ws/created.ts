/**
 * The `_created` series that Python's Prometheus client, the original's, writes beside each counter and histogram: since when it
 * counts. Ours count from 0 from the moment at which they are defined, whatever their labels.
 */
import type * as prom from 'prom-client';
import type { Prom } from '../../observe/index.js';

type Counting = prom.Counter<string> | prom.Histogram<string>;

/** Defines the series of one counter or histogram. @returns the same */
export function withCreated<T extends Counting>(
  client: Prom,
  registers: prom.Registry[],
  metric: T,
  { name, help, labelNames }: { name: string; help: string; labelNames: readonly string[] },
): T {
  const since = Date.now() / 1000;
  new client.Gauge({
    name: `${name.replace(/_total$/, '')}_created`,
    help,
    labelNames: [...labelNames],
    registers,
    async collect() {
      if (labelNames.length === 0) this.set(since);
      // Those of a counter; no histogram of the original has labels.
      else for (const { labels } of (await metric.get()).values) this.set(labels, since);
    },
  });
  return metric;
}
