import type { Transcript, VoxClient } from '@vox-speech/client';
import {
  clientConfig,
  clientOptions,
  completes,
  type Define,
  examples,
  UsageError,
  wantsJson,
} from './command.js';
import { openAudio, readText, whatIs } from './input.js';
import { withServer } from './local-server.js';
import { kindOf } from './model-kind.js';
import { json, type Output } from './output.js';
import { RAW_FORMATS, type RawOptions, rawInput } from './raw-input.js';
import { saveAudio, saveText } from './save.js';
import { speedFactor } from './speed.js';

interface RunOptions extends RawOptions {
  readonly output?: string;
  readonly language?: string;
  readonly voice?: string;
  readonly speed?: string;
  readonly format?: string;
  readonly words?: boolean;
}

const AUDIO_FORMATS = ['wav', 'pcm', 'mp3', 'opus', 'aac', 'flac'] as const;
const TEXT_FORMATS = ['text', 'srt', 'vtt', 'json'] as const;
type TextFormat = (typeof TEXT_FORMATS)[number];

/** Extensions that mean a format of another name. */
const EXTENSIONS: Readonly<Record<string, string>> = { txt: 'text', ogg: 'opus', raw: 'pcm', wave: 'wav' };

export const define: Define = (command, context) => {
  command
    .argument('<model>', 'a model that listens or one that speaks')
    .argument('<input>', 'a file to transcribe, or a text to speak; - is standard input')
    .option(
      '-o, --output <PATH>',
      'where to write (default: output.wav for speech, standard output for text)',
    )
    .option('--language <CODE>', 'language of the speech, e.g. en; left out, it is detected')
    .option('--voice <ID>', 'which voice speaks; see: vox voices MODEL')
    .option('--speed <FACTOR>', 'how fast it speaks, 1 is as trained')
    .option('--words', 'times of words too, in the JSON')
    .option(
      '--format <FORMAT>',
      `${AUDIO_FORMATS.join(', ')} for speech; ${TEXT_FORMATS.join(', ')} for text (default: from the name of --output)`,
    )
    .option('--input-format <FORMAT>', `samples without a header: ${Object.keys(RAW_FORMATS).join(', ')}`)
    .option('--sample-rate <HZ>', 'rate of --input-format')
    .option('--channels <N>', 'interleaved channels of --input-format (default: 1)')
    .action(async (model: string, input: string) => {
      const options = command.opts<RunOptions>();
      const config = clientConfig(command, context);
      const { signal, output } = context;
      let local = false;
      const onLocal = () => {
        local = true;
      };
      // What can be refused is refused before anything is loaded.
      rawInput(options);
      const given = await whatIs(input);
      await withServer(config, { signal, onLocal }, async (client) => {
        const kind = await kindOf(client, model, signal);
        // Said of a model that is there, so that the error for one that isn't stands alone.
        if (local) output.note(`no server at ${config.client.host}: loading ${model} for this one command`);
        const run = { client, model, options, output, signal, json: wantsJson(command, context) };
        if (kind === 'stt') return transcribe(run, given);
        if (kind === 'tts') return speak(run, given);
        throw new UsageError(`${model} is of kind ${kind}: it neither listens nor speaks by itself`);
      });
    });
  clientOptions(command);
  completes(command, {
    model: 'pulled',
    input: 'file',
    '--output': 'file',
    '--voice': 'voice',
    '--format': [...AUDIO_FORMATS, ...TEXT_FORMATS],
    '--input-format': Object.keys(RAW_FORMATS),
  });
  examples(command, [
    'vox run whisper:base meeting.mp3',
    'vox run whisper:base talk.wav -o talk.srt --language en',
    'vox run whisper:base capture.raw --input-format pcm16 --sample-rate 16000',
    'vox run piper:en-us-joe-medium "Hello there." -o hello.wav',
    'echo "Read this." | vox run kokoro - --voice af_bella --format mp3 -o read.mp3',
  ]);
};

interface Run {
  readonly client: VoxClient;
  readonly model: string;
  readonly options: RunOptions;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly json: boolean;
}

type Given = Awaited<ReturnType<typeof whatIs>>;

async function transcribe(run: Run, given: Given): Promise<void> {
  const { client, model, options, signal } = run;
  if (given.type === 'text')
    throw new UsageError(`${model} transcribes files, and there is no file ${JSON.stringify(given.text)}`);
  if (options.voice !== undefined || options.speed !== undefined)
    throw new UsageError(`--voice and --speed are for models that speak; ${model} listens`);
  const format: TextFormat = run.json ? 'json' : pickFormat(options, TEXT_FORMATS, 'text');
  if (options.words === true && format !== 'json')
    throw new UsageError(`--words needs --json or --format json; ${format} has no room for times of words`);
  const audio = await openAudio(given, signal);
  try {
    const request = {
      model,
      file: audio.blob,
      filename: audio.name,
      raw: rawInput(options),
      language: options.language,
      words: options.words,
    };
    const text =
      format === 'json'
        ? json(await client.transcribe(request, { signal }))
        : await transcript(client, format, request, signal);
    if (options.output === undefined || options.output === '-') run.output.line(text.trimEnd());
    else await saveText(options.output, `${text.trimEnd()}\n`);
  } finally {
    await audio.close();
  }
}

/** Plain text comes from the JSON, whose text has no line ends of its own. */
async function transcript(
  client: VoxClient,
  format: Exclude<TextFormat, 'json'>,
  request: Parameters<VoxClient['transcribe']>[0],
  signal: AbortSignal,
): Promise<string> {
  if (format !== 'text') return client.transcribeAs(format, request, { signal });
  const answer: Transcript = await client.transcribe(request, { signal });
  return answer.text.trim();
}

async function speak(run: Run, given: Given): Promise<void> {
  const { client, model, options, signal } = run;
  if (given.type === 'file')
    throw new UsageError(
      `${model} speaks text, and ${given.path} is a file; to speak what it says: vox run ${model} - < ${given.path}`,
    );
  if (rawInput(options) !== undefined)
    throw new UsageError(`--input-format is for models that listen; ${model} speaks`);
  if (options.words === true) throw new UsageError(`--words is for models that listen; ${model} speaks`);
  const format = pickFormat(options, AUDIO_FORMATS, 'wav');
  const path = options.output ?? `output.${format}`;
  const text = given.type === 'text' ? given.text : await readText(signal);
  const spoken = await client.speak(
    {
      model,
      input: text,
      voice: options.voice,
      speed: options.speed === undefined ? undefined : speedFactor(options.speed),
      language: options.language,
      format,
      // A WAV is put right afterwards; of these only the encoder can state the length.
      whole: path !== '-' && ['mp3', 'flac'].includes(format),
    },
    { signal },
  );
  const bytes = await saveAudio(path, spoken.audio, format);
  if (path === '-') return;
  run.output.line(run.json ? json({ path, format, bytes }) : `Audio saved to ${path}`);
}

/** `--format`, else the extension of `--output`, else `fallback`. Throws UsageError for a format that this kind has not. */
function pickFormat<const T extends string>(options: RunOptions, allowed: readonly T[], fallback: T): T {
  const extension = /\.([a-z0-9]+)$/i.exec(options.output ?? '')?.[1]?.toLowerCase();
  const wanted = options.format?.toLowerCase() ?? (extension && (EXTENSIONS[extension] ?? extension));
  const found = allowed.find((format) => format === wanted);
  if (found !== undefined) return found;
  if (wanted === undefined) return fallback;
  const where = options.format === undefined ? `--output ${options.output}` : `--format ${options.format}`;
  throw new UsageError(`${where}: expected one of ${allowed.join(', ')}`);
}
