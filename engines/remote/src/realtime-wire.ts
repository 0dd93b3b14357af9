/** vLLM's `/v1/realtime` as text frames: what is said to it, and what it says. Pure. Source: vLLM's realtime API, as of 0.20. */
import type { TokenUsage } from '@vox-speech/contract';

/** What vLLM hears, Hz. */
export const RATE = 16_000;
/** Samples of one step of Voxtral Realtime (80 ms): less is not worth a message, more comes late. */
export const STEP = 1_280;

/** Names the model; needed before the first commit, never answered. */
export const sessionUpdate = (model: string): string => JSON.stringify({ type: 'session.update', model });
/** Starts a generation. */
export const START = '{"type":"input_audio_buffer.commit"}';
/** No more audio for it. */
export const END = '{"type":"input_audio_buffer.commit","final":true}';

/** @param pcm16 little-endian bytes at 16 kHz */
export function append(pcm16: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = pcm16;
  const audio = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
  return `{"type":"input_audio_buffer.append","audio":"${audio}"}`;
}

export type RealtimeEvent =
  | { readonly type: 'created' }
  | { readonly type: 'delta'; readonly text: string }
  | { readonly type: 'done'; readonly text: string; readonly usage: TokenUsage | undefined }
  | { readonly type: 'error'; readonly message: string; readonly code: string }
  | { readonly type: 'other' };

/** One frame of vLLM's; what can't be understood is `other`. */
export function readEvent(frame: string): RealtimeEvent {
  let message: Record<string, unknown>;
  try {
    message = JSON.parse(frame) as Record<string, unknown>;
  } catch {
    return { type: 'other' };
  }
  switch (message?.type) {
    case 'session.created':
      return { type: 'created' };
    case 'transcription.delta':
      return { type: 'delta', text: textOf(message.delta) };
    case 'transcription.done':
      return { type: 'done', text: textOf(message.text), usage: usageOf(message.usage) };
    case 'error':
      return { type: 'error', ...faultOf(message) };
    default:
      return { type: 'other' };
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** vLLM's error is a string with a code beside it; OpenAI's an object with both. */
function faultOf({ error, code }: Record<string, unknown>): { message: string; code: string } {
  if (typeof error === 'object' && error !== null) {
    const { message, code: inner } = error as Record<string, unknown>;
    return { message: textOf(message), code: textOf(inner) };
  }
  return { message: textOf(error), code: textOf(code) };
}

function usageOf(value: unknown): TokenUsage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { prompt_tokens, completion_tokens, total_tokens } = value as Record<string, unknown>;
  const count = (tokens: unknown): number => (typeof tokens === 'number' ? tokens : 0);
  const promptTokens = count(prompt_tokens);
  const completionTokens = count(completion_tokens);
  return {
    promptTokens,
    completionTokens,
    totalTokens: count(total_tokens) || promptTokens + completionTokens,
  };
}
