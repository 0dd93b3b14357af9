/** Messages that clients send, as they are decoded: every field is there, with its default where it was left out. */

export interface Named {
  readonly name: string;
}

export interface PullRequest extends Named {
  readonly variant: string;
}

export interface TranscribeRequest {
  /** Set to nothing once it is on disk. */
  audio: Uint8Array;
  readonly model: string;
  readonly language: string;
  readonly word_timestamps: boolean;
  readonly temperature: number;
  readonly response_format: string;
  readonly format_hint: string;
}

export interface SynthesizeRequest {
  readonly model: string;
  readonly input: string;
  readonly voice: string;
  readonly speed: number;
  readonly language: string;
  readonly response_format: string;
}

export interface CreateVoiceRequest extends Named {
  /** Set to nothing once it is on disk. */
  audio: Uint8Array;
  readonly language: string;
  readonly gender: string;
  readonly reference_text: string;
  readonly format_hint: string;
}

export interface StreamConfig {
  readonly language: string;
  readonly sample_rate: number;
  readonly model: string;
  readonly partials: boolean;
  readonly partial_window_ms: number;
  readonly partial_stride_ms: number;
  readonly include_word_timestamps: boolean;
  readonly temperature: number;
}

/** `msg` names the one field that is there. */
export type StreamInput =
  | { readonly msg: 'config'; readonly config: StreamConfig }
  | { readonly msg: 'audio'; readonly audio: PcmFrame }
  | { readonly msg: 'opus_frame'; readonly opus_frame: OpusFrame }
  | { readonly msg: 'encoded_audio'; readonly encoded_audio: EncodedAudio }
  | { readonly msg: 'end_of_stream' }
  | { readonly msg?: undefined };

export interface PcmFrame {
  readonly pcm16: Uint8Array;
  readonly sample_rate: number;
}

export interface OpusFrame {
  readonly data: Uint8Array;
  readonly sample_rate: number;
  readonly channels: number;
}

export interface EncodedAudio {
  readonly data: Uint8Array;
  readonly format: string;
}

/** A message without fields, or one of which none is read. */
export type Empty = Readonly<Record<string, never>>;
/** A message that is sent: absent and null fields are left out, unknown ones too. */
export type Reply = Readonly<Record<string, unknown>>;
