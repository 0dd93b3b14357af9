import { clientConfig, clientOptions, completes, type Define, examples, wantsJson } from './command.js';
import { withServer } from './local-server.js';
import { json } from './output.js';

export const define: Define = (command, context) => {
  command.argument('<model>', 'a model that was pulled').action(async (model: string) => {
    await withServer(clientConfig(command, context), context, (client) => client.remove(model, context));
    context.output.line(wantsJson(command, context) ? json({ deleted: model }) : `Deleted ${model}`);
  });
  clientOptions(command);
  completes(command, { model: 'pulled' });
  examples(command, ['vox rm whisper:base', 'vox rm piper:en-us-joe-medium --json']);
};
