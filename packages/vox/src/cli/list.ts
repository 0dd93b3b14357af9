import { formatBytes } from '../config/index.js';
import { clientConfig, clientOptions, type Define, examples, wantsJson } from './command.js';
import { withServer } from './local-server.js';
import { cut, json, table } from './output.js';

export const define: Define = (command, context) => {
  clientOptions(command).action(async () => {
    const { models, broken = [] } = await withServer(clientConfig(command, context), context, (client) =>
      client.listing(context),
    );
    if (wantsJson(command, context)) {
      context.output.line(json(broken.length === 0 ? { models } : { models, broken }));
      return;
    }
    for (const { reason } of broken) context.output.note(`Broken: ${reason}`);
    if (models.length === 0 && broken.length > 0) return;
    if (models.length === 0) {
      context.output.line('No models downloaded. Pull one with: vox pull whisper:base');
      return;
    }
    const rows = models.map((model) => [
      model.name,
      model.type,
      model.format,
      model.remote === true ? 'remote' : formatBytes(model.size_bytes),
      cut(model.description, 50),
    ]);
    for (const line of table(['NAME', 'TYPE', 'FORMAT', 'SIZE', 'DESCRIPTION'], rows))
      context.output.line(line);
  });
  examples(command, ['vox list', "vox list --json | jq -r '.models[].name'"]);
};
