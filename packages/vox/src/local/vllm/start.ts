/** Starting an engine: detached, in a process group of its own, with a record by which it is found again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VoxError } from '@vox-speech/contract';
import { Layout } from '../../models/layout.js';
import { withLock } from '../../models/lock.js';
import { tailOf } from '../../observe/index.js';
import type { MachineContext } from './gpus.js';
import { isTaken, waitForHealth } from './health.js';
import { identityOf, MARK } from './identity.js';
import { LOG_LIMIT, trimLog } from './log-trim.js';
import { writeDelay } from './model-folder.js';
import type { Plan } from './plan.js';
import { type EngineRecord, fileName, isAlive, Records } from './record.js';
import { quoteWords } from './shell-words.js';
import { endProcesses } from './stop.js';

const KEEPER = fileURLToPath(new URL('./log-keeper.js', import.meta.url));

/** Lines of the log that an engine which died is quoted with. */
const LAST_LINES = 20;

export interface StartOptions extends MachineContext {
  readonly plan: Plan;
  /** VOX_HOME; absolute. */
  readonly home: string;
  readonly logFolder: string;
  /** 0 = no wait. */
  readonly healthSeconds: number;
  /** The hub's token, for models that ask for one. */
  readonly hubToken?: string;
  /** Flags, for a restart. */
  readonly flags: Readonly<Record<string, string | boolean>>;
  /** Told once it runs. */
  readonly onStarted: (record: EngineRecord) => void;
  /** Told while it is waited for, with the seconds gone. */
  readonly onWait: (seconds: number) => void;
}

export interface Started {
  readonly record: EngineRecord;
  /** False = nobody waited for it. */
  readonly healthy: boolean;
}

/**
 * Starts vLLM and waits until it is healthy. Throws VoxError: `conflict` where it runs already or its port is taken,
 * `engine_missing` where there is no such program, `upstream_failed` with the end of its log where it died, `timeout` where it
 * is not healthy in time (it goes on then). An abort leaves it running too.
 */
export async function startEngine(options: StartOptions): Promise<Started> {
  const { plan, home, signal } = options;
  const { reference } = plan.model;
  const records = new Records(home);
  const lock = new Layout(home).lock(`engine-${fileName(reference)}`);
  const { record, child } = await withLock(lock, signal, async () => {
    await refuseWhereTaken(records, plan);
    if (plan.delay !== undefined) await writeDelay(plan.delay.folder, plan.delay.ms);
    return launch(options, records);
  });
  options.onStarted(record);
  if (options.healthSeconds === 0) return { record, healthy: false };
  const alive = () => child.exitCode === null && child.signalCode === null;
  const { url } = plan;
  const end = await waitForHealth({ ...options, url, seconds: options.healthSeconds, alive });
  if (end === 'healthy') return { record, healthy: true };
  if (end === 'timeout')
    throw new VoxError(
      'timeout',
      `${reference} is not healthy after ${options.healthSeconds} s; it goes on: vox engine status, vox engine logs -f, vox engine stop. --health-timeout sets the time`,
    );
  await endProcesses(record, options);
  await records.remove(reference);
  const how = child.signalCode === null ? `exit code ${child.exitCode}` : `signal ${child.signalCode}`;
  throw new VoxError(
    'upstream_failed',
    `vLLM ended with ${how} before it was healthy.\n${await lastWords(record)}`,
  );
}

async function refuseWhereTaken(records: Records, { model, port, url }: Plan): Promise<void> {
  const old = await records.read(model.reference);
  if (old !== undefined && (await isAlive(old)))
    throw new VoxError(
      'conflict',
      `${model.reference} runs already (process ${old.pid}, ${old.url}): vox engine stop, or vox engine restart`,
    );
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
  if (await isTaken(host, port))
    throw new VoxError('conflict', `port ${port} is taken by another program: choose another with --port`, {
      param: '--port',
    });
}

async function launch(
  options: StartOptions,
  records: Records,
): Promise<{ readonly record: EngineRecord; readonly child: ChildProcess }> {
  const { plan, home, logFolder } = options;
  const path = join(logFolder, `engine-${fileName(plan.model.reference)}.log`);
  await mkdir(logFolder, { recursive: true });
  await mkdir(home, { recursive: true });
  await trimLog(path, LOG_LIMIT);
  const log = await open(path, 'a');
  try {
    const mark = randomUUID();
    const startedAt = new Date().toISOString();
    await log.write(`--- vox engine: ${startedAt} ${quoteWords(plan.command)}\n`);
    const logStart = (await log.stat()).size;
    const child = await spawnDetached(options, log, mark);
    const pid = child.pid ?? 0;
    const identity = (await identityOf(pid)) ?? 'gone';
    const keeper = await spawnKeeper(path, pid, identity);
    const record: EngineRecord = {
      schemaVersion: 1,
      reference: plan.model.reference,
      pid,
      identity,
      mark,
      command: plan.command,
      url: plan.url,
      port: plan.port,
      served: plan.served,
      wire: plan.model.wire,
      log: path,
      logStart,
      startedAt,
      ...(plan.container === undefined ? {} : { container: plan.container }),
      ...(keeper === undefined ? {} : { keeper }),
      flags: options.flags,
    };
    await records.write(record);
    return { record, child };
  } finally {
    await log.close();
  }
}

async function spawnDetached(
  { plan, home, environment, hubToken }: StartOptions,
  log: FileHandle,
  mark: string,
): Promise<ChildProcess> {
  const [program = '', ...args] = plan.command;
  const child = spawn(program, args, {
    cwd: home,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    windowsHide: true,
    env: {
      ...withoutOurs(environment),
      ...plan.variables,
      ...(hubToken === undefined ? {} : { HF_TOKEN: hubToken }),
      [MARK]: mark,
    },
  });
  child.unref();
  try {
    await once(child, 'spawn');
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not on PATH' : (error as Error).message;
    throw new VoxError(
      'engine_missing',
      `${program}: ${why}. Install vLLM (pip install vllm), name the program with --binary, or use --container`,
      { cause: error },
    );
  }
  return child;
}

/** Our own settings and keys are no business of another program's. */
function withoutOurs(environment: StartOptions['environment']): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('VOX_') && name !== 'VOXTRAL_API_KEY'),
  );
}

/** A log that nobody trims is no reason not to start. */
async function spawnKeeper(path: string, pid: number, identity: string): Promise<EngineRecord['keeper']> {
  const keeper = spawn(process.execPath, [KEEPER, path, String(LOG_LIMIT), String(pid), identity], {
    detached: true,
    stdio: 'ignore',
    windowsHide: true,
    env: {},
  });
  keeper.unref();
  const started = await once(keeper, 'spawn').then(
    () => true,
    () => false,
  );
  const own = started && keeper.pid !== undefined ? await identityOf(keeper.pid) : undefined;
  return own === undefined || keeper.pid === undefined ? undefined : { pid: keeper.pid, identity: own };
}

async function lastWords({ log, logStart }: EngineRecord): Promise<string> {
  const { lines, end } = await tailOf(log, LAST_LINES);
  const kept = end <= logStart ? [] : lines;
  // A run that said less than that is quoted alone.
  const own = kept.slice(kept.findLastIndex((line) => line.startsWith('--- vox engine: ')) + 1);
  return own.length === 0 ? 'It said nothing.' : `Its last lines (all: vox engine logs):\n${own.join('\n')}`;
}
