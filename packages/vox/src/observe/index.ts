export * from './health.js';
export * from './log.js';
