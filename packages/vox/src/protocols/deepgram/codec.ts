/** What a client says in text, and what a connection asks of the runtime. Pure. */
import { VoxError } from '@vox-speech/contract';
import type { LiveRequest } from '../../runtime/types.js';
import type { LiveParameters } from './schema.js';

export interface DeepgramSettings {
  /** Shortest silence that ends an utterance, in ms; also the one that is usual. */
  readonly endpointingMs: number;
  /** A client that sends nothing for so long is told to go, in ms; Infinity = never. */
  readonly idleMs: number;
}

/** Audio that may wait unheard, in ms: what comes faster than it can be heard waits at the client. */
const QUEUE_MS = 10_000;
/** Time between two interim results: Deepgram sends about two a second. */
const INTERIM_MS = 500;
/** Ms of audio before speech that are heard too: with less the first word is misheard more often. */
const PRE_ROLL_MS = 500;
/** Two windows of the detector, in ms. */
const MIN_SPEECH_MS = 60;
/** Longest utterance, in ms: what Whisper hears at once. */
const MAX_UTTERANCE_MS = 30_000;

/** @param signal aborts when the connection is over */
export function liveRequest(
  parameters: LiveParameters,
  { endpointingMs }: DeepgramSettings,
  signal: AbortSignal,
): LiveRequest {
  const { model, language, encoding, sampleRate, hotwords, interim, endpointing } = parameters;
  const asked = typeof endpointing === 'number' ? endpointing : 0;
  return {
    model,
    options: {
      sampleRate,
      ...(encoding === 'container' || encoding === 'pcm16' ? {} : { encoding }),
      ...(language === undefined ? {} : { language }),
      task: 'transcribe',
      words: true,
      hotwords,
      endpointing: {
        detector: 'silero',
        // Deepgram's 10 ms, and the 25 of LiveKit's plug-in, would end an utterance between two words.
        silenceMs: Math.max(endpointingMs, asked),
        minSpeechMs: MIN_SPEECH_MS,
        preRollMs: PRE_ROLL_MS,
        maxUtteranceMs: MAX_UTTERANCE_MS,
      },
      ...(interim ? { partialMs: INTERIM_MS } : {}),
    },
    queueMs: QUEUE_MS,
    overflow: 'wait',
    signal,
  };
}

/** What Deepgram's clients say in text. */
export type ClientMessage = 'KeepAlive' | 'Finalize' | 'CloseStream' | 'Configure';
const MESSAGES: readonly ClientMessage[] = ['KeepAlive', 'Finalize', 'CloseStream', 'Configure'];

/** @throws VoxError `invalid_request` for anything else; the stream goes on */
export function readText(text: string): ClientMessage {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    throw new VoxError('invalid_request', 'a text message must be JSON; send audio as binary messages');
  }
  const type = (message as { type?: unknown } | null)?.type;
  const found = MESSAGES.find((one) => one === type);
  if (found !== undefined) return found;
  throw new VoxError(
    'invalid_request',
    `type must be one of ${MESSAGES.join(', ')}; got ${JSON.stringify(type ?? null).slice(0, 60)}`,
    { param: 'type' },
  );
}
