/** Raw samples of an upload: the form's fields, or the media type of its file, say what they are. */
import {
  MAX_CHANNELS,
  MAX_SAMPLE_RATE,
  MIN_SAMPLE_RATE,
  type RawEncoding,
  type RawFormat,
  rawTypeOf,
} from '@vox-speech/audio';
import { VoxError } from '@vox-speech/contract';
import { choice, number, text } from './form.js';
import type { Upload } from './multipart.js';
import type { FieldSchema } from './openapi.js';

/** Values of `input_format`, by ffmpeg's names and by ours. */
const ENCODINGS: Readonly<Record<string, RawEncoding>> = {
  pcm16: 'pcm16',
  pcm_s16le: 'pcm16',
  f32le: 'f32',
  pcm_f32le: 'f32',
};

/** The same fields for the OpenAPI document. */
export const RAW_FIELDS: Readonly<Record<string, FieldSchema>> = {
  input_format: {
    schema: { enum: Object.keys(ENCODINGS) },
    description:
      'Only for samples without a header: little-endian, interleaved. Then `sample_rate` is needed.',
  },
  sample_rate: {
    schema: { type: 'integer', minimum: MIN_SAMPLE_RATE, maximum: MAX_SAMPLE_RATE },
    description: 'Hz of samples without a header.',
  },
  channels: {
    schema: { type: 'integer', minimum: 1, maximum: MAX_CHANNELS },
    description: 'Interleaved channels of samples without a header; default 1.',
  },
};

/**
 * What the client says of an upload without a header; undefined where it says nothing, and the content tells.
 * Fields (`input_format`, `sample_rate`, `channels`) stand above the file's `Content-Type: audio/L16; rate=...`.
 * @returns `{ raw }`, to be spread into a request
 * @throws VoxError `invalid_request` naming the field that is missing or out of range
 */
export function declaredRaw({ fields, file }: Pick<Upload, 'fields' | 'file'>): { raw?: RawFormat } {
  const type = rawTypeOf(file?.contentType);
  const named =
    text(fields, 'input_format') === undefined
      ? undefined
      : ENCODINGS[choice(fields, 'input_format', Object.keys(ENCODINGS), '')];
  const encoding = named ?? type?.encoding;
  const sampleRate = whole(fields, 'sample_rate', MIN_SAMPLE_RATE, MAX_SAMPLE_RATE) ?? type?.sampleRate;
  const channels = whole(fields, 'channels', 1, MAX_CHANNELS) ?? type?.channels;
  if (encoding !== undefined && sampleRate !== undefined)
    return { raw: { encoding, sampleRate, channels: channels ?? 1 } };
  if (named !== undefined)
    throw new VoxError('invalid_request', 'sample_rate: samples without a header need their rate in Hz', {
      param: 'sample_rate',
    });
  if (encoding === undefined && (sampleRate ?? channels) !== undefined)
    throw new VoxError(
      'invalid_request',
      `input_format: sample_rate and channels are for samples without a header; add one of ${Object.keys(ENCODINGS).join(', ')}, or leave them out`,
      { param: 'input_format' },
    );
  return {};
}

function whole(fields: Upload['fields'], name: string, min: number, max: number): number | undefined {
  const value = number(fields, name, min, max);
  if (value === undefined || Number.isInteger(value)) return value;
  throw new VoxError('invalid_request', `${name} must be a whole number; got ${value}`, { param: name });
}
