/**
 * Names of engines and the pins of their packages. Grammar of a name: a lower-case letter or digit, then at most 63 of
 * those and "-"; paths under `VOX_HOME` are made from such a name and from nothing else.
 */
import { readFileSync } from 'node:fs';
import { VoxError } from '@vox-speech/contract';
import type { EnginePin } from '../types.js';

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
/** npm's own grammar: a scope or none, no dot or underscore in front, 214 characters at most. */
const PACKAGE = /^(?=.{1,214}$)(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/;
/** One version and no range, as npm writes it. */
const VERSION = /^(?=.{5,64}$)\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;
const INTEGRITY = /^sha512-[A-Za-z0-9+/]{86}==$/;

/** Written beside package.json when this package is packed (tools/prepack.mjs); a checkout has none and needs none. */
const PINS = new URL('../../../engines.json', import.meta.url);

/** The name itself. Throws `invalid_request` where it breaks the grammar. */
export function engineName(text: string): string {
  if (NAME.test(text)) return text;
  throw new VoxError(
    'invalid_request',
    `engine: ${JSON.stringify(text.slice(0, 80))} is not the name of an engine; lower-case letters, digits and "-", at most 64`,
    { param: 'engine' },
  );
}

/** A package and nothing but it: what an engine's pin says beside the name of the engine. */
export type PinnedPackage = Omit<EnginePin, 'name'>;

/** A pin as somebody wrote it, checked. Throws `invalid_request` that names the field. */
export function checkPin(pin: EnginePin): EnginePin {
  return { name: engineName(pin.name), ...checkPackage(pin) };
}

/** The package of a pin, checked. Throws `invalid_request` that names the field. */
export function checkPackage({ package: name, version, integrity }: PinnedPackage): PinnedPackage {
  const wrong = (field: string, rule: string) =>
    new VoxError('invalid_request', `engine.${field}: ${rule}`, { param: `engine.${field}` });
  if (!PACKAGE.test(name)) throw wrong('package', 'must be the name of an npm package');
  if (!VERSION.test(version)) throw wrong('version', 'must be one exact version, e.g. 1.2.3, and no range');
  if (!INTEGRITY.test(integrity))
    throw wrong('integrity', 'must be sha512-... as `npm view NAME@VERSION dist.integrity` prints it');
  return { package: name, version, integrity };
}

/** Splits `name@1.2.3`; undefined where the text is not a package with an exact version. */
export function exactPackage(text: string): { package: string; version: string } | undefined {
  const at = text.lastIndexOf('@');
  const [name, version] = [text.slice(0, at), text.slice(at + 1)];
  return at > 0 && PACKAGE.test(name) && VERSION.test(version) ? { package: name, version } : undefined;
}

/** Whether a text is the name of an npm package. */
export function isPackageName(text: string): boolean {
  return PACKAGE.test(text);
}

/** Whether a text is an integrity that pins something. */
export function isIntegrity(text: unknown): text is string {
  return typeof text === 'string' && INTEGRITY.test(text);
}

/** The engines that this Vox was released with, by name. Empty in a checkout. Throws `internal` where the file is damaged. */
export function releasedPins(): ReadonlyMap<string, EnginePin> {
  let text: string;
  try {
    text = readFileSync(PINS, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  const pins = (JSON.parse(text) as EnginePin[]).map(checkPin);
  return new Map(pins.map((pin) => [pin.name, pin]));
}

/** `sha512-...` of a hash in hex digits, as npm writes it. */
export function integrityOf(sha512: string): string {
  return `sha512-${Buffer.from(sha512, 'hex').toString('base64')}`;
}
