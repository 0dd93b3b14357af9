/** A window of a recording through the realtime wire: a file is one utterance that is pushed as fast as it is taken. */
import type { Pcm, Segment, TokenUsage, UtteranceListener, UtteranceStream } from '@vox-speech/contract';
import { cancelled } from './call.js';
import { plain, wholeSegment } from './transcript.js';

/** Samples pushed at once: 1 s. */
const PIECE = 16_000;

/**
 * One segment over the whole window, or none where nothing was said.
 * @param open begins an utterance
 * @throws VoxError `cancelled`, and what the utterance fails with
 */
export async function* transcribeWindow(
  open: (listener: UtteranceListener) => UtteranceStream,
  { samples, sampleRate }: Pcm,
  signal: AbortSignal,
): AsyncGenerator<Segment> {
  if (signal.aborted) throw cancelled();
  let drained = (): void => {};
  let stream: UtteranceStream | undefined;
  let abort = (): void => {};
  const said = new Promise<string>((resolve, reject) => {
    abort = () => reject(cancelled());
    stream = open({
      delta() {},
      done: (text: string, _usage: TokenUsage | undefined) => resolve(text),
      failed: reject,
      drained: () => drained(),
    });
  });
  signal.addEventListener('abort', abort, { once: true });
  try {
    for (let at = 0; at < samples.length; at += PIECE) {
      const room = new Promise<void>((resolve) => {
        drained = resolve;
      });
      if (stream?.push(samples.subarray(at, at + PIECE)) !== false) continue;
      // It may be over before it takes more.
      await Promise.race([room, said]);
    }
    stream?.finish();
    yield* wholeSegment(plain(await said), (samples.length / sampleRate) * 1000);
  } finally {
    signal.removeEventListener('abort', abort);
    stream?.close();
  }
}
