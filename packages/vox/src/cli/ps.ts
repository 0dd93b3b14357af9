import { clientConfig, clientOptions, type Define, examples, wantsJson } from './command.js';
import { withServer } from './local-server.js';
import { json, table } from './output.js';

export const define: Define = (command, context) => {
  clientOptions(command).action(async () => {
    const { signal } = context;
    const models = await withServer(clientConfig(command, context), { signal, local: 'never' }, (client) =>
      client.ps({ signal }),
    );
    if (wantsJson(command, context)) {
      context.output.line(json({ models }));
      return;
    }
    if (models.length === 0) {
      context.output.line('No models loaded.');
      return;
    }
    const rows = models.map((model) => [
      // The original has the tag apart from the name.
      model.name.includes(':') || !model.tag ? model.name : `${model.name}:${model.tag}`,
      model.type,
      model.device,
      String(model.ref_count),
    ]);
    for (const line of table(['NAME', 'TYPE', 'DEVICE', 'REFS'], rows)) context.output.line(line);
  });
  examples(command, ['vox ps', 'vox ps --json']);
};
