/**
 * Loads one family of the sherpa engine and runs it; prints what came out as a line of JSON. In a process of its own, since
 * the native library may end it. Argument: `RunFamily` as JSON.
 */
import type { Engine, ModelFiles, SynthesizeOptions, TranscribeOptions } from '@vox-speech/contract';
import { VoxError } from '@vox-speech/contract';

export interface RunFamily {
  readonly files: ModelFiles;
  /** Beeps of 160 ms, at these times in ms. */
  readonly beeps?: readonly number[];
  readonly transcribe?: readonly TranscribeOptions[];
  /** Text and options; `reference` is a tone of so many seconds. */
  readonly speak?: readonly {
    readonly text: string;
    readonly options: Omit<SynthesizeOptions, 'reference'>;
    readonly reference?: { readonly seconds: number; readonly text: string };
  }[];
}

const ENGINE: string = '@vox-speech/engine-sherpa';
const RATE = 16_000;
const BEEP_MS = 160;
const TOTAL_MS = 4000;

const run = JSON.parse(process.argv[2] ?? '') as RunFamily;
const { default: engine } = (await import(ENGINE)) as { default: Engine };
const { signal } = new AbortController();

const samples = new Float32Array((TOTAL_MS / 1000) * RATE);
let seed = 1;
for (const beep of run.beeps ?? [])
  for (let at = (beep * RATE) / 1000; at < ((beep + BEEP_MS) * RATE) / 1000; at++) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    samples[at] = (seed / 2 ** 31 - 1) * 0.5;
  }
const tone = (seconds: number): Float32Array =>
  Float32Array.from({ length: seconds * 24_000 }, (_, at) => Math.sin(at / 20) / 4);

/** The result, or the code and message of the error. */
async function attempt<T>(work: () => Promise<T>): Promise<T | { error: string; message: string }> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = VoxError.from(error);
    return { error: code, message };
  }
}

const report = await attempt(async () => {
  const model = await engine.load(run.files, { threads: 1, device: 'cpu' });
  const heard = [];
  for (const options of run.transcribe ?? [])
    heard.push(
      await attempt(async () => {
        const segments = [];
        for await (const segment of model.transcribe?.({ samples, sampleRate: RATE }, options, signal) ?? [])
          segments.push(segment);
        return segments;
      }),
    );
  const spoken = [];
  for (const { text, options, reference } of run.speak ?? [])
    spoken.push(
      await attempt(async () => {
        const all = {
          ...options,
          ...(reference === undefined
            ? {}
            : { reference: { samples: tone(reference.seconds), sampleRate: 24_000, text: reference.text } }),
        };
        let length = 0;
        let peak = 0;
        for await (const piece of model.synthesize?.(text, all, signal) ?? []) {
          length += piece.samples.length;
          for (const sample of piece.samples) peak = Math.max(peak, Math.abs(sample));
        }
        return { length, peak: Math.round(peak * 1e4) / 1e4 };
      }),
    );
  return { info: model.info, heard, spoken };
});
process.stdout.write(`${JSON.stringify(report)}\n`);
