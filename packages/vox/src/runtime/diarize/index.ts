/**
 * A recording heard with its speakers told apart: by channel, where it has a party on each, else by voice. By voice two
 * models work at a time, each in its own process: one hears the words, the other who speaks when.
 */
import {
  type ErrorRecord,
  fromRecord,
  type Segment,
  type TranscribeOptions,
  VoxError,
  type Warning,
} from '@vox-speech/contract';
import type { TranscribeRun } from '../../host/model-host.js';
import type { FileSource, SpeakersFound } from '../../messages/index.js';
import type { LeasedHost } from '../../scheduler/model-spec.js';
import type { OpenedMedia } from '../media.js';
import type { Diarize, KnownSpeaker, TranscribeRequest, Transcription } from '../types.js';
import { assignSpeakers } from './assign.js';
import { Labels } from './labels.js';
import { Turns } from './turns.js';

/** What it takes besides the model that hears the words. */
export interface DiarizeParts {
  /** Throws `model_not_pulled` with the pull line where no model that tells voices apart is here. */
  requireDiarizer(): Promise<void>;
  /** A place on that model. */
  leaseDiarizer(signal: AbortSignal): Promise<LeasedHost>;
  /** Media of a known speaker's recording. */
  openReference(path: string, signal: AbortSignal): Promise<OpenedMedia>;
}

export type DiarizedRequest = TranscribeRequest & { readonly diarize: Diarize };

/** Of a known speaker's recording: a little more than is taken, so that too long can be told. */
export const KNOWN_SECONDS = 30;
/** Of a call that ffmpeg decodes. */
export const CALL_CHANNELS = 2;

/**
 * Starts the job on a leased runner. Resolves once it is known who speaks when, or that each channel is a speaker; the lease
 * goes when the words are heard.
 * @throws VoxError `model_not_pulled`, `invalid_request` naming the field, what the media or the models throw
 */
export async function startDiarized(
  request: DiarizedRequest,
  model: string,
  options: TranscribeOptions,
  lease: LeasedHost,
  media: OpenedMedia,
  warnings: readonly Warning[],
  parts: DiarizeParts,
): Promise<Transcription> {
  const { by, known = [] } = request.diarize;
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const words = lease.host.info.canTimeWords;
  const run = lease.host.transcribe(
    {
      source: media.source,
      options: { ...options, words },
      ...(by === 'voice' ? {} : { channels: by === 'channel' ? 'all' : 'different' }),
    },
    signal,
  );
  const whole = wholeSource(media, run);
  let failed: unknown;
  run.summary.catch((error: unknown) => {
    failed = error;
    stop.abort();
  });
  void run.summary.catch(() => {}).finally(() => lease.release());
  try {
    const apart = by === 'voice' ? 0 : await run.apart;
    if (by === 'channel' && apart === 0) throw oneChannel();
    const found = await findSpeakers(apart, known, await whole, parts, signal);
    const labels = new Labels(
      found.known,
      known.map(({ name }) => name),
    );
    const segments = apart > 0 ? byChannel(run.segments, labels) : byVoice(run.segments, found, labels);
    return {
      model,
      segments: options.words ? segments : withoutWords(segments),
      summary: run.summary,
      warnings: [...media.warnings, ...warnings],
    };
  } catch (error) {
    stop.abort();
    throw request.signal.aborted ? error : (failed ?? error);
  }
}

/** The source once nothing is added to it any more. Rejects with the writer's fault. */
function wholeSource(media: OpenedMedia, run: TranscribeRun): Promise<FileSource> {
  const done = (media.done ?? Promise.resolve(undefined)).then((error: ErrorRecord | undefined) => {
    if (media.done !== undefined) run.sourceEnd(error);
    if (error !== undefined) throw fromRecord(error);
    return { ...media.source, growing: false };
  });
  done.catch(() => {});
  return done;
}

function oneChannel(): VoxError {
  return new VoxError(
    'invalid_request',
    'diarize_by: the recording has one channel, or more than a call can have; leave diarize_by out, or give voice',
    { param: 'diarize_by' },
  );
}

/** By voice, who speaks when; by channel, only the names, where there are any to know. */
async function findSpeakers(
  apart: number,
  known: readonly KnownSpeaker[],
  source: FileSource,
  parts: DiarizeParts,
  signal: AbortSignal,
): Promise<SpeakersFound> {
  if (apart > 0 && known.length === 0) return { turns: [], known: [] };
  await parts.requireDiarizer();
  const opened: OpenedMedia[] = [];
  try {
    for (const [index, { path }] of known.entries()) {
      const reference = await parts.openReference(path, signal).catch((error: unknown) => {
        throw unreadable(error, index);
      });
      opened.push(reference);
      const failure = await reference.done;
      if (failure !== undefined) throw unreadable(fromRecord(failure), index);
    }
    const leased = await parts.leaseDiarizer(signal);
    try {
      return await leased.host.diarize(
        {
          source,
          known: opened.map((reference) => ({ ...reference.source, growing: false })),
          ...(apart > 0 ? { channels: apart } : {}),
        },
        signal,
      );
    } finally {
      leased.release();
    }
  } finally {
    await Promise.all(opened.map((reference) => reference.dispose()));
  }
}

/** What is wrong with the recording itself is a fault of that field; the rest is not. */
function unreadable(error: unknown, index: number): unknown {
  if (!VoxError.is(error) || !['unsupported_media', 'empty_audio', 'too_large'].includes(error.code))
    return error;
  return new VoxError(
    'invalid_request',
    `known_speaker_references[${index}] can't be read as audio: ${error.message}`,
    { param: 'known_speaker_references', cause: error },
  );
}

async function* byChannel(segments: AsyncIterable<Segment>, labels: Labels): AsyncGenerator<Segment> {
  for await (const segment of segments) yield { ...segment, speaker: labels.of(segment.channel ?? 0) };
}

async function* byVoice(
  segments: AsyncIterable<Segment>,
  found: SpeakersFound,
  labels: Labels,
): AsyncGenerator<Segment> {
  const turns = new Turns(found.turns);
  for await (const segment of segments)
    for (const part of assignSpeakers(segment, turns))
      yield { ...part.segment, speaker: labels.of(part.speaker) };
}

async function* withoutWords(segments: AsyncIterable<Segment>): AsyncGenerator<Segment> {
  for await (const { words: _, ...segment } of segments) yield segment;
}
