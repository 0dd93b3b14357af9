import type { LiveMessage, VoxClient } from '@vox-speech/client';
import { openAudioSource, SPEECH_RATE } from './audio-source.js';
import {
  clientConfig,
  clientOptions,
  completes,
  type Define,
  examples,
  UsageError,
  wantsJson,
} from './command.js';
import { withServer } from './local-server.js';
import { json, type Output, seconds } from './output.js';
import { findRecorder, type Recorder, record } from './recorder.js';

interface Options {
  readonly language?: string;
  readonly wordTimestamps?: boolean;
  readonly sendChunkMs: string;
  readonly jsonOutput?: boolean;
  readonly mic?: boolean;
}

export const define: Define = (command, context) => {
  command
    .argument('<model>', 'a model that listens')
    .argument(
      '[file]',
      'the recording to send; - is standard input (without a header: 16-bit mono at 16 kHz)',
    )
    .option('--mic', 'listen to the microphone and print what is said as it is said; Ctrl-C ends it')
    .option('--language <CODE>', 'language of the speech, e.g. en; left out, it is detected')
    .option('--word-timestamps', 'times of words too, in the JSON')
    .option('--send-chunk-ms <MS>', 'audio in one message, in milliseconds', '5000')
    .option('--json-output', 'print the whole answer as JSON, as --json does')
    .action(async (model: string, file: string | undefined) => {
      const options = command.opts<Options>();
      const { signal, output } = context;
      const pieceMs = milliseconds(options.sendChunkMs);
      if ((file === undefined) === (options.mic !== true))
        throw new UsageError('give a file, or - for standard input, or --mic');
      const source = file === undefined ? undefined : await openAudioSource(file, pieceMs);
      const recorder =
        source === undefined ? await findRecorder(SPEECH_RATE, process.env.PATH ?? '') : undefined;
      const asJson = wantsJson(command, context) || options.jsonOutput === true;
      const call = { model, language: options.language, words: options.wordTimestamps };
      await withServer(clientConfig(command, context), { signal }, async (client) => {
        if (recorder !== undefined) return hear(client, recorder, call, output, asJson, signal);
        if (source === undefined) return;
        const done = await client.transcribeStream(
          {
            ...call,
            ...source,
            onProgress: (at) =>
              output.note(
                `[progress] uploaded=${seconds(at.uploaded_ms)} processed=${seconds(at.processed_ms)} chunks=${at.chunks_completed}`,
              ),
          },
          { signal },
        );
        output.note(`[done] duration=${seconds(done.duration_ms)} processing=${seconds(done.processing_ms)}`);
        output.line(asJson ? json(done) : done.text);
      });
    });
  clientOptions(command);
  completes(command, { model: 'pulled', file: 'file' });
  examples(command, [
    'vox stream-transcribe whisper:base lecture.wav',
    'vox stream-transcribe whisper:base talk.mp3 --language en --word-timestamps --json-output',
    'arecord -f S16_LE -r 16000 -t raw | vox stream-transcribe whisper:base -',
    'vox stream-transcribe whisper:base --mic',
  ]);
};

/** Prints what the microphone hears, an utterance a line. Ctrl-C stops the recorder; what was said until then is printed. */
async function hear(
  client: VoxClient,
  recorder: Recorder,
  call: { model: string; language: string | undefined; words: boolean | undefined },
  output: Output,
  asJson: boolean,
  stop: AbortSignal,
): Promise<void> {
  output.note(`listening with ${recorder.name}; Ctrl-C ends it`);
  const show = new Shown(output, asJson);
  for await (const message of client.listen({ ...call, audio: record(recorder, stop), partials: !asJson }))
    show.message(message);
  // It was the wish, not an accident.
  if (stop.aborted) output.note('');
}

/** New words as they come where a terminal shows them; else a line an utterance. */
class Shown {
  #open = false;

  constructor(
    readonly output: Output,
    readonly asJson: boolean,
  ) {}

  message(message: LiveMessage): void {
    if (this.asJson) this.output.line(JSON.stringify(message));
    else if (message.type === 'transcript') this.#transcript(message.text, message.is_partial);
  }

  #transcript(text: string, isPartial: boolean): void {
    const onTerminal = this.output.terminal !== undefined;
    if (isPartial) {
      if (!onTerminal) return;
      this.output.raw(`${this.#open ? ' ' : ''}${text}`);
      this.#open = true;
      return;
    }
    // The whole takes the place of its beginning, which may have run over several lines: it begins a new one.
    if (this.#open) this.output.raw('\n');
    this.#open = false;
    this.output.line(text);
  }
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 1 || value > 60_000)
    throw new UsageError(`--send-chunk-ms ${text}: expected 1 to 60000 milliseconds`);
  return value;
}
