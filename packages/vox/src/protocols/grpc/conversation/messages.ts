/** What a client of a conversation sends, as it is decoded. */
import type { PcmFrame } from '../messages.js';
import type { TurnPolicy } from './policy.js';

export interface SessionUpdate {
  readonly stt_model: string;
  readonly tts_model: string;
  readonly voice: string;
  readonly language: string;
  readonly sample_rate: number;
  readonly policy: Partial<TurnPolicy> | null;
  readonly vad_backend: string;
  readonly turn_detector: string;
  readonly turn_profile: string;
  readonly include_word_timestamps: boolean;
}

interface Interruptible {
  readonly allow_interruptions?: boolean;
}

/** `msg` names the one field that is there. */
export type ConverseMessage =
  | { readonly msg: 'session_update'; readonly session_update: SessionUpdate }
  | { readonly msg: 'audio_append'; readonly audio_append: PcmFrame }
  | { readonly msg: 'response_start'; readonly response_start: Interruptible }
  | { readonly msg: 'response_delta'; readonly response_delta: Interruptible & { readonly delta: string } }
  | {
      readonly msg: 'response_replace_text';
      readonly response_replace_text: Interruptible & { readonly text: string };
    }
  | { readonly msg: 'response_commit' }
  | { readonly msg: 'response_cancel' }
  | { readonly msg?: undefined };
