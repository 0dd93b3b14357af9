/** `vox engine status`. */
import { formatBytes, formatDuration } from '../../config/index.js';
import { engineStatuses } from '../../local/vllm/index.js';
import { type Define, examples, wantsJson } from '../command.js';
import { json, table } from '../output.js';
import { engineSettings, machineContext } from './common.js';

export const status: Define = (command, context) => {
  command
    .summary('say which run, since when, and whether they are healthy')
    .description('Say which engines were started: process, time, health, address, video memory.')
    .argument('[model]', 'one alone; exit code 1 unless it is healthy')
    .option('--json', 'print JSON')
    .action(async (name: string | undefined) => {
      const { models } = engineSettings(command, context);
      const all = await engineStatuses(models.home, machineContext(context));
      const engines =
        name === undefined ? all : all.filter(({ reference, served }) => [reference, served].includes(name));
      if (wantsJson(command, context)) context.output.line(json({ engines }));
      else if (engines.length === 0)
        context.output.line('No engine was started. Start one: vox engine start MODEL');
      else {
        const rows = engines.map((one) => [
          one.reference,
          one.status,
          one.status === 'gone' ? '-' : String(one.pid),
          one.status === 'gone' ? '-' : formatDuration(one.uptime),
          one.url,
          formatBytes(one.gpuMemory),
        ]);
        for (const line of table(['NAME', 'STATUS', 'PID', 'UPTIME', 'URL', 'GPU MEMORY'], rows))
          context.output.line(line);
        for (const one of engines.filter((engine) => engine.status === 'gone'))
          context.output.note(`${one.reference} ended by itself: vox engine logs ${one.reference} says why`);
      }
      if (name !== undefined && !engines.some((one) => one.status === 'healthy'))
        throw new Error(`${name} is not healthy`);
    });
  examples(command, ['vox engine status', 'vox engine status --json | jq -r ".engines[].url"']);
};
