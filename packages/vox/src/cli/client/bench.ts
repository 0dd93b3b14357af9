/** `vox client bench`: many sessions, so many at a time. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { type CommandContext, examples } from '../command.js';
import { json } from '../output.js';
import {
  type Call,
  callOf,
  commonOptions,
  failureText,
  type Recording,
  recordingOf,
  wholeNumber,
} from './common.js';
import { Failure } from './envelope.js';
import { type BenchResult, benchFigures } from './metrics.js';
import { benchLines } from './render.js';
import { speakOnce } from './warmup.js';

/** Session i waits (i mod 16) x 20 ms, so that callers don't start in chorus: yap.md section 8. */
const JITTER_STEPS = 16;
const JITTER_MS = 20;

interface Flags {
  readonly n: string;
  readonly concurrency: string;
  readonly file?: string;
}

/** Adds `bench`, which ends with 0 whatever the server did. */
export function defineBench(command: Command, context: CommandContext): void {
  command
    .description('Speak one recording on many sockets, and print the figures of all of them.')
    .option('--n <COUNT>', 'sessions in all', '20')
    .option('--concurrency <COUNT>', 'sessions at a time', '5')
    .option('--file <FILE>', 'recording that every session speaks (default: mid.wav, spoken on first use)');
  commonOptions(command);
  command.action(async () => {
    const flags = command.opts<Flags>();
    const count = wholeNumber('--n', flags.n, 1, 100_000);
    const concurrency = wholeNumber('--concurrency', flags.concurrency, 1, 10_000);
    const call = callOf(command, context);
    const recording = await recordingOf(call, flags.file, 'mid.wav');
    const began = performance.now();
    const results = await runAll(call, recording, count, concurrency);
    const figures = benchFigures(results, concurrency, performance.now() - began);
    const { output, server } = call;
    if (call.json) {
      output.line(json({ server, file: recording.path, ...figures }));
      return;
    }
    output.line(`[ BENCH ] ${count} sessions, ${concurrency} at a time`);
    output.line(`Server: ${server}`);
    output.line(`File: ${recording.path}`);
    for (const line of benchLines(figures)) output.line(line);
    for (const message of figures.messages) output.line(`! ${message}`);
  });
  command.addHelpText(
    'after',
    '\nSessions that the server had no place for count as rejected. Exit code: 0, whatever the server answers.',
  );
  examples(command, [
    'vox client bench --n 8 --concurrency 8',
    'vox client bench --json | jq .firstWordMs.p95',
  ]);
}

/** Rejects with the signal's reason; what a session suffers is a result. */
async function runAll(
  call: Call,
  recording: Recording,
  count: number,
  concurrency: number,
): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) {
      await sleep((i % JITTER_STEPS) * JITTER_MS);
      call.signal.throwIfAborted();
      results.push(await runOne(call, recording));
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, concurrency) }, worker));
  return results;
}

async function runOne(call: Call, recording: Recording): Promise<BenchResult> {
  try {
    const { spoken, session } = await speakOnce(call, recording);
    return { outcome: 'done', wallMs: session.sessionMs, figures: spoken.figures };
  } catch (error) {
    call.signal.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    return { outcome: error.kind === 'capacity' ? 'rejected' : 'error', message: failureText(error) };
  }
}
