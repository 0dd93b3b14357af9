/** Runs the engine on real weights and prints what came out as one line of JSON. Argument: a store's folder of views. */
import { type Segment, VoxError } from '@vox-speech/contract';
import engine from './index.js';
import { filesOf, THREADS } from './views.test-support.js';

const folder = process.argv[2] ?? '';
const RATE = 16_000;
const files = (name: string, family: string) => filesOf(folder, name, family);
const { signal } = new AbortController();

const voice = await engine.load(files('piper/en-us-joe-medium', 'piper'), THREADS);
const pieces: Float32Array[] = [];
const text = 'The quick brown fox jumps over the lazy dog.';
for await (const { samples } of voice.synthesize?.(text, { voice: 'default', speed: 1 }, signal) ?? [])
  pieces.push(samples);
const spoken = pieces.flatMap((piece) => [...piece]);
// Nearest sample is enough for a recogniser's test.
const length = Math.floor((spoken.length * RATE) / voice.info.sampleRate);
const samples = new Float32Array(length).map(
  (_, at) => spoken[Math.floor((at * voice.info.sampleRate) / RATE)] ?? 0,
);

const whisper = await engine.load(files('whisper/tiny.en', 'whisper'), THREADS);
const decode = async (cancel = signal): Promise<Segment | undefined> => {
  const options = { task: 'transcribe', words: true } as const;
  for await (const segment of whisper.transcribe?.({ samples, sampleRate: RATE }, options, cancel) ?? [])
    return segment;
  return undefined;
};
const first = await decode();
const concurrent = await Promise.all([decode(), decode(), decode(), decode()]);
const abort = new AbortController();
const pending = decode(abort.signal);
setImmediate(() => abort.abort());
const cancelled = await pending.then(
  () => 'finished',
  (error: unknown) => VoxError.from(error).code,
);
process.stdout.write(
  `${JSON.stringify({
    text: first?.text ?? '',
    words: first?.words ?? [],
    concurrent: concurrent.map((segment) => segment?.text ?? ''),
    cancelled,
    seconds: samples.length / RATE,
    pieces: pieces.length,
  })}\n`,
);
