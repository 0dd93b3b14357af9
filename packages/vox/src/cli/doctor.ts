import { version } from '../observe/version.js';
import { clientConfig, clientOptions, type Define, examples, wantsJson } from './command.js';
import { json, paint } from './output.js';

/** Characters of the widest status and of a usual name. */
const STATUS_WIDTH = 4;
const NAME_WIDTH = 16;

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
    const asJson = wantsJson(command, context);
    const checks = [];
    for await (const check of found) {
      checks.push(check);
      if (asJson) continue;
      const status = paint(output, check.status, check.status.padEnd(STATUS_WIDTH));
      output.line(`${status}  ${check.name.padEnd(NAME_WIDTH)}  ${check.detail}`);
      if (check.next !== undefined)
        output.line(`${' '.repeat(STATUS_WIDTH + NAME_WIDTH + 4)}-> ${check.next}`);
    }
    const failures = checks.filter(({ status }) => status === 'fail').length;
    const warnings = checks.filter(({ status }) => status === 'warn').length;
    if (asJson) output.line(json({ ok: failures === 0, checks }));
    else if (failures === 0)
      output.line(warnings === 0 ? '\nAll is well.' : `\nIt works; ${count(warnings, 'warning')}.`);
    if (failures > 0) throw new Error(`${count(failures, 'check')} failed, ${count(warnings, 'warning')}`);
  });
  clientOptions(command, 'print the checks as JSON: name, status (ok, warn, fail), detail, next');
  command.addHelpText('after', '\nExit code: 0 when nothing failed (warnings are no failure), 1 otherwise.');
  examples(command, [
    'vox doctor',
    'vox doctor --offline --json | jq -r \'.checks[] | select(.status != "ok")\'',
  ]);
};

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
