/** One run of the load generator: N streams, one timer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Figures, figuresOf, type StreamResult } from './figures.js';
import { startTimes } from './schedule.js';
import { BenchStream, type StreamOptions } from './stream.js';

/** All streams are served by one timer of this many ms: half of the shortest usual packet. */
const TICK_MS = 10;
/** Beyond the audio, the starts and each stream's own patience; ms. */
const GRACE_MS = 60_000;

export interface RunOptions extends Omit<StreamOptions, 'url'> {
  /** `ws://` or `wss://` and the host, no path. */
  readonly base: string;
  readonly streams: number;
  readonly reference: string | undefined;
  /** Processor seconds used so far, where they can be read. */
  readonly cpu: () => Promise<number | undefined>;
  readonly signal: AbortSignal;
}

/** Runs it. Rejects with the signal's reason when it aborts; what a stream suffers is in the figures. */
export async function runBench(options: RunOptions): Promise<Figures> {
  const { audio, base, dialect, model, packetMs, streams, signal } = options;
  const starts = startTimes(streams, audio.durationMs);
  const open: BenchStream[] = [];
  const results: StreamResult[] = [];
  const sendDelayMs: number[] = [];
  const began = performance.now();
  const deadline = began + (starts.at(-1) ?? 0) + audio.durationMs + GRACE_MS;
  let started = 0;
  let cpuFrom: number | undefined;
  try {
    while (results.length < streams) {
      signal.throwIfAborted();
      const now = performance.now();
      for (; started < streams && (starts[started] ?? 0) <= now - began; started++)
        open.push(new BenchStream({ ...options, url: `${base}${dialect.path(model, started, packetMs)}` }));
      // The runner is there once the first stream is ready.
      if (started > 0) cpuFrom ??= await options.cpu();
      for (const stream of [...open]) {
        const late = stream.tick(now);
        if (late !== undefined) sendDelayMs.push(Math.max(0, late - packetMs));
        if (now > deadline) stream.stop('the run took too long');
        if (stream.result === undefined) continue;
        results.push(stream.result);
        open.splice(open.indexOf(stream), 1);
      }
      await sleep(TICK_MS);
    }
  } finally {
    for (const stream of open) stream.stop('stopped');
  }
  const cpuTo = await options.cpu();
  return figuresOf(results, {
    silenceMs: options.silenceMs,
    sendDelayMs,
    cpuSeconds: cpuFrom === undefined || cpuTo === undefined ? undefined : cpuTo - cpuFrom,
    reference: options.reference,
  });
}
