import { isThisMachine } from '../config/index.js';
import { clientConfig, type Define, examples, wantsJson } from './command.js';
import { lineCount } from './line-count.js';

interface LogsOptions {
  readonly follow?: boolean;
  readonly lines: string;
}

export const define: Define = (command, context) => {
  command
    .option('-f, --follow', 'go on with new lines until Ctrl-C')
    .option('-n, --lines <N>', 'how many of the last lines', '100')
    .option('--json', 'print the lines as they were written, one JSON object a line')
    .action(async () => {
      const options = command.opts<LogsOptions>();
      const count = lineCount(options.lines);
      const { log, client } = clientConfig(command, context);
      if (!isThisMachine(client.host))
        context.output.note(`This is the log of this machine; that of ${client.host} is there: vox logs`);
      const { lastLines, newLines, plainLine } = await import('../observe/index.js');
      const show = wantsJson(command, context)
        ? (line: string) => context.output.line(line)
        : (line: string) => context.output.raw(plainLine(`${line}\n`));
      const { lines, end } = await lastLines(log.folder, count);
      for (const line of lines) show(line);
      if (options.follow === true) {
        for await (const line of newLines(log.folder, end, context.signal)) show(line);
      } else if (lines.length === 0 && count > 0)
        context.output.note(`No log in ${log.folder} yet. A server writes one as it runs: vox serve`);
    });
  command.addHelpText(
    'after',
    '\nThe log of the servers that ran on this VOX_HOME, running or not; it is bounded to some 30 MB and holds no transcripts.',
  );
  examples(command, ['vox logs', 'vox logs -f', 'vox logs -n 1000 --json | jq -c "select(.level >= 40)"']);
};
