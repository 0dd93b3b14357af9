/** The three streams under `/v1/audio`: docs/streams.md. */
import type { Target } from './call.js';
import { VoxClientError } from './errors.js';
import { MessageStream, type StreamMessage } from './message-stream.js';
import { pump } from './source.js';
import type {
  AudioSource,
  ListenInput,
  LiveMessage,
  SpeakStreamInput,
  SpeechMessage,
  StreamedTranscript,
  TranscribeStreamInput,
  TranscriptionProgress,
} from './stream-types.js';

/** Sends a recording bit by bit; its transcript when all was heard. */
export async function transcribeStream(
  target: Target,
  input: TranscribeStreamInput,
  signal?: AbortSignal,
): Promise<StreamedTranscript> {
  const config = {
    model: input.model ?? '',
    input_format: input.format ?? 'pcm16',
    sample_rate: input.sampleRate ?? 16_000,
    language: input.language ?? null,
    word_timestamps: input.words === true,
  };
  const path = '/v1/audio/transcriptions/stream';
  for await (const message of exchange(target, path, config, audioFrom(input.audio), signal)) {
    if (message instanceof Uint8Array) continue;
    if (message.type === 'progress') input.onProgress?.(message as unknown as TranscriptionProgress);
    if (message.type === 'done') return message as unknown as StreamedTranscript;
  }
  throw new VoxClientError('the stream ended without a transcript', { status: 200, code: 'broken_answer' });
}

/** Speaks a text as it is written: messages, and bytes of audio. Leaving the loop stops the voice. */
export async function* speakStream(
  target: Target,
  input: SpeakStreamInput,
  signal?: AbortSignal,
): AsyncGenerator<SpeechMessage | Uint8Array<ArrayBuffer>> {
  const config = {
    model: input.model ?? '',
    voice: input.voice ?? null,
    speed: input.speed ?? 1,
    language: input.language ?? null,
    response_format: input.format ?? 'pcm16',
  };
  // A string is iterable, too, by characters.
  const source = typeof input.text === 'string' ? [input.text] : input.text;
  const feed: Feed = (stream) => pump(source, (text) => stream.send({ type: 'text', text }), stream.over);
  for await (const message of exchange(target, '/v1/audio/speech/stream', config, feed, signal))
    yield message as SpeechMessage | Uint8Array<ArrayBuffer>;
}

/** Listens to a microphone's stream: what is said as it is said. Leaving the loop ends it. */
export async function* listen(
  target: Target,
  input: ListenInput,
  signal?: AbortSignal,
): AsyncGenerator<LiveMessage> {
  const config = {
    model: input.model ?? '',
    language: input.language ?? null,
    sample_rate: input.sampleRate ?? 16_000,
    partials: input.partials === true,
    include_word_timestamps: input.words === true,
  };
  for await (const message of exchange(target, '/v1/audio/stream', config, audioFrom(input.audio), signal)) {
    if (!(message instanceof Uint8Array)) yield message as unknown as LiveMessage;
  }
}

type Feed = (stream: MessageStream) => Promise<void>;

function audioFrom(audio: AudioSource): Feed {
  return (stream) => pump(audio, (bytes) => stream.sendBytes(bytes), stream.over);
}

/** Configures a stream, feeds it once it is ready, and gives what it answers. */
async function* exchange(
  target: Target,
  path: string,
  config: Readonly<Record<string, unknown>>,
  feed: Feed,
  signal: AbortSignal | undefined,
): AsyncGenerator<StreamMessage | Uint8Array> {
  const stream = await MessageStream.open(target, path, signal);
  try {
    stream.send({ type: 'config', ...config });
    for (;;) {
      const message = await stream.next();
      if (message === undefined) return;
      if (!(message instanceof Uint8Array) && message.type === 'ready')
        feed(stream).then(
          () => stream.send({ type: 'end' }),
          (error: unknown) => stream.fail(error),
        );
      else yield message;
    }
  } finally {
    stream.close();
  }
}
