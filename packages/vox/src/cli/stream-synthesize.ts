import { readFile } from 'node:fs/promises';
import { wavHeader } from '@vox-speech/audio';
import type { SpeechMessage } from '@vox-speech/client';
import {
  clientConfig,
  clientOptions,
  completes,
  type Define,
  examples,
  UsageError,
  wantsJson,
} from './command.js';
import { readText, whatIs } from './input.js';
import { withServer } from './local-server.js';
import { json, type Output, seconds } from './output.js';
import { saveAudio } from './save.js';
import { speedFactor } from './speed.js';

interface Options {
  readonly output: string;
  readonly language?: string;
  readonly voice?: string;
  readonly speed?: string;
}

/** Characters of one message. */
const PIECE_CHARACTERS = 2000;

type Done = Extract<SpeechMessage, { type: 'done' }>;

export const define: Define = (command, context) => {
  command
    .argument('<model>', 'a model that speaks')
    .argument('<text-or-file>', 'what to speak: a text, a file of text, or - for standard input')
    .option('-o, --output <PATH>', 'the WAV to write; - is standard output', 'output.wav')
    .option('--language <CODE>', 'language of the text')
    .option('--voice <ID>', 'which voice speaks; see: vox voices MODEL')
    .option('--speed <FACTOR>', 'how fast it speaks, 1 is as trained')
    .action(async (model: string, input: string) => {
      const options = command.opts<Options>();
      const { signal, output } = context;
      const speed = options.speed === undefined ? undefined : speedFactor(options.speed);
      const text = await textOf(input, signal);
      await withServer(clientConfig(command, context), { signal }, async (client) => {
        const { voice, language } = options;
        const request = { model, voice, speed, language, text: pieces(text) };
        const told: { done?: Done } = {};
        const audio = asWav(client.speakStream(request, { signal }), output, told);
        const bytes = await saveAudio(options.output, audio, 'wav');
        const { done } = told;
        if (done !== undefined)
          output.note(
            `[done] audio=${seconds(done.audio_duration_ms)} processing=${seconds(done.processing_ms)}`,
          );
        if (options.output === '-') return;
        const asJson = wantsJson(command, context);
        output.line(
          asJson ? json({ path: options.output, bytes, ...done }) : `Audio saved to ${options.output}`,
        );
      });
    });
  clientOptions(command);
  completes(command, { model: 'pulled', 'text-or-file': 'file', '--output': 'file', '--voice': 'voice' });
  examples(command, [
    'vox stream-synthesize piper:en-us-joe-medium chapter.txt -o chapter.wav',
    'vox stream-synthesize kokoro "Hello there." --voice af_bella',
    'cat chapter.txt | vox stream-synthesize piper:en-us-joe-medium - -o - | aplay',
  ]);
};

async function textOf(input: string, signal: AbortSignal): Promise<string> {
  const given = await whatIs(input);
  if (given.type === 'stdin') return readText(signal);
  if (given.type === 'text') return given.text;
  const text = await readFile(given.path, 'utf8');
  if (text.trim() === '') throw new UsageError(`${given.path} holds no text`);
  if (text.includes('\0')) throw new UsageError(`${given.path} is no text`);
  return text;
}

/** At most 2000 characters each, cut behind a sentence where there is one, else where a character ends. */
export function* pieces(text: string): Generator<string> {
  for (let rest = text; rest.length > 0; ) {
    let end = Math.min(rest.length, PIECE_CHARACTERS);
    if (end < rest.length) {
      const stops = [...rest.slice(0, end).matchAll(/[.!?]\s+/g)];
      const last = stops.at(-1);
      if (last !== undefined) end = last.index + last[0].length;
      else if (/[\ud800-\udbff]/.test(rest[end - 1] ?? '')) end--;
    }
    yield rest.slice(0, end);
    rest = rest.slice(end);
  }
}

/** The audio as a WAV; progress is told on the way. */
async function* asWav(
  stream: AsyncIterable<SpeechMessage | Uint8Array>,
  output: Output,
  told: { done?: Done },
): AsyncGenerator<Uint8Array> {
  for await (const message of stream) {
    if (message instanceof Uint8Array) yield message;
    else if (message.type === 'audio_start')
      yield wavHeader({ encoding: 's16', sampleRate: message.sample_rate });
    else if (message.type === 'progress')
      output.note(
        `[progress] chars=${message.completed_chars}/${message.total_chars} chunks=${message.chunks_completed}/${message.chunks_total}`,
      );
    else told.done = message;
  }
}
