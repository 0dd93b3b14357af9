/** What a transcription asks of the runtime. Pure. */
import type { Endpointing } from '@vox-speech/contract';
import type { LiveRequest } from '../../runtime/types.js';
import type { Sensitivity, Transcribe } from './schema.js';

/** How utterances are found, as the server is set up for all live speech. */
export interface HearingSettings {
  readonly detector: Endpointing['detector'];
  /** Root mean square of 16-bit samples, for `energy`. */
  readonly threshold: number;
  readonly silenceMs: number;
  /** Shortest time between partials, in ms. */
  readonly partialMs: number;
}

/** Silence that ends a command, in ms: what Home Assistant's own detector takes for these words. */
const COMMAND_SILENCE_MS: Readonly<Record<Sensitivity, number>> = {
  aggressive: 250,
  default: 700,
  relaxed: 1_250,
};
/** Audio that may wait unheard, in ms; then the client waits. */
const QUEUE_MS = 10_000;
/** As `/v1/stt/ws` has them, in ms: the same audio gives the same words on both. */
const MIN_SPEECH_MS = { energy: 20, silero: 60, manual: 0 } as const;
const PRE_ROLL_MS = 500;
const MAX_UTTERANCE_MS = 30_000;

/**
 * @param model '' = the default
 * @param sampleRate Hz of the samples that will come
 * @param signal aborts when nobody waits for the words any more
 */
export function liveRequest(
  { language, hotwords, sensitivity }: Transcribe,
  model: string,
  sampleRate: number,
  settings: HearingSettings,
  signal: AbortSignal,
): LiveRequest {
  // The client alone may say where an utterance ends; the end of a command has to be heard all the same.
  const detector = sensitivity !== undefined && settings.detector === 'manual' ? 'silero' : settings.detector;
  return {
    model,
    options: {
      sampleRate,
      ...(language === undefined ? {} : { language }),
      task: 'transcribe',
      words: false,
      hotwords,
      endpointing: {
        detector,
        ...(detector === 'energy' ? { threshold: settings.threshold } : {}),
        silenceMs: sensitivity === undefined ? settings.silenceMs : COMMAND_SILENCE_MS[sensitivity],
        minSpeechMs: MIN_SPEECH_MS[detector],
        preRollMs: PRE_ROLL_MS,
        maxUtteranceMs: MAX_UTTERANCE_MS,
        // A network that stops for a moment is no silence; a client that falls silent ends its command.
        ...(sensitivity === undefined ? { patient: true } : {}),
      },
      partialMs: settings.partialMs,
    },
    queueMs: QUEUE_MS,
    overflow: 'wait',
    signal,
  };
}
