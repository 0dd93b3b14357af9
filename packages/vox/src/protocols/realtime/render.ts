/** Events to the client, as JSON. Fields of the reference first; `warnings`, and what begins with `vox.`, are ours. */
import type { TokenUsage, Warning } from '@vox-speech/contract';
import type { Heard } from '../../runtime/transcript.js';
import { logprobs } from '../openai-shapes/logprobs.js';
import { inOurFields } from '../openai-shapes/warnings.js';
import { INCLUDE_LOGPROBS, INCLUDE_PARTIALS, type SessionConfig, THRESHOLD } from './config.js';
import type { RealtimeError } from './errors.js';
import type { TurnEvent } from './item.js';

export type ServerEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

/** What is told of a session beside its configuration. */
export interface SessionFacts {
  readonly id: string;
  /** Unix seconds; null = it never ends by itself. */
  readonly expiresAt: number | null;
  /** What '' as a model means. */
  readonly defaultModel: string;
}

/** The whole effective session, in the current form. */
export function session(config: SessionConfig, { id, expiresAt, defaultModel }: SessionFacts): object {
  const { format } = config;
  return {
    type: 'transcription',
    object: 'realtime.transcription_session',
    id,
    expires_at: expiresAt,
    audio: {
      input: {
        format:
          format.type === 'audio/pcm' ? { type: format.type, rate: format.rate } : { type: format.type },
        transcription: transcription(config, defaultModel),
        noise_reduction: null,
        turn_detection: turnDetection(config),
      },
    },
    include: include(config),
  };
}

const BETA_FORMATS = { 'audio/pcm': 'pcm16', 'audio/pcmu': 'g711_ulaw', 'audio/pcma': 'g711_alaw' } as const;

/** The same in the beta's form. */
export function betaSession(config: SessionConfig, { id, expiresAt, defaultModel }: SessionFacts): object {
  return {
    id,
    object: 'realtime.transcription_session',
    expires_at: expiresAt,
    input_audio_format: BETA_FORMATS[config.format.type],
    input_audio_transcription: transcription(config, defaultModel),
    input_audio_noise_reduction: null,
    turn_detection: turnDetection(config),
    include: include(config),
  };
}

function transcription({ transcription: t }: SessionConfig, defaultModel: string): object {
  return {
    model: t.model === '' ? defaultModel : t.model,
    language: t.language ?? null,
    prompt: t.prompt ?? null,
    keywords: t.keywords,
    delay: t.delay ?? null,
  };
}

function turnDetection({ turnDetection: turns }: SessionConfig): object | null {
  if (turns === undefined) return null;
  if (turns.type === 'semantic_vad') return { type: 'semantic_vad', eagerness: turns.eagerness };
  return {
    type: 'server_vad',
    threshold: THRESHOLD,
    prefix_padding_ms: turns.prefixPaddingMs,
    silence_duration_ms: turns.silenceMs,
    idle_timeout_ms: turns.idleTimeoutMs ?? null,
  };
}

function include({ partials, logprobs }: SessionConfig): readonly string[] {
  return [...(partials ? [INCLUDE_PARTIALS] : []), ...(logprobs ? [INCLUDE_LOGPROBS] : [])];
}

/** Every option that was not met, where there are any. */
export function withWarnings(warnings: readonly Warning[]): object {
  if (warnings.length === 0) return {};
  return {
    warnings: inOurFields(warnings).map(({ type, option, message }) => ({
      type,
      ...(option === undefined ? {} : { option }),
      message,
    })),
  };
}

export function error(fault: RealtimeError, eventId: string | null): ServerEvent {
  return { type: 'error', error: { ...fault, event_id: eventId } };
}

const TRANSCRIPTION = 'conversation.item.input_audio_transcription';

/** The events of one thing that happened, in order. */
export function turn(event: Exclude<TurnEvent, { type: 'failed' }>, beta: boolean): readonly ServerEvent[] {
  const { item } = event;
  const part = { item_id: item, content_index: 0 };
  switch (event.type) {
    case 'started':
      return [
        { type: 'input_audio_buffer.speech_started', audio_start_ms: Math.round(event.atMs), item_id: item },
      ];
    case 'stopped':
      return [
        { type: 'input_audio_buffer.speech_stopped', audio_end_ms: Math.round(event.atMs), item_id: item },
      ];
    case 'timeout':
      return [
        {
          type: 'input_audio_buffer.timeout_triggered',
          audio_start_ms: event.fromMs,
          audio_end_ms: event.toMs,
          item_id: item,
        },
      ];
    case 'delta':
      return [{ type: `${TRANSCRIPTION}.delta`, ...part, delta: event.text }];
    case 'partial':
      return [{ type: INCLUDE_PARTIALS, ...part, text: event.text, stable: event.stable }];
    case 'committed':
      return committed(item, event.previous, beta);
    case 'completed':
      return [completed(part, event.heard, event.audioMs)];
  }
}

export function failed(item: string, fault: RealtimeError): ServerEvent {
  return { type: `${TRANSCRIPTION}.failed`, item_id: item, content_index: 0, error: fault };
}

/** The item is in the conversation at once; its transcript follows. The beta has one event for that, and now there are two. */
function committed(id: string, previous: string | null, beta: boolean): readonly ServerEvent[] {
  const more = {
    previous_item_id: previous,
    item: {
      id,
      object: 'realtime.item',
      type: 'message',
      status: 'completed',
      role: 'user',
      content: [{ type: 'input_audio', transcript: null }],
    },
  };
  const names = beta ? ['conversation.item.created'] : ['conversation.item.added', 'conversation.item.done'];
  return [
    { type: 'input_audio_buffer.committed', previous_item_id: previous, item_id: id },
    ...names.map((type) => ({ type, ...more })),
  ];
}

function completed(part: object, heard: Heard, audioMs: number): ServerEvent {
  return {
    type: `${TRANSCRIPTION}.completed`,
    ...part,
    transcript: heard.text,
    usage: usage(heard.usage, audioMs),
    ...(heard.scores === undefined ? {} : { logprobs: logprobs(heard.scores) }),
    ...(heard.language === undefined ? {} : { languages: [{ code: heard.language }] }),
    ...withWarnings(heard.warnings),
  };
}

/** Tokens where the engine counts them, else seconds of the item's audio. */
function usage(tokens: TokenUsage | undefined, audioMs: number): object {
  if (tokens === undefined) return { type: 'duration', seconds: Math.round(audioMs) / 1000 };
  return {
    type: 'tokens',
    input_tokens: tokens.promptTokens,
    output_tokens: tokens.completionTokens,
    total_tokens: tokens.totalTokens,
    input_token_details: { audio_tokens: tokens.promptTokens, text_tokens: 0 },
  };
}
