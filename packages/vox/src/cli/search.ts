import { clientConfig, clientOptions, completes, type Define, examples, wantsJson } from './command.js';
import { withServer } from './local-server.js';
import { cut, json, table } from './output.js';

interface SearchOptions {
  readonly type?: string;
  readonly language?: string;
  readonly license?: string;
}

export const define: Define = (command, context) => {
  command
    .argument('[query]', 'words of the name or the description')
    .option('--type <TYPE>', 'stt (listens) or tts (speaks)')
    .option('--language <CODE>', 'models that know this language, e.g. en')
    .option('--license <NAME>', 'models under this licence, e.g. MIT')
    .action(async (text: string | undefined) => {
      const { type, language, license } = command.opts<SearchOptions>();
      const models = await withServer(clientConfig(command, context), context, (client) =>
        client.search({ text, type, language, license }, context),
      );
      if (wantsJson(command, context)) {
        context.output.line(json({ models }));
        return;
      }
      if (models.length === 0) {
        context.output.line('No model matches. See all with: vox search');
        return;
      }
      const rows = models.map((model) => [model.name, model.type, cut(model.description, 70)]);
      for (const line of table(['NAME', 'TYPE', 'DESCRIPTION'], rows)) context.output.line(line);
    });
  clientOptions(command);
  completes(command, { '--type': ['stt', 'tts'] });
  examples(command, ['vox search whisper', 'vox search --type tts --language en --license Apache-2.0']);
};
