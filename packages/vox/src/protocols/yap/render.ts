/** Messages to the client (yap.md 3.2), as JSON. Fields of the original first; those after the comment are ours. */
import type { TokenUsage, Warning } from '@vox-speech/contract';
import type { Heard } from '../../runtime/transcript.js';
import type { Ids } from './envelope.js';
import type { Fault } from './errors.js';
import type { Parameters } from './parameters.js';
import { MAX_MESSAGE_BYTES, SAMPLE_RATE, STEP_MS, type YapSettings } from './settings.js';

export type ServerType =
  | 'session.created'
  | 'session.updated'
  | 'token'
  | 'final'
  | 'done'
  | 'status'
  | 'error'
  | 'pong'
  | 'session_end'
  | 'cancelled';

export interface ServerMessage {
  readonly type: ServerType;
  readonly payload: object;
}

export function envelope({ type, payload }: ServerMessage, { sessionId, requestId }: Ids): string {
  return JSON.stringify({ type, session_id: sessionId, request_id: requestId, payload });
}

/** What holds now, in `session.created` and `session.updated`. */
function session(model: string, { delayMs, language }: Parameters): object {
  return {
    model,
    format: 'pcm16',
    sample_rate: SAMPLE_RATE,
    channels: 1,
    delay_ms: delayMs,
    language: language ?? null,
  };
}

/** @param id of the connection, for the log */
export function created(
  id: string,
  model: string,
  parameters: Parameters,
  settings: YapSettings,
): ServerMessage {
  return {
    type: 'session.created',
    payload: {
      id,
      created: Math.floor(Date.now() / 1000),
      ...session(model, parameters),
      limits: {
        idle_timeout_s: secondsOf(settings.idleMs),
        max_duration_s: secondsOf(settings.maxDurationMs),
        max_backlog_seconds: settings.backlogMs / 1000,
        overflow: settings.drop ? 'drop-oldest' : 'wait',
        max_message_bytes: MAX_MESSAGE_BYTES,
        max_connections: settings.maxConnections,
      },
    },
  };
}

export function updated(model: string, parameters: Parameters): ServerMessage {
  return { type: 'session.updated', payload: session(model, parameters) };
}

export function token(text: string): ServerMessage {
  return { type: 'token', payload: { text } };
}

/**
 * @param audioMs of the audio that came in
 * @param offsetMs what the session's clock is behind the utterance's
 */
export function final(heard: Heard, audioMs: number, offsetMs: number): ServerMessage {
  const seconds = (ms: number): number => Math.round(ms + offsetMs) / 1000;
  return {
    type: 'final',
    payload: {
      normalized_text: heard.text,
      // Ours.
      words: heard.words.map(({ text, startMs, endMs }) => ({
        word: text.trim(),
        start: seconds(startMs),
        end: seconds(endMs),
      })),
      language: heard.language ?? null,
      audio_seconds: Math.round(audioMs) / 1000,
      ...(heard.warnings.length === 0 ? {} : { warnings: heard.warnings.map(notice) }),
    },
  };
}

/** @param audioMs of the audio that came in */
export function done(heard: Heard, audioMs: number): ServerMessage {
  const usage = heard.usage ?? counted(heard.text, audioMs);
  return {
    type: 'done',
    payload: {
      usage: {
        prompt_tokens: usage.promptTokens,
        total_tokens: usage.totalTokens,
        completion_tokens: usage.completionTokens,
      },
    },
  };
}

/**
 * For an engine that counts no tokens: a prompt token for each step of audio, as Voxtral has them, and a completion token for
 * each word.
 */
function counted(text: string, audioMs: number): TokenUsage {
  const promptTokens = Math.ceil(audioMs / STEP_MS);
  const completionTokens = text.split(/\s+/).filter((word) => word !== '').length;
  return { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens };
}

/** Audio that was never heard. Times since the utterance began. */
export function dropped(fromMs: number, toMs: number, backlogMs: number): ServerMessage {
  return {
    type: 'status',
    payload: {
      kind: 'overload_drop',
      dropped_seconds: Math.round(toMs - fromMs) / 1000,
      max_backlog_seconds: backlogMs / 1000,
      source: 'pending_buffer',
      // Ours.
      from_ms: Math.round(fromMs),
      to_ms: Math.round(toMs),
    },
  };
}

export function error({ code, message, details }: Fault): ServerMessage {
  return { type: 'error', payload: { code, message, details } };
}

export function cancelled(reason: string): ServerMessage {
  return { type: 'cancelled', payload: { reason } };
}

export const PONG: ServerMessage = { type: 'pong', payload: {} };
export const SESSION_END: ServerMessage = { type: 'session_end', payload: {} };

function notice({ type, option, message }: Warning): object {
  return { type, ...(option === undefined ? {} : { option }), message };
}

/** null = no limit. */
function secondsOf(ms: number): number | null {
  return Number.isFinite(ms) ? ms / 1000 : null;
}
