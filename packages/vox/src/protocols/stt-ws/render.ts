/** Messages to the client, as JSON. Fields of the original first; those after the comment are ours, and may be ignored. */
import type { LiveEvent, Warning } from '@vox-speech/contract';
import type { Fault } from './errors.js';
import { SAMPLE_RATE, type SttParameters } from './schema.js';

type Event<T extends LiveEvent['type']> = Extract<LiveEvent, { type: T }>;

/** What a client should know beside its text: an option that was not met, audio that was not heard. */
export interface Notice {
  readonly type: Warning['type'] | 'dropped';
  readonly option?: string;
  readonly message: string;
  /** Of `dropped`: where in the stream, in ms, and how many of the client's frames. */
  readonly from_ms?: number;
  readonly to_ms?: number;
  readonly frames?: number;
}

/** Unix seconds. */
const now = (): number => Date.now() / 1000;

const withNotices = (warnings: readonly Notice[]): { warnings?: readonly Notice[] } =>
  warnings.length === 0 ? {} : { warnings };

export function ready(
  parameters: SttParameters,
  extra: { connId: string; model: string; vad: string },
  warnings: readonly Notice[],
): string {
  return JSON.stringify({
    type: 'ready',
    call_id: parameters.callId,
    created_at: now(),
    sample_rate: SAMPLE_RATE,
    codec: 'pcm_s16le',
    channels: 1,
    frame_ms: parameters.frameMs,
    partial_ms: parameters.partialMs,
    language: parameters.language,
    // Ours.
    conn_id: extra.connId,
    model: extra.model,
    vad: extra.vad,
    ...withNotices(warnings),
  });
}

export function partial(
  callId: string,
  segment: number,
  event: Event<'partial'>,
  warnings: readonly Notice[],
): string {
  return JSON.stringify({
    type: 'partial',
    call_id: callId,
    created_at: now(),
    segment_seq: segment,
    text: event.text,
    final: false,
    // Ours.
    stable: event.stable,
    start_ms: Math.round(event.startMs),
    end_ms: Math.round(event.endMs),
    ...withNotices(warnings),
  });
}

/** The three figures of the original, in whole ms: what `latency_ms` counts is not a latency (stt-ws.md 8, 10). */
export function timing(event: Event<'final'>): {
  first_token_ms: number;
  latency_ms: number;
  segment_duration_ms: number;
} {
  return {
    first_token_ms: Math.round(event.timing.firstPartialMs ?? 0),
    latency_ms: Math.round(event.timing.sinceFirstAudioMs),
    segment_duration_ms: Math.max(0, Math.round(event.endMs - event.startMs)),
  };
}

export function final(
  callId: string,
  segment: number,
  event: Event<'final'>,
  warnings: readonly Notice[],
): string {
  return JSON.stringify({
    type: 'final',
    call_id: callId,
    created_at: now(),
    segment_seq: segment,
    text: event.text.trim(),
    final: true,
    ...timing(event),
    // Ours.
    endpoint_to_final_ms: Math.round(event.timing.endpointToFinalMs),
    reason: event.reason,
    start_ms: Math.round(event.startMs),
    end_ms: Math.round(event.endMs),
    ...(event.language === undefined ? {} : { language: event.language }),
    ...withNotices(warnings),
  });
}

export function error(callId: string, fault: Fault): string {
  return JSON.stringify({
    type: 'error',
    call_id: callId,
    created_at: now(),
    code: fault.code,
    message: fault.message,
    // Ours.
    ...(fault.retryAfterMs === undefined ? {} : { retry_after_ms: fault.retryAfterMs }),
  });
}
