import type { VoiceSummary } from '@vox-speech/client';
import {
  type CommandContext,
  clientConfig,
  clientOptions,
  completes,
  type Define,
  examples,
  UsageError,
  wantsJson,
} from './command.js';
import { openAudio, whatIs } from './input.js';
import { withServer } from './local-server.js';
import { json, table } from './output.js';

export const define: Define = (command, context) => {
  command
    .argument('[model]', 'a model that speaks; absent = the voices that you added')
    .action(async (model: string | undefined) => {
      const voices = await withServer(clientConfig(command, context), context, (client) =>
        model === undefined ? client.clonedVoices(context) : client.voices(model, context),
      );
      if (wantsJson(command, context)) context.output.line(json({ voices }));
      else if (voices.length > 0) printVoices(voices, context);
      else if (model === undefined) context.output.line('No voices added. Add one with: vox voices add FILE');
      else context.output.line(`${model} has one voice, and no name for it: leave --voice out.`);
    });
  clientOptions(command);
  completes(command, { model: 'pulled' });
  // So that what stands behind `add` is its own: both have --host and --json.
  command.enablePositionalOptions();
  add(command.command('add'), context);
  remove(command.command('rm'), context);
  examples(command, [
    'vox voices kokoro',
    "vox voices kokoro --json | jq -r '.voices[].id'",
    'vox voices add me.wav --name Me --text "What I say in me.wav."',
    'vox voices rm 1f2e3d4c',
  ]);
};

const add: Define = (command, context) => {
  command
    .summary('make a voice from a recording')
    .description('Make a voice from a recording of 1 to 30 s, for models that can clone.')
    .argument('<file>', 'a recording of one person, any audio format; - = standard input')
    .requiredOption('--name <name>', 'what the voice is called')
    .option('--text <text>', 'the words said in it; some models need them')
    .option('--language <code>', 'its language, e.g. en')
    .option('--gender <word>', 'for the list of voices')
    .action(async (file: string) => {
      const given = await whatIs(file);
      if (given.type === 'text') throw new UsageError(`no such file: ${file}`);
      const { name, text, language, gender } = command.opts<Record<string, string>>();
      const audio = await openAudio(given, context.signal);
      try {
        const voice = await withServer(clientConfig(command, context), context, (client) =>
          client.addVoice(
            {
              name: name ?? '',
              referenceText: text,
              language,
              gender,
              file: audio.blob,
              filename: audio.name,
            },
            context,
          ),
        );
        if (wantsJson(command, context)) context.output.line(json(voice));
        else
          context.output.line(`Added ${voice.name}. Speak with it: vox run MODEL "..." --voice ${voice.id}`);
      } finally {
        await audio.close();
      }
    });
  clientOptions(command);
  completes(command, { file: 'file' });
  examples(command, ['vox voices add me.wav --name Me --text "What I say in me.wav."']);
};

const remove: Define = (command, context) => {
  command
    .summary('remove a voice that you added')
    .description('Remove a voice that was made from a recording.')
    .argument('<id>', 'as vox voices lists it')
    .action(async (id: string) => {
      await withServer(clientConfig(command, context), context, (client) => client.removeVoice(id, context));
      if (wantsJson(command, context)) context.output.line(json({ id, deleted: true }));
      else context.output.line(`Removed ${id}`);
    });
  clientOptions(command);
  examples(command, ['vox voices rm 1f2e3d4c']);
};

function printVoices(voices: readonly VoiceSummary[], { output }: CommandContext): void {
  const rows = voices.map((voice) => [voice.id, voice.name, voice.language ?? '-']);
  for (const line of table(['ID', 'NAME', 'LANGUAGE'], rows)) output.line(line);
}
