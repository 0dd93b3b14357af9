export type { EngineConfig } from './engine-types.js';
export {
  type ConfigInput,
  type Flags,
  flagKey,
  isThisMachine,
  loadConfig,
  onLoopback,
} from './load.js';
export { type FlagHelp, flagsOf, renderConfigurationDocs } from './render.js';
export type * from './types.js';
export { formatBytes, formatDuration, parseBytes, parseDuration } from './units.js';
