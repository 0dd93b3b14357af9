import type { CatalogModel } from '@vox-speech/client';
import { formatBytes } from '../config/index.js';
import { clientConfig, clientOptions, completes, type Define, examples, wantsJson } from './command.js';
import { withServer } from './local-server.js';
import { cut, json, table } from './output.js';

interface SearchOptions {
  readonly type?: string;
  readonly language?: string;
  readonly licence?: string;
  readonly license?: string;
}

export const define: Define = (command, context) => {
  command
    .argument('[query]', 'words of the name or the description')
    .option('--type <TYPE>', 'stt (listens) or tts (speaks)')
    .option('--language <CODE>', 'models that know this language, e.g. en')
    .option('--licence <NAME>', 'models under this licence, e.g. MIT, or non-commercial')
    .option('--license <NAME>', 'the same as --licence')
    .action(async (text: string | undefined) => {
      const { type, language, licence, license = licence } = command.opts<SearchOptions>();
      const answer = await withServer(clientConfig(command, context), context, (client) =>
        client.search({ text, type, language, license }, context),
      );
      const { models, warnings = [] } = answer;
      if (wantsJson(command, context)) {
        context.output.line(json(answer));
        return;
      }
      for (const warning of warnings) context.output.note(`warning: ${warning}`);
      if (models.length === 0) {
        context.output.line('No model matches. See all with: vox search');
        return;
      }
      for (const line of table(['NAME', 'TYPE', 'SIZE', 'LICENCE', 'DESCRIPTION'], models.map(row)))
        context.output.line(line);
      if (text === undefined && language === undefined)
        context.output.note('Many more Piper voices: vox search piper, or --language CODE');
    });
  clientOptions(command);
  completes(command, { '--type': ['stt', 'tts'] });
  examples(command, [
    'vox search whisper',
    'vox search piper --language de',
    'vox search --type tts --language en --licence Apache-2.0',
  ]);
};

function row(model: CatalogModel): string[] {
  const licence = `${model.license ?? ''}${model.non_commercial === true ? ' (non-commercial)' : ''}`;
  const known = model.size_bytes ? formatBytes(model.size_bytes) : '-';
  const size = model.remote ? 'remote' : known;
  const remark = model.unavailable ? '[no engine here] ' : '';
  return [model.name, model.type, size, licence, cut(`${remark}${model.description}`, 70)];
}
