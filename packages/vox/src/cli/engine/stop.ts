/** `vox engine stop`. */
import type { Config } from '../../config/index.js';
import {
  type EngineRecord,
  nuke,
  nukedPaths,
  Records,
  type StopOutcome,
  stopEngine,
} from '../../local/vllm/index.js';
import { type CommandContext, type Define, examples, UsageError, wantsJson } from '../command.js';
import { json } from '../output.js';
import { engineSettings, machineContext, whichRecord } from './common.js';

interface StopOptions {
  readonly all?: boolean;
  readonly nuke?: boolean;
}

export const stop: Define = (command, context) => {
  command
    .summary('stop it, and everything that it started')
    .description('Stop an engine: TERM to its processes, KILL to those that are there after 10 s.')
    .argument('[model]', 'which, where several run')
    .option('--all', 'all of them')
    .option(
      '--nuke',
      'stop all, then remove compiled code, logs and records; asks for NUKE=1 in the environment',
    )
    .option('--json', 'print JSON')
    .action(async (name: string | undefined) => {
      const config = engineSettings(command, context);
      const options = command.opts<StopOptions>();
      const asksNuke = options.nuke === true || config.engine.fullCleanup;
      if (asksNuke && !config.engine.nuke) throw new UsageError('Refusing to nuke without explicit NUKE=1');
      const stopped = await stopThem(
        await wanted(config, name, asksNuke || options.all === true),
        config,
        context,
      );
      const removed = asksNuke ? await nukedPaths(config.models.home, config.log.folder) : [];
      await nuke(removed);
      if (wantsJson(command, context)) {
        context.output.line(json({ stopped, ...(asksNuke ? { removed } : {}) }));
        return;
      }
      for (const { model, outcome } of stopped) context.output.line(`${model}: ${outcome}`);
      if (stopped.length === 0)
        context.output.line(name === undefined ? 'No engine runs.' : `${name} does not run.`);
      for (const path of removed) context.output.line(`Removed ${path}`);
      if (asksNuke)
        context.output.note(
          'Weights were left: they are in the cache of the hub (hf cache ls), or in your --model-dir.',
        );
    });
  command.addHelpText(
    'after',
    '\nOnly processes that vox engine started are ever signalled: an id that another process has by now is left alone.',
  );
  examples(command, ['vox engine stop', 'vox engine stop --all', 'NUKE=1 vox engine stop --nuke']);
};

async function wanted(
  config: Config,
  name: string | undefined,
  all: boolean,
): Promise<readonly EngineRecord[]> {
  if (all) return new Records(config.models.home).all();
  const record = await whichRecord(config, name);
  return record === undefined ? [] : [record];
}

async function stopThem(
  records: readonly EngineRecord[],
  config: Config,
  context: CommandContext,
): Promise<readonly { readonly model: string; readonly outcome: StopOutcome }[]> {
  const machine = machineContext(context);
  return Promise.all(
    records.map(async (record) => ({
      model: record.reference,
      outcome: await stopEngine(record, config.models.home, machine),
    })),
  );
}
