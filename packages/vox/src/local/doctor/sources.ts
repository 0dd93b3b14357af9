/** Do the places that models come from answer? One short question each, with the machine's own settings. */
import type { Config } from '../../config/index.js';
import { askProgram } from './ask-program.js';
import { type Check, ok, warn } from './check.js';
import type { ProgramContext } from './programs.js';

/** ms that a source has to answer. */
const TIMEOUT_MS = 15_000;
/** Packages that models really come from: an index that lacks them is of no use. */
const PIP_PACKAGE = 'espeakng-loader';
const NPM_PACKAGE = '@ricky0123/vad-web@0.0.31';
/** A machine without a network should not wait for its managers to try again and again. */
const PIP_ONCE = ['--no-input', '--disable-pip-version-check', '--retries', '0'];
const NPM_ONCE = ['--loglevel', 'error', '--fetch-retries', '0'];
const PYTHONS = ['python3', 'python', 'py'];
const WITHOUT =
  'check the network and its proxy; without a network, bring models with vox export and vox import';

/** The hub, pip's index and npm's registry, asked at once. */
export async function sources(models: Config['models'], context: ProgramContext): Promise<Check[]> {
  return Promise.all([
    hub(models.hub, context.signal),
    pip(models.python, context),
    npm(models.npm, context),
  ]);
}

async function hub({ endpoint, offline }: Config['models']['hub'], signal: AbortSignal): Promise<Check> {
  const name = 'hub';
  if (offline) return ok(name, `${endpoint} is not asked (HF_HUB_OFFLINE)`);
  try {
    const answer = await fetch(`${endpoint}/api/models?limit=1`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await answer.body?.cancel();
    if (answer.status < 500) return ok(name, `${endpoint} answers`);
    return warn(
      name,
      `${endpoint} answers ${answer.status}`,
      'try again later, or set HF_ENDPOINT to a mirror',
    );
  } catch (error) {
    signal.throwIfAborted();
    const cause = (error as { cause?: { code?: unknown } }).cause?.code;
    return warn(
      name,
      `${endpoint} does not answer (${cause ?? (error as Error).message})`,
      'set HF_ENDPOINT to a mirror, or leave it: models that packages carry come without it',
    );
  }
}

async function pip(python: string | undefined, context: ProgramContext): Promise<Check> {
  const name = 'pip index';
  for (const program of python === undefined ? PYTHONS : [python]) {
    const args = ['-m', 'pip', 'index', 'versions', PIP_PACKAGE, ...PIP_ONCE];
    const answer = await askProgram(program, args, { ...context, timeoutMs: TIMEOUT_MS });
    if (answer.outcome === 'answered') return ok(name, `answers ${program}'s pip`);
    if (answer.outcome === 'failed')
      return /No module named pip/.test(answer.complaint)
        ? warn(
            name,
            `${program} has no pip`,
            'install pip (python3 -m ensurepip, or the package python3-pip)',
          )
        : warn(name, `does not answer: ${answer.complaint}`, WITHOUT);
  }
  return warn(
    name,
    python === undefined ? 'there is no Python' : `${python} is not there`,
    'install Python 3 with pip, or set VOX_PYTHON: many models come from its packages',
  );
}

async function npm(program: string, context: ProgramContext): Promise<Check> {
  const name = 'npm registry';
  const answer = await askProgram(program, ['view', NPM_PACKAGE, 'version', ...NPM_ONCE], {
    ...context,
    timeoutMs: TIMEOUT_MS,
  });
  if (answer.outcome === 'answered') return ok(name, `answers ${program}`);
  if (answer.outcome === 'missing')
    return warn(
      name,
      `${program} is not there`,
      'install npm, or set VOX_NPM: recognisers need a package of it',
    );
  return warn(name, `does not answer: ${answer.complaint}`, WITHOUT);
}
