/** From messages of clients to the runtime's words. Pure. */
import {
  LEAVES_BELOW,
  type LiveOptions,
  type SpeechThresholds,
  VoxError,
  type Warning,
} from '@vox-speech/contract';
import { parseLanguage } from '../../runtime/languages.js';
import type { SpeakStreamRequest } from '../../runtime/types.js';
import { liveBasics, SPEECH } from '../vox-shapes/microphone.js';
import type { LiveConfig, SpeechConfig, TranscriptionConfig } from './schema.js';

export interface TextMessage {
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** @throws VoxError `invalid_request` for what is no JSON object with a `type` */
export function parseMessage(text: string): TextMessage {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new VoxError('invalid_request', `Invalid JSON: ${(error as Error).message.slice(0, 100)}`);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new VoxError('invalid_request', 'Invalid JSON: a message is an object with a "type"');
  const { type } = body as Record<string, unknown>;
  if (typeof type !== 'string')
    throw new VoxError('invalid_request', 'type: this field is required', { param: 'type' });
  return { type, body: body as Record<string, unknown> };
}

/** Hz of what decoders write for recognisers. */
export const DECODED_RATE = 16_000;

/**
 * Of a recording that is sent: a chunk ends in a pause, or where it is as long as the client wants. A pause is long, so
 * that chunks are whole thoughts, and an upload that falters for a moment cuts no word.
 */
const RECORDING_SILENCE_MS = 1_500;
/** What a recording's configuration asks of the recogniser. */
export function recordingOptions(config: TranscriptionConfig): LiveOptions {
  return {
    ...liveBasics(config.language, config.input_format === 'pcm16' ? config.sample_rate : DECODED_RATE),
    words: config.word_timestamps,
    endpointing: { ...SPEECH, silenceMs: RECORDING_SILENCE_MS, maxUtteranceMs: config.chunk_ms },
  };
}

/** How sure a microphone's detector is to be of speech; empty where the client leaves it to the detector. */
export function thresholds({ vad_start_threshold: threshold, vad_continue_threshold: leave }: LiveConfig): {
  readonly speech?: SpeechThresholds;
} {
  if (threshold == null) return {};
  return { speech: { threshold, ...(leave == null ? {} : { leave }) } };
}

/** What of a microphone's configuration can't be met in full. */
export function unmet(config: LiveConfig): Warning[] {
  const { vad_start_threshold: start, vad_continue_threshold: on, turn_detector: turns } = config;
  const warnings: Warning[] = [];
  // Probabilities are compared to a thousandth.
  if (start != null && on != null && on > start - LEAVES_BELOW + 0.001)
    warnings.push({
      type: 'adjusted',
      option: 'vad_continue_threshold',
      message: `vad_continue_threshold: the detector goes on until ${(start - LEAVES_BELOW).toFixed(2)}, ${LEAVES_BELOW} below vad_start_threshold`,
    });
  if (turns)
    warnings.push({
      type: 'unsupported',
      option: 'turn_detector',
      message:
        'turn_detector: nothing here judges whether a turn is over, so transcripts have no eou_probability; an utterance ends after 1000 ms of silence',
    });
  return warnings;
}

/** What a speech stream's configuration asks of the voice. */
export function speechRequest(config: SpeechConfig, signal: AbortSignal): SpeakStreamRequest {
  const language = parseLanguage(config.language);
  return {
    model: config.model,
    voice: config.voice ?? '',
    speed: config.speed,
    format: config.response_format === 'pcm16' ? 'pcm' : config.response_format,
    maxSentence: config.chunk_chars,
    signal,
    ...(language === undefined ? {} : { language }),
  };
}

/** The text of a `text` message. Throws `invalid_request`. */
export function textOf({ body }: TextMessage): string {
  if (typeof body.text === 'string') return body.text;
  throw new VoxError('invalid_request', 'text: expected string', { param: 'text' });
}
