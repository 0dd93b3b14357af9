export { type FaultOptions, watchFaults } from './faults.js';
export * from './health.js';
export * from './log.js';
export * from './log-file.js';
export * from './log-tail.js';
export { type MetricSources, Metrics, type Prom } from './metrics.js';
export { type MetricsHome, OwnMetrics } from './own-metrics.js';
