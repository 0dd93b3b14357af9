/** `vox engine doctor`. */
import { examineEngine, openServedModels } from '../../local/vllm/index.js';
import { showChecks } from '../checks.js';
import { type Define, examples, wantsJson } from '../command.js';
import { engineSettings, machineContext } from './common.js';

export const doctor: Define = (command, context) => {
  command
    .summary('look whether this machine can run vLLM, and which models fit')
    .description(
      'Name driver, CUDA, GPUs and their memory, vLLM, containers, and for each model whether it fits.',
    )
    .option('--json', 'print the checks as JSON: name, status (ok, warn, fail), detail, next')
    .action(async () => {
      const { engine, models } = engineSettings(command, context);
      const served = await openServedModels(models, context.signal);
      const checks = await examineEngine({
        ...machineContext(context),
        models: served.all,
        binary: engine.binary,
        ...(engine.containerProgram === undefined ? {} : { containerProgram: engine.containerProgram }),
      });
      await showChecks(checks, context.output, wantsJson(command, context));
    });
  command.addHelpText(
    'after',
    '\nAny GPU that vLLM runs on will do; there is no list of allowed ones. Exit code: 0 when nothing failed, 1 otherwise.',
  );
  examples(command, ['vox engine doctor', 'VOX_ENGINE_BINARY=~/venv/bin/vllm vox engine doctor']);
};
