/** Asking an engine whether it can run here. Importing an engine's package imports no native library (engine contract). */
import { type Engine, engineOf, VoxError } from '@vox-speech/contract';

/** The engine of a module. Throws `engine_missing` where it can't be imported or is none. */
export async function importEngine(module: string, title: string): Promise<Engine> {
  let loaded: unknown;
  try {
    loaded = await import(module);
  } catch (error) {
    throw new VoxError('engine_missing', `${title} can't be imported: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return engineOf(loaded, title);
}

/** Why an engine can't be used on this machine; undefined where it can. Never throws. */
export async function whyNot(module: string, title: string): Promise<string | undefined> {
  try {
    const { available, reason } = (await importEngine(module, title)).probe();
    return available ? undefined : (reason ?? 'it gives no reason');
  } catch (error) {
    return VoxError.from(error).message;
  }
}
