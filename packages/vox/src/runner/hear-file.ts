/** A file to segments: its channels mixed, or each on its own. */
import type { AudioFileOptions } from '@vox-speech/audio/node';
import { countChannels, type GrowingFile, readAudioFile } from '@vox-speech/audio/node';
import type { DetectorOptions, Segment, SpeechDetector, TranscribeOptions } from '@vox-speech/contract';
import type { FileSource, TranscriptSummary } from '../messages/index.js';
import type { Listens } from './decode-window.js';
import type { StreamingModel } from './live/batched-engine.js';
import { carryOwnVoices } from './speakers/apart.js';
import { transcribeChannels } from './speakers/by-channel.js';
import { type Levels, readLevels } from './speakers/channel-levels.js';
import { transcribe } from './transcribe.js';

export interface HearFile {
  readonly model: Listens;
  /** The same, where it is a streaming one. */
  readonly streaming?: StreamingModel;
  readonly source: FileSource;
  /** The writer's side of a source that grows. */
  readonly growing?: GrowingFile;
  readonly options: TranscribeOptions;
  /** Absent = the mean of the channels is heard. */
  readonly channels?: 'all' | 'different';
  /** Told before the first segment where `channels` is given. */
  onChannels(apart: number): void;
  openDetector(options?: DetectorOptions): Promise<SpeechDetector>;
  readonly signal: AbortSignal;
  /** Wall clock in ms. */
  now(): number;
}

/** More channels are no call: what is heard of each costs a detector and a window. */
const MAX_CHANNELS = 8;

/** What `readAudioFile` is told of a source. */
export function fileOptions(
  source: FileSource,
  signal: AbortSignal,
  growing?: GrowingFile,
): AudioFileOptions {
  return {
    path: source.path,
    format: source.format,
    maxSeconds: source.maxSeconds,
    signal,
    ...(source.sampleRate === undefined ? {} : { sampleRate: source.sampleRate }),
    ...(source.channels === undefined ? {} : { channels: source.channels }),
    ...(growing === undefined ? {} : { growing }),
  };
}

/** Yields segments; returns the summary. Throws as `transcribe`. */
export async function* hearFile(hear: HearFile): AsyncGenerator<Segment, TranscriptSummary> {
  const { source, growing, channels, signal } = hear;
  const file = fileOptions(source, signal, growing);
  if (channels === undefined) return yield* transcribe({ ...hear, source: readAudioFile(file) });
  const count = await countChannels(file);
  const levels: Levels[] = [];
  if (count > 1 && count <= MAX_CHANNELS)
    for (let channel = 0; channel < count; channel++) levels.push(await readLevels(file, channel));
  const apart = channels === 'all' ? levels.length > 1 : carryOwnVoices(levels);
  hear.onChannels(apart ? count : 0);
  if (!apart) return yield* transcribe({ ...hear, source: readAudioFile(file) });
  return yield* transcribeChannels({
    ...hear,
    channels: levels,
    open: (channel) => readAudioFile({ ...file, channel }),
  });
}
