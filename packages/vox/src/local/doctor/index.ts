/** `vox doctor`: everything that a first question about a machine would ask. Looks; changes nothing. */
import type { Config } from '../../config/index.js';
import { type Check, fail, ok, warn } from './check.js';
import { engines } from './engines.js';
import { home, memory, processor, versions } from './machine.js';
import { ffmpeg, gpu } from './programs.js';
import { server } from './server.js';
import { sources } from './sources.js';
import { store } from './store.js';

export type { Check, CheckStatus } from './check.js';

export interface DoctorOptions {
  readonly config: Config;
  /** Of this package. */
  readonly version: string;
  /** Ask no source over the network. */
  readonly offline: boolean;
  /** The environment that programs are started with. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** The checks, in a fixed order, each as soon as those before it are there. Rejects only with the signal's reason. */
export async function* examine(options: DoctorOptions): AsyncGenerator<Check> {
  const { config, signal, environment } = options;
  const { models, warnings } = config;
  const context = { environment, signal };
  const health = store(models.home);
  const asked = options.offline
    ? Promise.resolve([ok('sources', 'not asked (--offline)')])
    : sources(models, context);
  // All at once; a group that fails is a line of its own and hides no other.
  const groups: readonly [string, Promise<readonly Check[]>][] = [
    ['versions', Promise.resolve(versions(options.version))],
    [
      'settings',
      Promise.resolve(
        warnings.map((text) => warn('settings', text, 'unset it, or see docs/configuration.md')),
      ),
    ],
    ['processor', processor().then((check) => [check, memory()])],
    ['VOX_HOME', home(models.home)],
    ['models', health.then(({ checks }) => checks)],
    ['engines', health.then((found) => engines(models.home, found.models, signal))],
    ['programs', Promise.all([ffmpeg(models, context), gpu(context)])],
    ['server', server(config, signal).then((check) => [check])],
    [
      'sources',
      Promise.all([asked, health]).then(([checks, found]) => judge(checks, found.models.length > 0)),
    ],
  ];
  for (const [, group] of groups) group.catch(() => undefined);
  for (const [name, group] of groups) {
    try {
      yield* await group;
    } catch (error) {
      signal.throwIfAborted();
      yield fail(
        name,
        error instanceof Error ? error.message : String(error),
        'this check itself failed: tell us',
      );
    }
  }
}

/** Sources that don't answer are warnings; none at all, on a machine without a model, is a failure. */
function judge(checks: readonly Check[], hasModels: boolean): readonly Check[] {
  if (hasModels || checks.some(({ status }) => status === 'ok')) return checks;
  return [
    ...checks,
    fail(
      'sources',
      'none answers and no model is here',
      'bring models from another machine: vox export, vox import',
    ),
  ];
}
