/** One job of a model that tells voices apart: known speakers are listened to first, then the recording. */
import { joinSamples } from '@vox-speech/audio';
import { readAudioFile } from '@vox-speech/audio/node';
import { VoxError } from '@vox-speech/contract';
import type { FileSource, SpeakersFound } from '../../messages/index.js';
import { SAMPLE_RATE } from '../decode-window.js';
import { fileOptions } from '../hear-file.js';
import { findVoices, type TellsApart, vectorOf } from './by-voice.js';
import { matchVoices } from './voices.js';

export interface DiarizeFile {
  readonly model: TellsApart;
  readonly source: FileSource;
  /** Recordings of known speakers. */
  readonly known: readonly FileSource[];
  /** The recording has one speaker on each of so many channels: only their names are asked for. */
  readonly channels?: number;
  readonly signal: AbortSignal;
}

/** Seconds of a known speaker's recording (OpenAI: 2 to 10); what an encoder adds at its ends is let pass. */
const SHORTEST = 2;
const LONGEST = 10;
const SLACK = 0.1;

/**
 * @throws VoxError `invalid_request` for a recording of a known speaker that is no audio, too short or too long, `cancelled`,
 * what the source throws
 */
export async function diarizeFile(job: DiarizeFile): Promise<SpeakersFound> {
  const { model, source, channels, signal } = job;
  const known: Float32Array[] = [];
  for (const [index, reference] of job.known.entries())
    known.push(await vectorOfKnown(model, reference, index, signal));
  const file = fileOptions(source, signal);
  if (channels === undefined) return findVoices({ model, source: readAudioFile(file), known, signal });
  const voices: Float32Array[] = [];
  for (let channel = 0; channel < channels; channel++)
    voices.push(await vectorOf({ model, source: readAudioFile({ ...file, channel }), signal }));
  return { turns: [], known: matchVoices(voices, known, 'known') };
}

async function vectorOfKnown(
  model: TellsApart,
  source: FileSource,
  index: number,
  signal: AbortSignal,
): Promise<Float32Array> {
  const refused = (why: string, cause?: unknown) =>
    new VoxError('invalid_request', `known_speaker_references[${index}] ${why}`, {
      param: 'known_speaker_references',
      cause,
    });
  const blocks: Float32Array[] = [];
  try {
    for await (const block of readAudioFile(fileOptions(source, signal))) blocks.push(block);
  } catch (error) {
    if (!VoxError.is(error) || error.code === 'cancelled') throw error;
    throw refused(error.code === 'too_large' ? tooLong() : `can't be read as audio: ${error.message}`, error);
  }
  const samples = joinSamples(blocks);
  const seconds = samples.length / SAMPLE_RATE;
  if (seconds < SHORTEST - SLACK)
    throw refused(`lasts ${seconds.toFixed(1)} s; ${SHORTEST} to ${LONGEST} s of one person are needed`);
  if (seconds > LONGEST + SLACK) throw refused(tooLong());
  const { embed } = model;
  if (embed === undefined) throw new VoxError('wrong_kind', 'this model knows no voice again');
  return embed.call(model, { samples, sampleRate: SAMPLE_RATE }, signal);
}

function tooLong(): string {
  return `is longer than ${LONGEST} s; ${SHORTEST} to ${LONGEST} s of one person are needed`;
}
