/** What a recogniser says. All times are milliseconds on the clock of the source (the file, or the live session). */

export interface Word {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  /** 0..1, where the engine knows it. */
  readonly confidence?: number;
}

/** A token of a text, and how likely the model held it. */
export interface TokenScore {
  /** With the space that it begins with, if it does. A part of a character is U+FFFD, and `bytes` says which part. */
  readonly text: string;
  /** Natural-log probability, at most 0. */
  readonly logProbability: number;
  /** UTF-8; absent = that of `text`. */
  readonly bytes?: readonly number[];
}

export interface Segment {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly words?: readonly Word[];
  /** ISO 639-1 code of what was heard, where the engine knows it. */
  readonly language?: string;
  readonly tokens?: readonly number[];
  /** Mean natural-log probability of the tokens. */
  readonly averageLogProbability?: number;
  /** The tokens of the text with their probabilities, where the request asked for them and the engine has them. */
  readonly scores?: readonly TokenScore[];
  /** Bytes of the text over bytes of the text deflated; above 2.4 a decode is taken to loop. */
  readonly compressionRatio?: number;
  /** Of a model that hears streams: which of the utterances that it ended itself this is a part of, 0 = the first. */
  readonly utterance?: number;
  /** Of a recording whose channels were heard one by one: the number of the channel, 0 = the first. */
  readonly channel?: number;
  /** Where speakers were told apart: a known speaker's name, else `A`, `B`, ... in the order in which they first speak. */
  readonly speaker?: string;
}

/** A stretch in which one speaker talks; those of different speakers may overlap. */
export interface SpeakerTurn {
  readonly startMs: number;
  readonly endMs: number;
  /** The same voice has the same number, from 0. */
  readonly speaker: number;
}

/** A request that could not be met in full says so; nothing is ignored in silence. */
export interface Warning {
  readonly type: 'unsupported' | 'adjusted' | 'other';
  /** The option concerned, e.g. `prompt`. */
  readonly option?: string;
  readonly message: string;
}

/** How words are found in a model's probabilities: the likeliest at each step, or the likeliest whole. */
export type Decoder = 'greedy' | 'beam';

/** How the boundaries of a recording's windows are found; what is absent is as the runner thinks best. */
export interface Chunking extends DetectorOptions {
  /** Audio that a window has before the speech in it, in ms, where there is some. */
  readonly prefixMs?: number;
}

/** Speech is over where its probability falls so far below the threshold that it began at, unless `leave` is lower yet. */
export const LEAVES_BELOW = 0.15;

/** How sure a detector must be of speech; what is absent is the detector's own. */
export interface SpeechThresholds {
  /** Probability from which on a frame is speech, 0..1. */
  readonly threshold?: number;
  /** Probability below which speech that goes on is over, 0..1; see `LEAVES_BELOW`. */
  readonly leave?: number;
}

/** How a detector tells speech; what is absent is the detector's own. */
export interface DetectorOptions extends SpeechThresholds {
  /** Silence that ends a stretch of speech, in ms. */
  readonly silenceMs?: number;
}

export interface TranscribeOptions {
  /** ISO 639-1; absent = detect. */
  readonly language?: string;
  /** ISO 639-1: one of these is spoken, the likeliest first. The runner sees to it, by `language`. Absent = any. */
  readonly languages?: readonly string[];
  readonly task: 'transcribe' | 'translate';
  readonly words: boolean;
  readonly prompt?: string;
  /** Words and phrases that are likely; where `ModelInfo.canBias` says so. Absent = none. */
  readonly hotwords?: readonly string[];
  readonly temperature?: number;
  /** Tokens with their probabilities in segments; where `ModelInfo.canScore` says so. Absent = no. */
  readonly scores?: true;
  /** For the runner, which cuts recordings. */
  readonly chunking?: Chunking;
  /** One of `ModelInfo.decoders`; absent = the model's own. */
  readonly decoder?: Decoder;
  /** Many more decodes are to come: what costs least is better than what is fastest for this one. Absent = no. */
  readonly thrifty?: boolean;
}

/** A recording whose voice is to speak. */
export interface VoiceReference {
  /** Mono, in [-1, 1]. */
  readonly samples: Float32Array;
  /** Hz. */
  readonly sampleRate: number;
  /** The words said in it; '' = not known. */
  readonly text: string;
}

export interface SynthesizeOptions {
  /** A voice id of `ModelInfo.voices`, or `default`. */
  readonly voice: string;
  /** 1 = as trained; within `ModelInfo.speed`. */
  readonly speed: number;
  readonly language?: string;
  /** How to speak, in words; where `ModelInfo.canInstruct` says so. Absent = as the voice does. */
  readonly instructions?: string;
  /** Speak with the voice of this recording; where `ModelInfo.cloning` says so. `voice` is not looked at then. */
  readonly reference?: VoiceReference;
}
