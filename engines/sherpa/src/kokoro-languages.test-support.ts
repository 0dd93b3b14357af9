/**
 * Speaks a sentence of each language with Kokoro and has Whisper write it down; prints a line of JSON. Argument: a store's
 * folder of views.
 */
import { type Model, type SynthesizeOptions, VoxError } from '@vox-speech/contract';
import engine from './index.js';
import { SENTENCES, type Spoken } from './kokoro-sentences.test-support.js';
import { filesOf, THREADS } from './views.test-support.js';

const folder = process.argv[2] ?? '';
const RATE = 16_000;
const files = (name: string, family: string) => filesOf(folder, name, family);
const { signal } = new AbortController();

async function speak(model: Model, text: string, options: SynthesizeOptions): Promise<Float32Array> {
  const pieces: number[] = [];
  for await (const { samples } of model.synthesize?.(text, options, signal) ?? []) pieces.push(...samples);
  // Three samples of two: the mean of neighbours is filter enough for a recogniser's test.
  return Float32Array.from(
    { length: Math.floor((pieces.length * RATE) / model.info.sampleRate) },
    (_, at) => {
      const position = (at * model.info.sampleRate) / RATE;
      const left = Math.floor(position);
      const part = position - left;
      return (pieces[left] ?? 0) * (1 - part) + (pieces[left + 1] ?? 0) * part;
    },
  );
}

async function transcribe(model: Model, samples: Float32Array, language: string): Promise<string> {
  const options = { task: 'transcribe', words: false, language } as const;
  let text = '';
  for await (const segment of model.transcribe?.({ samples, sampleRate: RATE }, options, signal) ?? [])
    text += segment.text;
  return text;
}

const kokoro = await engine.load(files('kokoro/v1.0', 'kokoro'), THREADS);
const rssBefore = process.memoryUsage.rss();
const audio = new Map<string, Float32Array>();
for (const { voice, text } of SENTENCES) audio.set(voice, await speak(kokoro, text, { voice, speed: 1 }));
const rssAfter = process.memoryUsage.rss();

const whisper = await engine.load(files('whisper/base', 'whisper'), THREADS);
const spoken: Spoken[] = [];
for (const { voice, language } of SENTENCES)
  spoken.push({ voice, heard: await transcribe(whisper, audio.get(voice) ?? new Float32Array(), language) });

const english = await speak(kokoro, 'Good morning.', { voice: 'ef_dora', speed: 1, language: 'en-us' });
const own = await speak(kokoro, 'Good morning.', { voice: 'ef_dora', speed: 1 });
const chinese = await speak(kokoro, '你好', { voice: 'zf_xiaobei', speed: 1 });
const refused = await speak(kokoro, 'Guten Morgen.', { voice: 'ef_dora', speed: 1, language: 'de' }).then(
  () => 'spoken',
  (error: unknown) => VoxError.from(error).code,
);
process.stdout.write(
  `${JSON.stringify({
    spoken,
    addedMegabytes: Math.round((rssAfter - rssBefore) / 1e6),
    languages: kokoro.info.languages,
    warned: kokoro.info.voices.filter(({ warning }) => warning !== undefined).map(({ id }) => id),
    differs: english.length !== own.length,
    chinese: chinese.length,
    refused,
  })}\n`,
);
