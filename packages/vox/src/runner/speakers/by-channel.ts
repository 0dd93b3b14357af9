/** A recording with a party on each channel: every channel heard on its own, what was said in the order it was said. */
import type { Segment } from '@vox-speech/contract';
import type { TranscriptSummary } from '../../messages/index.js';
import { type TranscribeJob, transcribe, withWords } from '../transcribe.js';
import type { Levels } from './channel-levels.js';
import { Leaks } from './leaks.js';

export interface ChannelsJob extends Omit<TranscribeJob, 'source'> {
  /** Mono blocks at 16 kHz of one channel, from its start. */
  open(channel: number): AsyncIterable<Float32Array>;
  /** How loud each channel is. */
  readonly channels: readonly Levels[];
}

/**
 * Yields segments of all channels by their start, each with its `channel`; returns the summary. Each channel is read and
 * cut by itself, so that what is held is a window for each, however long the recording.
 * @throws VoxError as `transcribe`
 */
export async function* transcribeChannels(job: ChannelsJob): AsyncGenerator<Segment, TranscriptSummary> {
  const leaks = new Leaks(job.channels);
  const words = job.model.info.canTimeWords;
  const begun = job.now();
  const parts = job.channels.map((_, channel) =>
    transcribe({ ...job, source: job.open(channel), options: { ...job.options, words }, patchy: true }),
  );
  const summaries: TranscriptSummary[] = [];
  const own = async (channel: number): Promise<Segment | undefined> => {
    for (;;) {
      const next = await parts[channel]?.next();
      if (next === undefined) return undefined;
      if (next.done) {
        summaries.push(next.value);
        return undefined;
      }
      const segment = leaks.without(next.value, channel);
      if (segment !== undefined) return { ...withWords(segment, job.options.words), channel };
    }
  };
  const ask = (channel: number): Promise<Segment | undefined> => {
    const asked = own(channel);
    // Its failure is met at its turn; until then it must not count as unhandled.
    asked.catch(() => {});
    return asked;
  };
  const heads = parts.map((_, channel) => ask(channel));
  try {
    for (;;) {
      const waiting = (await Promise.all(heads)).filter((head) => head !== undefined);
      const [first, ...others] = waiting;
      if (first === undefined) break;
      const next = others.reduce((best, one) => (one.startMs < best.startMs ? one : best), first);
      if (next.channel !== undefined) heads[next.channel] = ask(next.channel);
      yield next;
    }
  } finally {
    await Promise.all(parts.map((part) => part.return(EMPTY).catch(() => {})));
  }
  return {
    ...summaries.reduce((longest, one) => (one.durationMs > longest.durationMs ? one : longest), EMPTY),
    ...languageOf(summaries),
    processingMs: Math.round(job.now() - begun),
    warnings: summaries[0]?.warnings ?? [],
  };
}

const EMPTY: TranscriptSummary = { durationMs: 0, processingMs: 0, warnings: [] };

function languageOf(summaries: readonly TranscriptSummary[]): { language?: string } {
  const language = summaries.find((one) => one.language !== undefined)?.language;
  return language === undefined ? {} : { language };
}
