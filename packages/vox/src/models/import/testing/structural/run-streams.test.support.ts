/**
 * Runs live streams of a streaming family side by side, one step for all; prints what came out as a line of JSON. In a
 * process of its own, since the native library may end it. Argument: `RunStreams` as JSON.
 */
import type { Engine, ModelFiles, ModelInfo, StreamPart } from '@vox-speech/contract';
import { VoxError } from '@vox-speech/contract';
import { toneSpeech } from '../tone.js';

export interface RunStreams {
  readonly files: ModelFiles;
  readonly streams: readonly {
    /** In turn: ms of silence, or a text that is said; `BEEP` = 160 ms of noise. */
    readonly hears: readonly (number | string)[];
    /** Samples of a push, one after another, over and over. */
    readonly pushes: readonly number[];
    readonly words?: boolean;
    /** Tokens with their probabilities. */
    readonly scores?: true;
    /** The audio that is pushed before the stream is closed without a finish, ms. */
    readonly closedAfterMs?: number;
  }[];
  /** The first stream's audio as a recording, too; `cancelled`: with a signal that was aborted. */
  readonly recording?: boolean;
}

export interface StreamsReport {
  readonly info: ModelInfo;
  readonly parts: readonly (readonly StreamPart[])[];
  readonly recording?: readonly StreamPart['segment'][];
  readonly cancelled?: string;
  /** Code of the error that a language which it does not know gets. */
  readonly foreign: string;
}

const ENGINE: string = '@vox-speech/engine-sherpa';
const RATE = 16_000;
const BEEP_MS = 160;

const run = JSON.parse(process.argv[2] ?? '') as RunStreams;
const { default: engine } = (await import(ENGINE)) as { default: Engine };
const model = await engine.load(run.files, { threads: 1, device: 'cpu' });

/** The same for a length. */
function noise(length: number): Float32Array {
  let seed = 1;
  return Float32Array.from({ length }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return (seed / 2 ** 31 - 1) * 0.5;
  });
}

function audioOf(hears: readonly (number | string)[]): Float32Array {
  const pieces = hears.map((piece) =>
    typeof piece === 'number'
      ? new Float32Array((piece * RATE) / 1000)
      : piece === 'BEEP'
        ? noise((BEEP_MS * RATE) / 1000)
        : toneSpeech(piece, RATE),
  );
  return Float32Array.from(pieces.flatMap((piece) => [...piece]));
}

const open = (words: boolean, { language, scores }: { language?: string; scores?: true } = {}) => {
  const stream = model.openTranscription?.({
    task: 'transcribe',
    words,
    ...(language === undefined ? {} : { language }),
    ...(scores === undefined ? {} : { scores }),
  });
  if (stream === undefined) throw new Error('it does not stream');
  return stream;
};

const streams = run.streams.map(({ hears, pushes, words = true, scores, closedAfterMs }) => {
  const audio = audioOf(hears);
  const end = closedAfterMs === undefined ? audio.length : (closedAfterMs * RATE) / 1000;
  const stream = open(words, scores === undefined ? {} : { scores });
  return { stream, audio, pushes, end, closes: closedAfterMs !== undefined, at: 0, turn: 0 };
});
const parts: StreamPart[][] = streams.map(() => []);
for (let busy = true; busy; ) {
  busy = false;
  for (const each of streams) {
    if (each.at >= each.end) continue;
    const next = Math.min(each.end, each.at + (each.pushes[each.turn++ % each.pushes.length] ?? 1));
    // A copy, spoilt afterwards: what was pushed is the stream's.
    const pushed = each.audio.slice(each.at, next);
    each.stream.push(pushed);
    pushed.fill(0.5);
    each.at = next;
    if (each.at >= each.end && each.closes) each.stream.close();
    else if (each.at >= each.end) each.stream.finish();
    busy = true;
  }
  // Also those that are not ready, or closed: a step leaves them as they are.
  model.step?.(streams.map(({ stream }) => stream));
  busy ||= streams.some(({ stream }) => stream.ready());
  streams.forEach(({ stream }, at) => {
    parts[at]?.push(...stream.poll());
  });
}

async function record(signal: AbortSignal): Promise<StreamPart['segment'][]> {
  const samples = audioOf(run.streams[0]?.hears ?? []);
  const options = { task: 'transcribe', words: true } as const;
  const segments = [];
  for await (const segment of model.transcribe?.({ samples, sampleRate: RATE }, options, signal) ?? [])
    segments.push(segment);
  return segments;
}
const codeOf = (error: unknown): string => VoxError.from(error).code;
let foreign = 'none';
try {
  open(true, { language: 'sw' });
} catch (error) {
  foreign = codeOf(error);
}
const report: StreamsReport = {
  info: model.info,
  parts,
  foreign,
  ...(run.recording === true
    ? {
        recording: await record(new AbortController().signal),
        cancelled: await record(AbortSignal.abort()).then(() => 'finished', codeOf),
      }
    : {}),
};
process.stdout.write(`${JSON.stringify(report)}\n`);
