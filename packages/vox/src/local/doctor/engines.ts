/** Which engines load: really, each in a child process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { VoxError } from '@vox-speech/contract';
import { readRecords } from '../../models/engines/record.js';
import { Catalog, engineModule } from '../../models/index.js';
import { Layout } from '../../models/layout.js';
import type { Manifest } from '../../models/types.js';
import { type Check, fail, ok, warn } from './check.js';
import type { EngineReport } from './engine-child.js';

const CHILD = fileURLToPath(new URL('./engine-child.js', import.meta.url));
/** ms in which a library of some hundred megabytes is loaded from a slow disk. */
const TIMEOUT_MS = 30_000;
/** Characters of what a dying child said. */
const TAIL = 300;

/** A check for every engine that is installed or that a pulled model needs, and one for those that are not. */
export async function engines(
  home: string,
  models: readonly Manifest[],
  signal: AbortSignal,
): Promise<Check[]> {
  const needed = new Set(models.flatMap(({ engine }) => (engine === undefined ? [] : [engine])));
  /** Engine to a model that it runs, for the command that installs it. */
  const known = new Map((await readRecords(new Layout(home))).map(({ name }) => [name, 'MODEL']));
  for (const { engine, reference } of [...models, ...new Catalog().entries])
    if (engine !== undefined && !known.has(engine)) known.set(engine, reference);
  const absent: string[] = [];
  const checks: Check[] = [];
  for (const [name, model] of [...known].sort()) {
    const module = await engineModule(home, name, model).catch((error: unknown) => VoxError.from(error));
    if (typeof module === 'string') checks.push(await engineCheck(name, module, needed.has(name), signal));
    else if (needed.has(name))
      checks.push(fail(`engine ${name}`, 'not installed, and pulled models need it', module.message));
    else absent.push(name);
  }
  if (checks.length === 0)
    checks.push(warn('engines', 'none is installed', 'the first vox pull of a model brings its engine'));
  else if (absent.length > 0)
    checks.push(ok('engines', `not installed, and not needed: ${absent.join(', ')}`));
  return checks;
}

async function engineCheck(
  engine: string,
  module: string,
  needed: boolean,
  signal: AbortSignal,
): Promise<Check> {
  const name = `engine ${engine}`;
  const { version, fault } = await loadInChild(module, signal);
  if (fault === undefined) return ok(name, `loads${version === undefined ? '' : `, version ${version}`}`);
  const next = 'pull a model of it again; models that need it fail until then';
  return needed ? fail(name, fault, next) : warn(name, fault, next);
}

async function loadInChild(module: string, signal: AbortSignal): Promise<EngineReport> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const child = fork(CHILD, [module], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const kill = () => child.kill('SIGKILL');
  limited.addEventListener('abort', kill, { once: true });
  let report: EngineReport | undefined;
  let tail = '';
  child.on('message', (message) => {
    report = message as EngineReport;
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString('utf8')).slice(-TAIL);
  });
  try {
    const [code, killed] = (await once(child, 'close')) as [number | null, string | null];
    signal.throwIfAborted();
    if (limited.aborted) return { fault: `does not load in ${TIMEOUT_MS / 1000} s` };
    return report ?? { fault: `loading it ends the process (${killed ?? code}) ${tail.trim()}`.trim() };
  } finally {
    limited.removeEventListener('abort', kill);
  }
}
