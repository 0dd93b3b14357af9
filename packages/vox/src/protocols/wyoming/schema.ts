/** What clients ask, read from the data of their events. What is wrong is named by its field. Pure. */
import type { SampleEncoding } from '@vox-speech/audio';
import { VoxError, type Warning } from '@vox-speech/contract';
import { HOTWORD_LIMITS } from '../../runtime/hotwords.js';
import { parseLanguage } from '../../runtime/languages.js';
import type { Data } from './codec.js';

/** Of raw audio, as `audio-start` and every `audio-chunk` say it. */
export interface AudioFormat {
  /** Hz. */
  readonly rate: number;
  readonly encoding: SampleEncoding;
  readonly channels: number;
}

/** How soon a silence is the end of a voice command. */
export type Sensitivity = 'default' | 'relaxed' | 'aggressive';

export interface Transcribe {
  /** '' = as selected, else the default. */
  readonly model: string;
  /** ISO 639-1; absent = detect. */
  readonly language?: string;
  /** Handed back with the transcript. */
  readonly context?: Data;
  /** Given: the first command is the transcript, without waiting for `audio-stop`. */
  readonly sensitivity?: Sensitivity;
  /** Names, then terms: words that are likely. */
  readonly hotwords: readonly string[];
  /** What of it is not met, whatever the model. */
  readonly warnings: readonly Warning[];
}

export interface WantedVoice {
  readonly name?: string;
  /** As written: `en_US`, `de`. */
  readonly language?: string;
  readonly speaker?: string;
}

export interface Manner {
  readonly voice: WantedVoice;
  readonly ssml: boolean;
}

export const DEFAULT_TRANSCRIBE: Transcribe = { model: '', hotwords: [], warnings: [] };

/** Bytes of a sample to its encoding; one byte is unsigned, as in WAV. */
const ENCODINGS: Readonly<Record<number, SampleEncoding>> = { 1: 'u8', 2: 's16', 3: 's24', 4: 's32' };
const MAX_CHANNELS = 32;
const SENSITIVITIES: readonly string[] = ['default', 'relaxed', 'aggressive'];

export function readTranscribe(data: Data): Transcribe {
  const language = parseLanguage(text(data, 'language'));
  const { context } = data;
  const sensitivity = text(data, 'vad_sensitivity');
  return {
    model: text(data, 'name') ?? '',
    ...fittingHotwords([...texts(data, 'transcript_names'), ...texts(data, 'transcript_terms')]),
    ...(language === undefined ? {} : { language }),
    ...(context === undefined || context === null ? {} : { context: readContext(context) }),
    ...(sensitivity === undefined ? {} : { sensitivity: readSensitivity(sensitivity) }),
  };
}

/** Home Assistant sends all its names, so a house with many is still heard: those beyond the limits are left out. */
function fittingHotwords(given: readonly string[]): Pick<Transcribe, 'hotwords' | 'warnings'> {
  const { phrases, characters } = HOTWORD_LIMITS;
  const all = [...new Set(given.map((word) => word.trim()).filter((word) => word !== ''))];
  const hotwords = all.filter(({ length }) => length <= characters).slice(0, phrases);
  const left = all.length - hotwords.length;
  const message = `${phrases} phrases of ${characters} characters are taken; ${left} of ${all.length} were left out`;
  return { hotwords, warnings: left === 0 ? [] : [{ type: 'adjusted', option: 'hotwords', message }] };
}

export function readFormat(data: Data): AudioFormat {
  const rate = integer(data, 'rate');
  const width = integer(data, 'width');
  const channels = integer(data, 'channels');
  const encoding = ENCODINGS[width];
  if (encoding === undefined) throw wrong('width', 'must be 1, 2, 3 or 4 bytes', width);
  if (channels < 1 || channels > MAX_CHANNELS)
    throw wrong('channels', `must be 1 to ${MAX_CHANNELS}`, channels);
  return { rate, encoding, channels };
}

/** Of `synthesize` and `synthesize-start`. */
export function readManner(data: Data): Manner {
  const format = text(data, 'text_format') ?? 'text';
  if (format !== 'text' && format !== 'ssml') throw wrong('text_format', 'must be text or ssml', format);
  return { voice: readVoice(data.voice), ssml: format === 'ssml' };
}

export function readText(data: Data): string {
  const value = text(data, 'text');
  if (value === undefined) throw wrong('text', 'is missing', null);
  return value;
}

export function readName(data: Data): string {
  const value = text(data, 'name');
  if (value === undefined) throw wrong('name', 'is missing', null);
  return value;
}

function readVoice(value: unknown): WantedVoice {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw wrong('voice', 'must be an object with name, or with language', value);
  const one = (key: 'name' | 'language' | 'speaker') => {
    const given = text(value, key);
    return given === undefined || given === '' ? {} : { [key]: given };
  };
  return { ...one('name'), ...one('language'), ...one('speaker') };
}

function readContext(value: unknown): Data {
  if (!isObject(value)) throw wrong('context', 'must be an object', value);
  try {
    JSON.stringify(value);
  } catch {
    throw wrong('context', 'is nested too deep', '...');
  }
  return value;
}

function readSensitivity(value: string): Sensitivity {
  if (!SENSITIVITIES.includes(value))
    throw wrong('vad_sensitivity', `must be ${SENSITIVITIES.join(', ')}`, value);
  return value as Sensitivity;
}

function text(data: Data, name: string): string | undefined {
  const value = data[name] ?? undefined;
  if (value !== undefined && typeof value !== 'string') throw wrong(name, 'must be a text', value);
  return value;
}

function texts(data: Data, name: string): readonly string[] {
  const value = data[name] ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw wrong(name, 'must be a list of texts', value);
}

function integer(data: Data, name: string): number {
  const value = data[name];
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw wrong(name, 'must be a whole number', value);
}

function isObject(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(name: string, rule: string, value: unknown): VoxError {
  return new VoxError('invalid_request', `${name} ${rule}${shown(value)}`, { param: name });
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '';
  return `, not ${(typeof value === 'object' ? 'a list or an object' : JSON.stringify(value)).slice(0, 60)}`;
}
