/**
 * `vox engines`. Works on this machine's `VOX_HOME` and not through a server: adding code to a machine takes the right to
 * write there, which a key of the HTTP API does not give.
 */
import type { Command } from 'commander';
import { type CommandContext, completes, type Define, examples, readConfig, wantsJson } from './command.js';
import { json, table } from './output.js';
import { PullDisplay } from './progress.js';

export const define: Define = (command, context) => {
  command
    .command('list')
    .description('List the engines of this machine.')
    .option('--json', 'print JSON')
    .action((_: unknown, list: Command) => listEngines(list, context));
  const add = command
    .command('add')
    .description('Install an engine from a folder, a .tgz, or an exact package version.')
    .argument('<package>', 'FOLDER, FILE.tgz, NAME@VERSION, or an engine that this Vox pins')
    .option(
      '--integrity <SHA512>',
      'what `npm view NAME@VERSION dist.integrity` prints; NAME@VERSION needs it',
    )
    .option('--json', 'print every event of the progress, one JSON object a line')
    .action((what: string) => addEngine(what, add, context));
  completes(add, { package: 'file' });
  command
    .command('rm')
    .description('Remove an installed engine.')
    .argument('<name>', 'an engine that vox engines list shows')
    .option('--json', 'print JSON')
    .action((name: string, _: unknown, rm: Command) => removeEngine(name, rm, context));
  examples(command, [
    'vox engines list',
    'vox engines add ./my-engine',
    'vox engines add my-engine@1.2.3 --integrity sha512-...',
    'vox engines rm my-engine',
  ]);
};

async function listEngines(command: Command, context: CommandContext): Promise<void> {
  const engines = await (await open(context)).list();
  if (wantsJson(command, context)) {
    context.output.line(json({ engines }));
    return;
  }
  const rows = engines.map(({ name, version, status, origin, path }) => [
    name,
    version ?? '-',
    status,
    origin ?? '-',
    path ?? '-',
  ]);
  for (const line of table(['NAME', 'VERSION', 'STATUS', 'ORIGIN', 'PATH'], rows)) context.output.line(line);
}

async function addEngine(what: string, command: Command, context: CommandContext): Promise<void> {
  const display = new PullDisplay(context.output);
  const asJson = wantsJson(command, context);
  const { integrity } = command.opts<{ integrity?: string }>();
  try {
    const engine = await (await open(context)).add({
      what,
      ...(integrity === undefined ? {} : { integrity }),
      directory: process.cwd(),
      signal: context.signal,
      emit: (event) => (asJson ? context.output.line(JSON.stringify(event)) : display.show(event)),
    });
    const status = `adapter ${engine.name} ready`;
    if (asJson) context.output.line(JSON.stringify({ status, ...engine }));
    else context.output.line(`Added ${engine.name} ${engine.version} from ${engine.source}`);
  } finally {
    display.close();
  }
}

async function removeEngine(name: string, command: Command, context: CommandContext): Promise<void> {
  const users = await (await open(context)).remove(name, context.signal);
  if (wantsJson(command, context)) context.output.line(json({ deleted: name, models: users }));
  else {
    context.output.line(`Deleted ${name}`);
    if (users.length > 0)
      context.output.note(`These models need it, and get Vox's own by vox pull: ${users.join(', ')}`);
  }
}

async function open(context: CommandContext) {
  const config = readConfig('client', context.globals());
  const { openEngines } = await import('../app.js');
  return openEngines(config);
}
