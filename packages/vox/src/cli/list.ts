import { formatBytes } from '../config/index.js';
import { clientConfig, clientOptions, type Define, examples, wantsJson } from './command.js';
import { withServer } from './local-server.js';
import { cut, json, table } from './output.js';

export const define: Define = (command, context) => {
  clientOptions(command).action(async () => {
    const models = await withServer(clientConfig(command, context), context, (client) =>
      client.list(context),
    );
    if (wantsJson(command, context)) {
      context.output.line(json({ models }));
      return;
    }
    if (models.length === 0) {
      context.output.line('No models downloaded. Pull one with: vox pull whisper:base');
      return;
    }
    const rows = models.map((model) => [
      model.name,
      model.type,
      model.format,
      formatBytes(model.size_bytes),
      cut(model.description, 50),
    ]);
    for (const line of table(['NAME', 'TYPE', 'FORMAT', 'SIZE', 'DESCRIPTION'], rows))
      context.output.line(line);
  });
  examples(command, ['vox list', "vox list --json | jq -r '.models[].name'"]);
};
