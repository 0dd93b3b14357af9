/** A live session for the tests of dialects: records what it is given; the test plays the recogniser. */
import type { LiveEvent, ModelInfo } from '@vox-speech/contract';
import type { LiveListener, LiveRequest, LiveSession } from './types.js';

export interface FakeLive {
  readonly request: LiveRequest;
  /** What the dialect listens with: call it to say something. */
  readonly listener: LiveListener;
  /** What happened, in order: `audio N`, `commit`, `finish`. */
  readonly log: string[];
  /** All bytes that were appended. */
  readonly audio: Buffer[];
  /** What the next `append` says. */
  hasRoom: boolean;
}

export function fakeLive(
  request: LiveRequest,
  listener: LiveListener,
  info: ModelInfo,
): { live: FakeLive; session: LiveSession } {
  const live: FakeLive = { request, listener, log: [], audio: [], hasRoom: true };
  return {
    live,
    session: {
      model: request.model === '' ? 'whisper:base' : request.model,
      info,
      queuedMs: 0,
      append(bytes) {
        live.log.push(`audio ${bytes.length}`);
        live.audio.push(Buffer.from(bytes));
        return live.hasRoom;
      },
      commit: () => void live.log.push('commit'),
      heard: async () => void live.log.push('heard'),
      finish: () => void live.log.push('finish'),
    },
  };
}

/** A final with one word, of a silence. Times in ms. */
export function final(utterance: number, text: string, startMs: number, endMs: number): LiveEvent {
  return {
    type: 'final',
    utterance,
    text,
    startMs,
    endMs,
    reason: 'silence',
    language: 'en',
    words: [{ text: ` ${text}`, startMs, endMs, confidence: 0.5 }],
    timing: { endpointToFinalMs: 1, sinceFirstAudioMs: 2, decodeMs: 30, revisedShare: 0 },
  };
}
