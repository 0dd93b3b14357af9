import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { clientConfig, completes, type Define, examples, UsageError, wantsJson } from './command.js';
import { json } from './output.js';
import { PullDisplay } from './progress.js';

/** Bytes read from the file at once. */
const CHUNK = 1 << 20;

export const define: Define = (command, context) => {
  command
    .argument('<file>', 'a file that vox export made; - is standard input')
    .option('--json', 'print what was imported, as JSON')
    .action(async (path: string) => {
      const source = await open(path);
      const { home } = clientConfig(command, context).models;
      const { output, signal } = context;
      const { importInto } = await import('../local/bundle/index.js');
      const asJson = wantsJson(command, context);
      const display = new PullDisplay(output);
      const emit = asJson ? () => undefined : display.show.bind(display);
      const done = await importInto(home, source, { signal, emit }).finally(() => display.close());
      if (asJson) {
        output.line(json(done));
        return;
      }
      for (const reference of done.imported) output.line(`Imported ${reference}`);
      for (const reference of done.present) output.line(`${reference} was here already`);
      for (const reference of done.skipped)
        output.note(`${reference} runs on ${done.machine}, not on this machine: left out`);
      for (const reference of done.outdated)
        output.note(
          `${reference} works, but was made by another version of Vox; vox pull ${reference} would bring this version's`,
        );
    });
  completes(command, { file: 'file' });
  examples(command, ['vox import models.tar', 'ssh other-machine vox export --all -o - | vox import -']);
};

async function open(path: string): Promise<AsyncIterable<Uint8Array>> {
  if (path === '-') {
    if (process.stdin.isTTY) throw new UsageError('standard input is a terminal: vox import - < models.tar');
    return process.stdin as AsyncIterable<Uint8Array>;
  }
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new UsageError(`no such file: ${path}`);
  if (found.isDirectory()) throw new UsageError(`${path} is a folder; give the file that vox export made`);
  return createReadStream(path, { highWaterMark: CHUNK }) as AsyncIterable<Uint8Array>;
}
