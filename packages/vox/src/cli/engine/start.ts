/** `vox engine start` and `vox engine restart`. */
import type { Command } from 'commander';
import type { Config, Flags } from '../../config/index.js';
import {
  containerProgram,
  type EngineRecord,
  engineCache,
  firstGpu,
  isAlive,
  openServedModels,
  type Plan,
  planEngine,
  quoteWords,
  readGpus,
  startEngine,
  stopEngine,
} from '../../local/vllm/index.js';
import { newLinesOf } from '../../observe/index.js';
import {
  addFlags,
  type CommandContext,
  completes,
  type Define,
  examples,
  UsageError,
  wantsJson,
} from '../command.js';
import { json, seconds } from '../output.js';
import { asUsage, engineSettings, machineContext, whichRecord } from './common.js';
import { StartProgress } from './progress.js';

/** Options that say how to answer, not how to start. */
const NOT_KEPT = new Set(['json', 'dryRun']);

export const start: Define = (command, context) => {
  command
    .summary('start vLLM for a model, and wait until it is healthy')
    .description('Start vLLM for a model of the catalog, in the background, and wait until it is healthy.')
    .argument('[model]', 'a model that vLLM runs, e.g. voxtral-stt:realtime-4b; absent = VOX_STT_MODEL')
    .option('--dry-run', 'print the exact command and start nothing; needs no GPU')
    .action(async (name: string | undefined) => {
      const config = engineSettings(command, context);
      await run(name, config, command, context, keptFlags(command));
    });
  addFlags(command, 'engine');
  command.option('--json', 'print JSON: what was started, or command and variables of a dry run');
  completes(command, { model: 'catalog', '--binary': 'file', '--model-dir': 'file' });
  examples(command, [
    'vox engine start voxtral-stt:realtime-4b',
    'vox engine start voxtral-stt:realtime-4b --dry-run',
    'vox engine start qwen3-asr:1.7b --container --gpu-memory-utilization 0.5 --port 8001',
    'vox engine start voxtral-stt:realtime-4b --model-dir ./voxtral --delay-ms 240',
    'vox serve --upstream http://localhost:8001      # then Vox uses it',
  ]);
};

export const restart: Define = (command, context) => {
  command
    .summary('stop and start it, with the same flags')
    .description('Stop an engine and start it again, with the flags that it had; those given now win.')
    .argument('[model]', 'which, where several run')
    .action(async (name: string | undefined) => {
      const record = await whichRecord(engineSettings(command, context), name);
      const flags = { ...record?.flags, ...keptFlags(command) };
      const config = engineSettings(command, context, flags);
      // What can't be started is said before anything is stopped.
      const plan = await planOf(record?.reference ?? name, config, context);
      if (record !== undefined) {
        const outcome = await stopEngine(record, config.models.home, machineContext(context));
        if (!wantsJson(command, context)) context.output.line(`${record.reference}: ${outcome}`);
      }
      await launch(plan, config, command, context, flags);
    });
  addFlags(command, 'engine');
  command.option('--json', 'print JSON');
  completes(command, { model: 'catalog' });
  examples(command, ['vox engine restart', 'vox engine restart --max-num-seqs 64']);
};

async function run(
  name: string | undefined,
  config: Config,
  command: Command,
  context: CommandContext,
  flags: Readonly<Record<string, string | boolean>>,
): Promise<void> {
  const dry = command.opts<{ dryRun?: boolean }>().dryRun === true;
  const plan = await planOf(name, config, context, dry);
  if (dry) showPlan(plan, command, context);
  else await launch(plan, config, command, context, flags);
}

