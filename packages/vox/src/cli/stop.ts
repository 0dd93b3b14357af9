import { clientConfig, clientOptions, completes, type Define, examples, wantsJson } from './command.js';
import { withServer } from './local-server.js';
import { json } from './output.js';

export const define: Define = (command, context) => {
  command
    .argument('[model]', 'a loaded model; all of them when left out')
    .action(async (model: string | undefined) => {
      const { signal } = context;
      const unloaded = await withServer(
        clientConfig(command, context),
        { signal, local: 'never' },
        (client) => client.stop(model, { signal }),
      );
      if (wantsJson(command, context)) {
        context.output.line(json({ unloaded }));
        return;
      }
      if (unloaded.length === 0)
        context.output.line(model === undefined ? 'No models loaded.' : `${model} is not loaded.`);
      for (const reference of unloaded) context.output.line(`Stopped ${reference}`);
    });
  clientOptions(command);
  completes(command, { model: 'pulled' });
  examples(command, ['vox stop whisper:base', 'vox stop']);
};
