/** What a session asks of the runtime. Pure. */
import type { Endpointing, LiveOptions } from '@vox-speech/contract';
import type { LiveRequest } from '../../runtime/types.js';
import type { SemanticVad, SessionConfig } from './config.js';

/** Audio before speech that is heard too, in ms: with less the first word is misheard more often. */
const PRE_ROLL_MS = 500;
/** Two frames of the neural detector are speech, in ms. */
const MIN_SPEECH_MS = 60;
/** Longest utterance that a pause ends, in ms; then the item ends all the same. */
const MAX_UTTERANCE_MS = 30_000;
/** Longest one that only the client ends, in ms. A model's own window may be shorter: its parts are joined. */
const MAX_MANUAL_MS = 5_400_000;
/** Audio that may wait in the session, in ms; the rest waits in the connection, and then in the network. */
const QUEUE_MS = 5_000;
/** How long a word must have stood unchanged before it is sent, in ms. The reference names steps and no times. */
const STABLE_MS = { minimal: 80, low: 240, medium: 480, high: 960, xhigh: 1_920 } as const;

const ENCODINGS = { 'audio/pcmu': 'mulaw', 'audio/pcma': 'alaw' } as const;

/** How `semantic_vad` waits, in ms: for a sentence that is over, and at most (OpenAI's documented times). */
const PATIENCE = {
  low: { pauseMs: 800, waitMs: 8_000 },
  medium: { pauseMs: 500, waitMs: 4_000 },
  high: { pauseMs: 300, waitMs: 2_000 },
  auto: { pauseMs: 500, waitMs: 4_000 },
} as const;

/** The pause after which a sentence is over if it sounds like one, and the one after which it is over anyhow; ms. */
export function patience({ eagerness }: SemanticVad): { readonly pauseMs: number; readonly waitMs: number } {
  return PATIENCE[eagerness];
}

/** What the live core is asked, the same for the same session. */
export function liveOptions(config: SessionConfig): LiveOptions {
  const { format, transcription, logprobs } = config;
  const { language, prompt, delay, keywords } = transcription;
  return {
    sampleRate: format.rate,
    ...(format.type === 'audio/pcm' ? {} : { encoding: ENCODINGS[format.type] }),
    ...(language === undefined ? {} : { language }),
    task: 'transcribe',
    words: false,
    hotwords: keywords,
    ...(prompt === undefined ? {} : { prompt }),
    endpointing: endpointing(config),
    partialMs: 0,
    ...(delay === undefined ? {} : { stableMs: STABLE_MS[delay] }),
    ...(logprobs ? { scores: true } : {}),
  };
}

/** @param signal aborts when the session is over */
export function liveRequest(config: SessionConfig, signal: AbortSignal): LiveRequest {
  const options = liveOptions(config);
  return { model: config.transcription.model, options, queueMs: QUEUE_MS, overflow: 'wait', signal };
}

function endpointing({ turnDetection: turns }: SessionConfig): Endpointing {
  const common = { minSpeechMs: MIN_SPEECH_MS, preRollMs: PRE_ROLL_MS, maxUtteranceMs: MAX_UTTERANCE_MS };
  if (turns === undefined)
    return { ...common, detector: 'manual', silenceMs: 500, minSpeechMs: 0, maxUtteranceMs: MAX_MANUAL_MS };
  if (turns.type === 'semantic_vad')
    return { ...common, detector: 'silero', silenceMs: patience(turns).pauseMs };
  return {
    ...common,
    detector: 'silero',
    silenceMs: turns.silenceMs,
    preRollMs: Math.max(PRE_ROLL_MS, turns.prefixPaddingMs),
  };
}
