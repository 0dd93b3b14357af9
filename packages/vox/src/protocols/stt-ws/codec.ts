/** What a client says in text, and what a connection asks of the runtime. Pure. */
import type { Endpointing } from '@vox-speech/contract';
import type { LiveRequest } from '../../runtime/types.js';
import { type Fault, violation } from './errors.js';
import { type Detector, SAMPLE_RATE, type SttParameters } from './schema.js';

/** The `STT_*` numbers that this dialect obeys (stt-ws.md section 5). */
export interface SttSettings {
  /** Frames of one connection that may wait unheard. */
  readonly queueFrames: number;
  /** Frames dropped over a connection's life at which it is closed. */
  readonly maxDrops: number;
  /** Messages that may wait for a slow reader. */
  readonly outQueue: number;
  /** Shortest time between partials where a client asks for none, in ms. */
  readonly partialMs: number;
  readonly detector: Detector;
  /** Root mean square of 16-bit samples from which on a 20 ms frame is speech; for the energy detector. */
  readonly threshold: number;
  /** Silence that ends an utterance, in ms. */
  readonly silenceMs: number;
}

/** Frames of a second would make 200 of them more than three minutes; this bounds a connection to 1.9 MB. */
const QUEUE_MS = 60_000;
/** Ms of audio before speech that are heard too: with 300 the first word is misheard more often. */
const PRE_ROLL_MS = 500;
/** Longest utterance of the author's own second version (stt-ws.md section 8, 7), in ms. */
const MAX_UTTERANCE_MS = 30_000;
/** The energy detector of the original takes one loud frame for speech; the neural one gets two, in ms. */
const MIN_SPEECH_MS = { energy: 20, silero: 60, manual: 0 } as const satisfies Record<Detector, number>;

/** @param signal aborts when the connection is over */
export function liveRequest(
  parameters: SttParameters,
  settings: SttSettings,
  signal: AbortSignal,
): LiveRequest {
  const { languageCode } = parameters;
  return {
    model: parameters.model,
    options: {
      sampleRate: SAMPLE_RATE,
      ...(languageCode === undefined ? {} : { language: languageCode }),
      task: 'transcribe',
      words: false,
      hotwords: parameters.hotwords,
      endpointing: endpointing(parameters.detector ?? settings.detector, settings),
      partialMs: parameters.partialMs,
    },
    queueMs: QUEUE_MS,
    queueFrames: settings.queueFrames,
    overflow: 'drop-oldest',
    signal,
  };
}

function endpointing(detector: Detector, settings: SttSettings): Endpointing {
  return {
    detector,
    ...(detector === 'energy' ? { threshold: settings.threshold } : {}),
    silenceMs: settings.silenceMs,
    minSpeechMs: MIN_SPEECH_MS[detector],
    preRollMs: PRE_ROLL_MS,
    maxUtteranceMs: MAX_UTTERANCE_MS,
  };
}

export type ClientMessage =
  | { readonly type: 'commit' }
  | { readonly type: 'none' }
  | { readonly type: 'fault'; readonly fault: Fault };

/** A text message: only `{"type":"commit"}` means something; an empty one is ignored; all else ends the connection. */
export function readText(text: string): ClientMessage {
  if (text === '') return { type: 'none' };
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return { type: 'fault', fault: violation('Invalid JSON') };
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    return { type: 'fault', fault: violation('Invalid message: must be a JSON object') };
  const { type } = message as { type?: unknown };
  if (type === 'commit') return { type: 'commit' };
  return { type: 'fault', fault: violation(`Invalid message type: ${shown(type)}`) };
}

/** As the original, written in Python, prints it. */
function shown(type: unknown): string {
  if (type === undefined || type === null) return 'None';
  const text = typeof type === 'string' ? type : JSON.stringify(type);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
