/** What a plain client asks of a live stream, for tests that are about something else. */
import type { LiveOptions } from '@vox-speech/contract';

export const LIVE: LiveOptions = {
  sampleRate: 16_000,
  task: 'transcribe',
  words: false,
  hotwords: [],
  endpointing: { detector: 'manual', silenceMs: 500, minSpeechMs: 0, preRollMs: 0, maxUtteranceMs: 20_000 },
};
