/** A voice made from a recording, as it is kept under `VOX_HOME/voices/<id>/`. */
export interface ClonedVoice {
  readonly id: string;
  readonly name: string;
  /** As it was given: `en`, `en-us`. */
  readonly language?: string;
  readonly gender?: string;
  /** The words said in the recording; '' = not known. */
  readonly referenceText: string;
  /** Of the consent that it was made with; absent = none was asked for. */
  readonly consent?: string;
  /** Unix seconds. */
  readonly createdAt: number;
}

/** A voice with the file that its models listen to. */
export interface StoredVoice extends ClonedVoice {
  /** A WAV. */
  readonly path: string;
  readonly bytes: number;
}

/** What is known of a recording in which a person says that their voice may be used. */
export interface VoiceConsent {
  readonly id: string;
  readonly name: string;
  /** As it was given: `en-US`. */
  readonly language: string;
  /** Unix seconds. */
  readonly createdAt: number;
}

/** A recording that waits to become a voice: a whole WAV, or raw little-endian mono PCM16. */
export interface Recording {
  readonly path: string;
  /** Hz of raw samples; absent = a WAV, which says its own. */
  readonly sampleRate?: number;
}

/** Server to recorder process. */
export interface RecordRequest {
  readonly recording: Recording;
  /** Where the checked reference goes. */
  readonly output: string;
}
