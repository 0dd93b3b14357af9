import { clientConfig, clientOptions, completes, type Define, examples, wantsJson } from './command.js';
import { withServer } from './local-server.js';
import { json, table } from './output.js';

export const define: Define = (command, context) => {
  command.argument('<model>', 'a model that speaks').action(async (model: string) => {
    const voices = await withServer(clientConfig(command, context), context, (client) =>
      client.voices(model, context),
    );
    if (wantsJson(command, context)) {
      context.output.line(json({ voices }));
      return;
    }
    if (voices.length === 0) {
      context.output.line(`${model} has one voice, and no name for it: leave --voice out.`);
      return;
    }
    const rows = voices.map((voice) => [voice.id, voice.name, voice.language ?? '-']);
    for (const line of table(['ID', 'NAME', 'LANGUAGE'], rows)) context.output.line(line);
  });
  clientOptions(command);
  completes(command, { model: 'pulled' });
  examples(command, ['vox voices kokoro', "vox voices kokoro --json | jq -r '.voices[].id'"]);
};
