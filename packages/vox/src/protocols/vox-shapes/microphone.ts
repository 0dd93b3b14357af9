/** What the originals' streams of a microphone ask of a recogniser, the same over WebSockets and gRPC. */
import {
  type Endpointing,
  type LiveEvent,
  type LiveOptions,
  type LiveSummary,
  type SpeechThresholds,
  VoxError,
} from '@vox-speech/contract';
import { parseLanguage } from '../../runtime/languages.js';
import { type Listening, type ListeningChannel, listenTo } from '../../runtime/listening.js';
import type { Runtime } from '../../runtime/types.js';

/** The original's voice activity defaults, but for a longer pre-roll (its own: 300 ms); the utterance's length is the stream's. */
export const SPEECH = { detector: 'silero', minSpeechMs: 250, preRollMs: 500 } as const;

/** The original's silence and longest utterance of a microphone's stream. */
const MICROPHONE: Endpointing = { ...SPEECH, silenceMs: 1_000, maxUtteranceMs: 15_000 };

export interface MicrophoneConfig {
  /** '' = the default recogniser. */
  readonly model: string;
  /** Absent = English where the model has it, as in the original; null = detect. */
  readonly language?: string | null | undefined;
  /** Hz. */
  readonly sample_rate: number;
  readonly partials: boolean;
  /** Shortest time between partials, in ms. */
  readonly partial_stride_ms: number;
  readonly include_word_timestamps: boolean;
  /** Silence that ends an utterance, in ms; absent = the original's. */
  readonly silence_ms?: number;
  /** How sure the detector must be of speech; absent = as it is itself. */
  readonly speech?: SpeechThresholds;
}

/** Options that no configuration of the original touches. */
export function liveBasics(asked: string | null | undefined, sampleRate: number) {
  const language = parseLanguage(asked);
  return {
    sampleRate,
    task: 'transcribe',
    hotwords: [],
    ...(language === undefined ? {} : { language }),
  } as const;
}

function microphoneOptions(config: MicrophoneConfig): LiveOptions {
  const { language = 'en' } = config;
  return {
    ...liveBasics(language, config.sample_rate),
    words: config.include_word_timestamps,
    endpointing: {
      ...MICROPHONE,
      ...(config.silence_ms === undefined ? {} : { silenceMs: config.silence_ms }),
      ...(config.speech === undefined ? {} : { speech: config.speech }),
    },
    ...(config.partials ? { partialMs: config.partial_stride_ms } : {}),
  };
}

/** Opens it. Throws what `Runtime.listen` throws. */
export async function listenToMicrophone(
  runtime: Runtime,
  channel: ListeningChannel,
  config: MicrophoneConfig,
  on: { event(event: LiveEvent): void; end(summary: LiveSummary): void },
): Promise<Listening> {
  const open = (language: MicrophoneConfig['language']): Promise<Listening> =>
    listenTo(
      runtime,
      channel,
      { model: config.model, options: microphoneOptions({ ...config, language }) },
      on,
    );
  try {
    return await open(config.language);
  } catch (error) {
    // The default is English; a model that has no English is asked without.
    const defaulted = config.language === undefined && VoxError.is(error) && error.param === 'language';
    if (!defaulted) throw error;
    return open(null);
  }
}
