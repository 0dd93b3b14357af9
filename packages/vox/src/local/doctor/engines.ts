/** Which engines load: really, each in a child process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { VoxError } from '@vox-speech/contract';
import { engineModule } from '../../engines.js';
import { Catalog } from '../../models/index.js';
import type { Manifest } from '../../models/types.js';
import { type Check, fail, ok, warn } from './check.js';
import type { EngineReport } from './engine-child.js';

const CHILD = fileURLToPath(new URL('./engine-child.js', import.meta.url));
/** ms in which a library of some hundred megabytes is loaded from a slow disk. */
const TIMEOUT_MS = 30_000;
/** Characters of what a dying child said. */
const TAIL = 300;

/** A check for every engine that is installed or that a pulled model needs, and one for those that are not. */
export async function engines(models: readonly Manifest[], signal: AbortSignal): Promise<Check[]> {
  const needed = new Set(models.flatMap(({ engine }) => (engine === undefined ? [] : [engine])));
  const known = new Set(
    [...new Catalog().entries, ...models].flatMap(({ engine }) => (engine === undefined ? [] : [engine])),
  );
  const absent: string[] = [];
  const checks: Check[] = [];
  for (const name of [...known].sort()) {
    const check = await engineCheck(name, needed.has(name), signal);
    if (check === undefined) absent.push(name);
    else checks.push(check);
  }
  const one = absent[0];
  if (checks.length === 0 && one !== undefined)
    checks.push(warn('engines', 'none is installed: no model can run', messageOf(one)));
  else if (absent.length > 0)
    checks.push(ok('engines', `not installed, and not needed: ${absent.join(', ')}`));
  return checks;
}

/** undefined where the engine is not installed and no model needs it. */
async function engineCheck(engine: string, needed: boolean, signal: AbortSignal): Promise<Check | undefined> {
  const name = `engine ${engine}`;
  let module: string;
  try {
    module = engineModule(engine);
  } catch (error) {
    if (!needed) return undefined;
    return fail(name, 'not installed, and pulled models need it', VoxError.from(error).message);
  }
  const { version, fault } = await loadInChild(module, signal);
  if (fault === undefined) return ok(name, `loads${version === undefined ? '' : `, version ${version}`}`);
  const next = 'install it again; models that need it fail until then';
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

function messageOf(engine: string): string {
  try {
    return engineModule(engine);
  } catch (error) {
    return VoxError.from(error).message;
  }
}