/** The exact command. Throws UsageError where no model is named, or a setting can't be met. */
async function planOf(
  name: string | undefined,
  config: Config,
  context: CommandContext,
  dry = false,
): Promise<Plan> {
  const wanted = name ?? config.models.sttModel;
  if (wanted === undefined)
    throw new UsageError(
      'name a model, e.g. voxtral-stt:realtime-4b; vox engine doctor lists what fits this machine',
    );
  const machine = machineContext(context);
  const { engine, models, remote } = config;
  const [served, report] = await Promise.all([openServedModels(models, context.signal), readGpus(machine)]);
  const isDefault = name === undefined || name === models.sttModel;
  const program = async (): Promise<string> => {
    if (engine.container === undefined) return '';
    const found = containerProgram(machine, engine.containerProgram);
    return dry ? found.catch(() => engine.containerProgram ?? 'docker') : found;
  };
  return asUsage(async () =>
    planEngine({
      model: served.get(wanted),
      config: engine,
      gpu: firstGpu(report, machine.environment),
      cacheFolder: engineCache(models.home),
      containerProgram: await program(),
      ...(isDefault && remote.servedName !== undefined ? { servedName: remote.servedName } : {}),
    }),
  );
}

function showPlan(plan: Plan, command: Command, { output, ...context }: CommandContext): void {
  if (wantsJson(command, { output, ...context })) {
    const { command: argv, variables, url, served, delay, warnings, tuning } = plan;
    output.line(
      json({
        model: plan.model.reference,
        command: argv,
        env: variables,
        url,
        served,
        delay,
        tuning,
        warnings,
      }),
    );
    return;
  }
  for (const warning of plan.warnings) output.note(`warning: ${warning}`);
  output.note(`# ${plan.tuning}`);
  if (plan.delay !== undefined)
    output.note(`# first a delay of ${plan.delay.ms} ms is written into ${plan.delay.folder}/tekken.json`);
  const variables = Object.entries(plan.variables).map(([key, value]) => `${key}=${quoteWords([value])}`);
  output.line([...variables, quoteWords(plan.command)].join(' '));
}

async function launch(
  plan: Plan,
  config: Config,
  command: Command,
  context: CommandContext,
  flags: Readonly<Record<string, string | boolean>>,
): Promise<void> {
  const { engine, models, log } = config;
  const asJson = wantsJson(command, context);
  const { output, signal } = context;
  for (const warning of plan.warnings) output.note(`warning: ${warning}`);
  const progress = new StartProgress(output, { asJson, showLogs: engine.showLogs });
  const begun = performance.now();
  try {
    const { record, healthy } = await startEngine({
      ...machineContext(context),
      plan,
      home: models.home,
      logFolder: log.folder,
      healthSeconds: engine.healthSeconds,
      ...(models.hub.token === undefined ? {} : { hubToken: models.hub.token }),
      flags,
      onStarted: (started) => progress.started(started, plan.tuning),
      onWait: (gone) => progress.waiting(gone),
    });
    progress.close();
    if (asJson) output.line(json({ ...said(record), healthy, warnings: plan.warnings }));
    else if (healthy) output.line(`Healthy after ${seconds(performance.now() - begun)}. ${useIt(plan)}`);
    else output.line('Not waited for: vox engine status says when it is healthy');
    if (engine.follow && !asJson) await follow(record, output, signal);
  } catch (error) {
    progress.close();
    if (signal.aborted) output.note('vLLM goes on starting: vox engine status, vox engine stop');
    throw error;
  }
}

/** Until Ctrl-C, or until it ends. */
async function follow(
  record: EngineRecord,
  output: CommandContext['output'],
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const look = setInterval(() => {
    void isAlive(record).then((alive) => (alive ? undefined : over.abort()));
  }, 1_000);
  try {
    const until = AbortSignal.any([signal, over.signal]);
    for await (const line of newLinesOf(record.log, record.logStart, until)) output.line(line);
  } finally {
    clearInterval(look);
  }
}

function useIt({ model, url, port }: Plan): string {
  const server = port === model.port ? 'vox serve' : `vox serve --upstream ${url}`;
  return `Use it: vox pull ${model.reference} && ${server}`;
}

function said({ reference, pid, url, port, served, log, command }: EngineRecord): Record<string, unknown> {
  return { model: reference, pid, url, port, served, log, command };
}

function keptFlags(command: Command): Readonly<Record<string, string | boolean>> {
  const given = Object.entries(command.opts() as Flags).filter(
    (entry): entry is [string, string | boolean] =>
      !NOT_KEPT.has(entry[0]) && (typeof entry[1] === 'string' || typeof entry[1] === 'boolean'),
  );
  return Object.fromEntries(given);
}
