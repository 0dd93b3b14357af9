/** Runs sherpa-onnx in a process of its own, because it ends its process on a bad file. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

const require = createRequire(import.meta.url);

/** Where the addon is, or undefined where it isn't installed. */
export function findSherpa(): string | undefined {
  try {
    return require.resolve('sherpa-onnx-node');
  } catch {
    return undefined;
  }
}

export interface Heard {
  readonly text: string;
  readonly lang: string;
  readonly tokens: readonly string[];
  readonly timestamps: readonly number[];
}

const SCRIPT = `
const [addon, directory, mels, language] = process.argv.slice(1);
const sherpa = require(addon);
const recognizer = new sherpa.OfflineRecognizer({
  featConfig: { sampleRate: 16000, featureDim: Number(mels) },
  modelConfig: {
    whisper: {
      encoder: directory + '/encoder.int8.onnx',
      decoder: directory + '/decoder.int8.onnx',
      language,
      task: 'transcribe',
      enableTokenTimestamps: 1,
    },
    tokens: directory + '/tokens.txt',
    numThreads: 1,
  },
});
const stream = recognizer.createStream();
const samples = Float32Array.from({ length: 48000 }, (_, i) => Math.sin(i / 20) / 4);
stream.acceptWaveform({ sampleRate: 16000, samples });
recognizer.decode(stream);
console.log(JSON.stringify(recognizer.getResult(stream)));
`;

/** What an imported Whisper makes of three seconds of a tone. Rejects when the process fails or takes over a minute. */
export async function hearTone(
  addon: string,
  directory: string,
  options: { mels: number; language: string },
): Promise<Heard> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['-e', SCRIPT, addon, directory, String(options.mels), options.language],
    { timeout: 60_000 },
  );
  const line = stdout.trim().split('\n').at(-1) ?? '';
  return JSON.parse(line) as Heard;
}
