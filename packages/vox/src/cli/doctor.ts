import { version } from '../observe/version.js';
import { showChecks } from './checks.js';
import { clientConfig, clientOptions, type Define, examples, wantsJson } from './command.js';

export const define: Define = (command, context) => {
  command.option('--offline', 'ask no source over the network').action(async () => {
    const { output, signal } = context;
    const { examine } = await import('../local/doctor/index.js');
    const found = examine({
      config: clientConfig(command, context),
      version: version(),
      offline: command.opts<{ offline?: boolean }>().offline === true,
      environment: process.env,
      signal,
    });
    await showChecks(found, output, wantsJson(command, context));
  });
  clientOptions(command, 'print the checks as JSON: name, status (ok, warn, fail), detail, next');
  command.addHelpText('after', '\nExit code: 0 when nothing failed (warnings are no failure), 1 otherwise.');
  examples(command, [
    'vox doctor',
    'vox doctor --offline --json | jq -r \'.checks[] | select(.status != "ok")\'',
  ]);
};
