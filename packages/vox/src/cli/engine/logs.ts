/** `vox engine logs`. */

import { lastLog } from '../../local/vllm/index.js';
import { newLinesOf, tailOf } from '../../observe/index.js';
import { type Define, examples, wantsJson } from '../command.js';
import { lineCount } from '../line-count.js';
import { engineSettings, whichRecord } from './common.js';

interface LogsOptions {
  readonly follow?: boolean;
  readonly lines: string;
}

export const logs: Define = (command, context) => {
  command
    .summary("show vLLM's log")
    .description("Show vLLM's log, whether it runs or not.")
    .argument('[model]', 'which, where several were started')
    .option('-f, --follow', 'go on with new lines until Ctrl-C')
    .option('-n, --lines <N>', 'how many of the last lines', '100')
    .option('--json', 'print each line as a JSON string')
    .action(async (name: string | undefined) => {
      const options = command.opts<LogsOptions>();
      const count = lineCount(options.lines);
      const config = engineSettings(command, context);
      const path = (await whichRecord(config, name))?.log ?? (await lastLog(config.log.folder, name));
      if (path === undefined) {
        context.output.note('No engine has written a log yet. Start one: vox engine start MODEL');
        return;
      }
      const asJson = wantsJson(command, context);
      const show = (line: string) => context.output.line(asJson ? JSON.stringify(line) : line);
      const { lines, end } = await tailOf(path, count);
      for (const line of lines) show(line);
      if (options.follow === true) for await (const line of newLinesOf(path, end, context.signal)) show(line);
    });
  command.addHelpText('after', '\nThe last 100 MiB are kept, a file a model in VOX_HOME/logs.');
  examples(command, [
    'vox engine logs',
    'vox engine logs -f',
    'vox engine logs voxtral-stt:realtime-4b -n 1000',
  ]);
};
