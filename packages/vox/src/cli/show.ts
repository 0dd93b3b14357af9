import { clientConfig, clientOptions, completes, type Define, examples } from './command.js';
import { withServer } from './local-server.js';
import { json } from './output.js';

export const define: Define = (command, context) => {
  command.argument('<model>', 'a model that was pulled').action(async (model: string) => {
    const details = await withServer(clientConfig(command, context), context, (client) =>
      client.show(model, context),
    );
    context.output.line(json(details));
  });
  clientOptions(command, 'accepted; the answer is JSON anyway');
  completes(command, { model: 'pulled' });
  examples(command, ['vox show whisper:base', 'vox show kokoro | jq .config.license']);
};
