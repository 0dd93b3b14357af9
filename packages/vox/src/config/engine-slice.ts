/** The slice of the configuration that `vox engine` gets. */
import type { EngineConfig } from './engine-types.js';
import type { Values } from './table.js';
import type { Origin } from './types.js';

/** From the table's values; `found` says where each came from. */
export function engineConfig(
  v: Values,
  found: ReadonlyMap<string, { readonly origin: Origin }>,
): EngineConfig {
  const given = [...found].filter(([, { origin }]) => origin !== 'default').map(([key]) => key);
  return {
    binary: v.engineBinary,
    ...(v.engineContainer === undefined ? {} : { container: v.engineContainer }),
    ...(v.engineContainerProgram === undefined ? {} : { containerProgram: v.engineContainerProgram }),
    host: v.engineHost,
    ...(v.enginePort === undefined ? {} : { port: v.enginePort }),
    ...(v.engineModelFolder === undefined ? {} : { modelFolder: v.engineModelFolder }),
    delayMs: v.engineDelay,
    delayOrigin: found.get('engineDelay')?.origin ?? 'default',
    gpuMemory: v.engineGpuMemory,
    given,
    ...(v.engineMaxModelLength === undefined ? {} : { maxModelLength: v.engineMaxModelLength }),
    ...(v.engineMaxSequences === undefined ? {} : { maxSequences: v.engineMaxSequences }),
    cacheType: v.engineCacheType,
    type: v.engineType,
    eager: v.engineEager,
    cacheScales: v.engineCacheScales,
    compilation: v.engineCompilation,
    compileCache: !v.engineNoCompileCache,
    healthSeconds: v.engineHealthSeconds,
    showLogs: v.engineShowLogs,
    follow: v.engineFollow,
    fullCleanup: v.engineCleanup,
    nuke: v.engineNuke,
  };
}
