import { formatBytes } from '../config/index.js';
import { clientConfig, completes, type Define, examples, UsageError, wantsJson } from './command.js';
import { json } from './output.js';
import { PullDisplay } from './progress.js';
import { saveBytes } from './save.js';

interface ExportCommandOptions {
  readonly output?: string;
  readonly all?: boolean;
  readonly ffmpeg: boolean;
}

export const define: Define = (command, context) => {
  command
    .argument('[model...]', 'models that were pulled; what they need goes along')
    .option('-o, --output <PATH>', 'the file to write; - is standard output (default: MODEL.tar)')
    .option('--all', 'every model that was pulled')
    .option('--no-ffmpeg', 'leave the pulled ffmpeg program out')
    .option('--json', 'print what was written, as JSON')
    .action(async (models: string[]) => {
      const options = command.opts<ExportCommandOptions>();
      if (options.all === true && models.length > 0)
        throw new UsageError('name models, or give --all, not both');
      if (options.all !== true && models.length === 0)
        throw new UsageError('name the models to export, or give --all; vox list shows what is here');
      const { home } = clientConfig(command, context).models;
      const { openExport } = await import('../local/bundle/index.js');
      const bundle = await openExport(home, models, options);
      const path = options.output ?? bundle.fileName;
      const asJson = wantsJson(command, context);
      const display = new PullDisplay(context.output);
      const emit = asJson || path === '-' ? () => undefined : display.show.bind(display);
      let bytes: number;
      try {
        bytes = await saveBytes(path, bundle.bytes({ signal: context.signal, emit }));
      } finally {
        display.close();
      }
      if (path === '-') return;
      if (asJson) context.output.line(json({ path, bytes, models: bundle.models }));
      else {
        context.output.line(`Exported ${bundle.models.join(', ')} to ${path} (${formatBytes(bytes)})`);
        context.output.line(`On the other machine: vox import ${path}`);
      }
    });
  completes(command, { model: 'pulled', '--output': 'file' });
  examples(command, [
    'vox export whisper:base piper:en-us-joe-medium -o models.tar',
    'vox export --all -o models.tar --no-ffmpeg',
    'vox export whisper:base -o - | ssh other-machine vox import -',
  ]);
};
