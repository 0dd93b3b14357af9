import { clientConfig, clientOptions, completes, type Define, examples, wantsJson } from './command.js';
import { withServer } from './local-server.js';
import { PullDisplay } from './progress.js';

export const define: Define = (command, context) => {
  command
    .argument('<model>', 'a model of the catalog; see: vox search')
    .option('--accept-license', 'pull it even if its licence allows no commercial use');
  command.action(async (model: string) => {
    const { acceptLicense } = command.opts<{ acceptLicense?: boolean }>();
    const display = new PullDisplay(context.output);
    const asJson = wantsJson(command, context);
    await withServer(clientConfig(command, context), context, async (client) => {
      try {
        for await (const event of client.pull(model, { ...context, acceptLicense })) {
          if (asJson) context.output.line(JSON.stringify(event));
          else display.show(event);
        }
      } finally {
        display.close();
      }
    });
  });
  clientOptions(command, 'print every event of the progress, one JSON object a line');
  completes(command, { model: 'catalog' });
  examples(command, ['vox pull whisper:base', 'vox pull piper:en-us-joe-medium --json']);
};
