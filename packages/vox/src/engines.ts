/** Where the module of an engine is. Found by name at run time: adding an engine touches no file of the server. */
import { VoxError } from '@vox-speech/contract';

/** The module URL of `@vox-speech/engine-<name>`. Throws `engine_missing` with the command that installs it. */
export function engineModule(name: string): string {
  const specifier = `@vox-speech/engine-${name}`;
  try {
    return import.meta.resolve(specifier);
  } catch (cause) {
    throw new VoxError(
      'engine_missing',
      `the engine '${name}' is not installed; run: npm install ${specifier}`,
      { cause },
    );
  }
}
