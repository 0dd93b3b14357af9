/** What the command line says of samples without a header. */
import type { RawInput } from '@vox-speech/client';
import { UsageError } from './command.js';

export interface RawOptions {
  readonly inputFormat?: string;
  readonly sampleRate?: string;
  readonly channels?: string;
}

/** Names of `--input-format`, ffmpeg's among them. */
export const RAW_FORMATS: Readonly<Record<string, RawInput['format']>> = {
  pcm16: 'pcm16',
  pcm_s16le: 'pcm16',
  f32le: 'f32le',
  pcm_f32le: 'f32le',
};

/** Undefined = the content of the file tells. Throws UsageError for half a description; the server knows the ranges. */
export function rawInput(options: RawOptions): RawInput | undefined {
  const { inputFormat, sampleRate, channels } = options;
  if (inputFormat === undefined) {
    if ((sampleRate ?? channels) === undefined) return undefined;
    throw new UsageError(
      `--sample-rate and --channels are for samples without a header: add --input-format ${Object.keys(RAW_FORMATS).join(' or ')}`,
    );
  }
  const format = Object.entries(RAW_FORMATS).find(([name]) => name === inputFormat.toLowerCase())?.[1];
  if (format === undefined)
    throw new UsageError(
      `--input-format ${inputFormat}: expected one of ${Object.keys(RAW_FORMATS).join(', ')}; of files with a header the content tells`,
    );
  if (sampleRate === undefined)
    throw new UsageError(`--input-format ${inputFormat} needs --sample-rate, e.g. --sample-rate 16000`);
  return {
    format,
    sampleRate: whole('--sample-rate', sampleRate),
    ...(channels === undefined ? {} : { channels: whole('--channels', channels) }),
  };
}

function whole(option: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new UsageError(`${option} ${text}: expected a whole number above 0`);
  return Number(text);
}
