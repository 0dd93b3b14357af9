/** Native libraries as npm packages: looked for without being imported, and imported with an error that says what to do. */
import type { Availability } from './engine.js';
import { VoxError } from './errors.js';

/** An engine's own `require`: packages are resolved from where the engine lies. */
export interface Require {
  (id: string): unknown;
  resolve(id: string): string;
}

/**
 * Is a package there, with its library for this machine?
 * @param missing why the library is not there; undefined where it is. Told the path of the package's manifest
 */
export function probePackage(
  require: Require,
  name: string,
  missing: (manifest: string) => string | undefined,
): Availability {
  let manifest: string;
  try {
    manifest = require.resolve(`${name}/package.json`);
  } catch {
    return { available: false, reason: `${name} is not installed: npm install ${name}` };
  }
  const reason = missing(manifest);
  if (reason !== undefined) return { available: false, reason };
  return { available: true, version: (require(manifest) as { version: string }).version };
}

/**
 * Imports the library; the process carries it from then on.
 * @throws VoxError `engine_missing` where the probe does not find it, or it can't be loaded here
 */
export function importPackage<Native>(
  name: string,
  { available, reason }: Availability,
  load: () => Native,
): Native {
  if (!available) throw new VoxError('engine_missing', reason ?? `${name} cannot be used here`);
  try {
    return load();
  } catch (error) {
    throw new VoxError('engine_missing', `${name} cannot be loaded: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
