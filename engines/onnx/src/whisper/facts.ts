/** What a pulled Whisper says of itself: its sizes and special tokens, from the encoder's metadata. */
import type { Session } from '../runtime/index.js';

export interface WhisperFacts {
  readonly textLayers: number;
  readonly state: number;
  /** Positions of the decoder: prompt and text together. */
  readonly textContext: number;
  readonly endOfText: number;
  readonly startOfTranscript: number;
  readonly startOfPrevious: number;
  readonly noTimestamps: number;
  /** A space alone. */
  readonly blank: number;
  /** Tokens that are no speech, such as music signs. */
  readonly suppressed: readonly number[];
  /** Of a model that knows several languages; absent = English alone. */
  readonly many?: {
    readonly transcribe: number;
    readonly translate: number;
    /** Token by code. */
    readonly languages: ReadonlyMap<string, number>;
  };
}

const DIGITS = /^\d{1,9}$/;

/** Throws Error naming what is missing, or is not what it should be. */
export function readFacts(encoder: Pick<Session, 'metadata'>): WhisperFacts {
  const text = (key: string): string => {
    const value = encoder.metadata(key);
    if (value === undefined) throw new Error(`its metadata have no ${key}`);
    return value;
  };
  const list = (key: string): string[] => text(key).split(',').filter(Boolean);
  const parse = (key: string, digits: string): number => {
    if (!DIGITS.test(digits)) throw new Error(`its metadata's ${key} has '${digits}', which is no number`);
    return Number(digits);
  };
  const number = (key: string): number => parse(key, text(key));
  const numbers = (key: string): number[] => list(key).map((digits) => parse(key, digits));
  const tokens = numbers('all_language_tokens');
  const codes = list('all_language_codes');
  if (codes.length !== tokens.length)
    throw new Error(`its metadata have ${codes.length} all_language_codes for ${tokens.length} tokens`);
  return {
    textLayers: number('n_text_layer'),
    state: number('n_text_state'),
    textContext: number('n_text_ctx'),
    endOfText: number('eot'),
    startOfTranscript: number('sot'),
    startOfPrevious: number('sot_prev'),
    noTimestamps: number('no_timestamps'),
    blank: number('blank_id'),
    suppressed: numbers('non_speech_tokens'),
    ...(number('is_multilingual') === 0
      ? {}
      : {
          many: {
            transcribe: number('transcribe'),
            translate: number('translate'),
            languages: new Map(tokens.map((token, at) => [codes[at] ?? '', token])),
          },
        }),
  };
}
