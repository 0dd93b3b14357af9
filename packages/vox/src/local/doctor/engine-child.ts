/** Loads one engine's native library in a process of its own, which may die of it. Argument: the engine's module. */
import type { Engine } from '@vox-speech/contract';

export interface EngineReport {
  readonly version?: string;
  /** Why it can't be used here. */
  readonly fault?: string;
}

const report = await look(process.argv[2] ?? '');
process.send?.(report, undefined, {}, () => process.exit(0));

async function look(module: string): Promise<EngineReport> {
  try {
    const { default: engine } = (await import(module)) as { default: Engine };
    const { available, reason, version } = engine.probe();
    if (!available) return { fault: reason ?? 'it says that it can not be used here' };
    engine.loadLibrary?.();
    return version === undefined ? {} : { version };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}
