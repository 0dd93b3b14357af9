/** Speech by level alone, for tests whose audio is tones and digital silence. */
import type { SpeechDetector, SpeechSpan } from '@vox-speech/contract';

/** Louder than this is speech. */
const THRESHOLD = 0.02;
/** Samples at 16 kHz after which a silence ends a stretch. */
const SILENCE = 3_200;

export function levelDetector(): SpeechDetector {
  let at = 0;
  let since: number | undefined;
  let lastLoud = 0;
  const close = (): SpeechSpan[] => {
    if (since === undefined) return [];
    const span = { start: since, end: lastLoud + 1 };
    since = undefined;
    return [span];
  };
  return {
    accept(samples) {
      const spans: SpeechSpan[] = [];
      for (const sample of samples) {
        if (Math.abs(sample) > THRESHOLD) {
          since ??= at;
          lastLoud = at;
        } else if (since !== undefined && at - lastLoud > SILENCE) {
          spans.push(...close());
        }
        at++;
      }
      return spans;
    },
    flush: close,
    openSince: () => since,
    reset() {
      at = 0;
      since = undefined;
    },
    close() {},
  };
}
