/** The query of `/v1/stt/ws`: every parameter of stt-ws.md 2.1, checked in its order, and two of ours. */
import { type Endpointing, VoxError } from '@vox-speech/contract';
import { readHotwords } from '../../runtime/hotwords.js';
import { parseLanguage } from '../../runtime/languages.js';
import { type Fault, violation } from './errors.js';

export type Detector = Endpointing['detector'];

export interface SttParameters {
  readonly callId: string;
  /** Only told again in `ready`, as in the original. */
  readonly frameMs: number;
  /** Shortest time between partials, in ms, within `PARTIAL_MS`. */
  readonly partialMs: number;
  /** As the client wrote it. */
  readonly language: string;
  /** ISO 639-1; absent = detect. */
  readonly languageCode?: string;
  readonly hotwords: readonly string[];
  /** '' = the default recogniser. Not in the original. */
  readonly model: string;
  /** Absent = the server's. Not in the original. */
  readonly detector?: Detector;
}

/** Hz; the only rate of the protocol. */
export const SAMPLE_RATE = 16_000;
const CODEC = 'pcm_s16le';
const CHANNELS = 1;
/** Where a smaller or larger `partial_ms` ends up, in ms (stt-ws.md section 7). */
export const PARTIAL_MS = { min: 50, max: 10_000 } as const;
const DETECTORS: readonly Detector[] = ['silero', 'energy', 'manual'];
/** What the frames of a client without a name carry. */
export const NO_CALL_ID = 'unknown';

export type ReadQuery =
  | { readonly ok: true; readonly parameters: SttParameters }
  | { readonly ok: false; readonly callId: string; readonly fault: Fault };

/**
 * @param target the request's path with its query string
 * @param usualPartialMs time between partials where the client asks for none, in ms
 */
export function readQuery(target: string, usualPartialMs: number): ReadQuery {
  const at = target.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : target.slice(at + 1));
  // Of a repeated parameter the last counts, as in the original's framework.
  const text = (name: string): string => query.getAll(name).at(-1) ?? '';
  const callId = text('call_id');
  try {
    return { ok: true, parameters: parameters(callId, text, usualPartialMs) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, callId: callId === '' ? NO_CALL_ID : callId, fault: violation(error.message) };
  }
}

class Refusal extends Error {}

function parameters(callId: string, text: (name: string) => string, usualPartialMs: number): SttParameters {
  if (callId === '') throw new Refusal('call_id is required');
  const rate = integer('sample_rate', text('sample_rate'));
  if (rate === undefined) throw new Refusal('sample_rate is required');
  exactly('sample_rate', rate, SAMPLE_RATE);
  exactly('codec', text('codec') || CODEC, CODEC);
  exactly('channels', integer('channels', text('channels')) ?? CHANNELS, CHANNELS);
  const frameMs = integer('frame_ms', text('frame_ms')) ?? 20;
  const partialMs = integer('partial_ms', text('partial_ms')) ?? usualPartialMs;
  const language = text('language') || 'auto';
  const code = parseLanguage(language);
  const detector = text('vad');
  return {
    callId,
    frameMs,
    partialMs: Math.min(PARTIAL_MS.max, Math.max(PARTIAL_MS.min, partialMs)),
    language,
    ...(code === undefined ? {} : { languageCode: code }),
    hotwords: hotwords(text('hotwords')),
    model: text('model'),
    ...(detector === '' ? {} : { detector: detectorOf(detector) }),
  };
}

/** @throws Refusal for what is no whole number; undefined for an empty text */
function integer(name: string, text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const value = /^[+-]?\d{1,15}$/.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (Number.isNaN(value)) throw new Refusal(`Invalid ${name}: ${shown(text)}. Must be an integer.`);
  return value;
}

function exactly(name: string, value: number | string, allowed: number | string): void {
  if (value !== allowed) throw new Refusal(`Invalid ${name}: ${shown(String(value))}. Must be ${allowed}.`);
}

function detectorOf(text: string): Detector {
  const found = DETECTORS.find((one) => one === text);
  if (found === undefined) throw new Refusal(`Invalid vad: ${shown(text)}. Must be ${DETECTORS.join(', ')}.`);
  return found;
}

/** Percent-decoded again after the query's own decoding, then split at commas. */
function hotwords(text: string): string[] {
  try {
    return readHotwords(decodeAgain(text).split(','), 'hotwords');
  } catch (error) {
    throw VoxError.is(error) ? new Refusal(`Invalid ${error.message}`) : error;
  }
}

/** As Python's `unquote`: what is no escape stays, bytes that are no UTF-8 become U+FFFD. */
function decodeAgain(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}

/** A close reason has room for 123 bytes. */
function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
