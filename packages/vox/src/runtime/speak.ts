/** Text to speech: check, lease, hand to the runner, hand back audio as it is made. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ModelInfo, VoxError, type Warning } from '@vox-speech/contract';
import type { LeasedHost } from '../scheduler/model-spec.js';
import type { StoredVoice } from '../voices/index.js';
import { parseLanguage } from './languages.js';
import type { SpeakRequest, Speech } from './types.js';

/** Every way to name the default voice. */
export function isDefaultVoice(voice: string): boolean {
  return voice === '' || voice === 'default';
}

/** Throws `invalid_request` that names the field and what is allowed. `cloned`: the voice is one made from a recording. */
export function checkSpeech(
  request: SpeakRequest,
  info: ModelInfo | undefined,
  maxCharacters: number,
  cloned: boolean,
): void {
  checkText(request.text, maxCharacters);
  checkManner(request, info, cloned);
}

function checkText(text: string, maxCharacters: number): void {
  if (text.trim() === '') throw new VoxError('invalid_request', 'No input text provided', { param: 'input' });
  if (text.length > maxCharacters) {
    throw new VoxError(
      'invalid_request',
      `input has ${text.length} characters; at most ${maxCharacters} are allowed`,
      { param: 'input' },
    );
  }
}

/** The part of `checkSpeech` that is not about the text: speed and voice. */
export function checkManner(
  request: Pick<SpeakRequest, 'speed' | 'voice'>,
  info: ModelInfo | undefined,
  cloned: boolean,
): void {
  const speed = info?.speed ?? { min: 0.25, max: 4 };
  if (!(request.speed >= speed.min && request.speed <= speed.max)) {
    throw new VoxError(
      'invalid_request',
      `speed must be between ${speed.min} and ${speed.max}; got ${request.speed}`,
      { param: 'speed' },
    );
  }
  if (cloned) return;
  const voices = info?.voices ?? [];
  if (!isDefaultVoice(request.voice) && !voices.some((voice) => voice.id === request.voice)) {
    const known = voices.map((voice) => voice.id);
    throw new VoxError(
      'invalid_request',
      `Voice '${request.voice}' not found; this model has: ${['default', ...known.filter((id) => id !== 'default')].join(', ')}`,
      {
        param: 'voice',
      },
    );
  }
}

/** What is wrong with the voice, by its own model. */
export function warningsOfVoice(voice: string, info: ModelInfo): Warning[] {
  const id = isDefaultVoice(voice) ? 'default' : voice;
  const message = info.voices.find((known) => known.id === id)?.warning;
  return message === undefined ? [] : [{ type: 'other', option: 'voice', message }];
}

const UNTOLD: Warning = {
  type: 'unsupported',
  option: 'instructions',
  message: 'this model takes none; they were not used',
};

/** Formats whose header states a length, which only a file can be given afterwards. */
const STATE_LENGTH: readonly string[] = ['mp3', 'flac'];

export interface Encoding {
  /** Path of the ffmpeg program; absent = the format needs none. */
  readonly ffmpeg?: string;
  /** Folder for the temporary files of answers that are collected. */
  readonly directory: string;
}

/** Starts the synthesis on a leased runner; lease and temporary file go when the audio has ended, failed or was abandoned. */
export async function startSpeech(
  request: SpeakRequest,
  model: string,
  lease: LeasedHost,
  { ffmpeg, directory }: Encoding,
  cloned: StoredVoice | undefined,
): Promise<Speech> {
  const file =
    request.whole === true && STATE_LENGTH.includes(request.format)
      ? join(directory, `encoded-${randomUUID()}`)
      : undefined;
  const finish = async (): Promise<void> => {
    lease.release();
    // What could not be removed goes with the folder, at the end of the server.
    if (file !== undefined) await rm(file, { force: true }).catch(() => {});
  };
  try {
    const language = request.language ?? parseLanguage(cloned?.language);
    const { instructions } = request;
    const { info } = lease.host;
    const told = instructions !== undefined && info.canInstruct === true;
    const run = lease.host.synthesize(
      {
        text: request.text,
        options: {
          voice: cloned !== undefined || isDefaultVoice(request.voice) ? 'default' : request.voice,
          speed: request.speed,
          ...(language === undefined ? {} : { language }),
          ...(told ? { instructions } : {}),
        },
        ...(request.pauseAfter === undefined ? {} : { pauseAfter: request.pauseAfter }),
        ...(cloned === undefined ? {} : { reference: { path: cloned.path, text: cloned.referenceText } }),
        output: {
          format: request.format,
          wavHeader: request.whole === true ? 'none' : 'stream',
          ...(request.sampleRate === undefined ? {} : { sampleRate: request.sampleRate }),
          ...(ffmpeg === undefined ? {} : { ffmpeg }),
          ...(file === undefined ? {} : { file }),
        },
      },
      request.signal,
    );
    void run.summary.catch(() => {}).finally(finish);
    return {
      model,
      sampleRate: await run.sampleRate,
      audio: run.audio,
      summary: run.summary,
      warnings: [
        ...(instructions === undefined || told ? [] : [UNTOLD]),
        ...(cloned === undefined ? warningsOfVoice(request.voice, info) : []),
      ],
    };
  } catch (error) {
    await finish();
    throw error;
  }
}
