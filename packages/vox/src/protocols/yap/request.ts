/** What an utterance asks of the runtime. Pure. */
import type { LiveRequest } from '../../runtime/types.js';
import type { Parameters } from './parameters.js';
import { SAMPLE_RATE, type YapSettings } from './settings.js';

/** The client alone says where an utterance ends; as long as a socket may live, in ms. A model's own window may be shorter. */
const MAX_UTTERANCE_MS = 5_400_000;
/** Audio before speech that is heard too, in ms: with 300 the first word is misheard more often. */
const PRE_ROLL_MS = 500;

/** @param signal aborts when the utterance is over, however it ends */
export function liveRequest(
  { delayMs, language }: Parameters,
  { backlogMs, drop }: Pick<YapSettings, 'backlogMs' | 'drop'>,
  signal: AbortSignal,
): LiveRequest {
  return {
    // The server's default; the dialect has no other.
    model: '',
    options: {
      sampleRate: SAMPLE_RATE,
      ...(language === undefined ? {} : { language }),
      task: 'transcribe',
      words: true,
      hotwords: [],
      endpointing: {
        detector: 'manual',
        silenceMs: 500,
        minSpeechMs: 0,
        preRollMs: PRE_ROLL_MS,
        maxUtteranceMs: MAX_UTTERANCE_MS,
      },
      partialMs: 0,
      stableMs: delayMs,
    },
    queueMs: backlogMs,
    overflow: drop ? 'drop-oldest' : 'wait',
    signal,
  };
}
