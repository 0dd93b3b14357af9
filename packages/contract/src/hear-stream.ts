/** A recording through a model that hears streams. */
import type { Model, TranscriptionStream } from './engine.js';
import { VoxError } from './errors.js';
import type { Segment } from './transcript.js';

/** Samples between two looks at the signal (1 s at 16 kHz). */
const PIECE = 16_000;

/**
 * Segments as the model ends them, each with times on the stream's clock. The stream is closed at the end, whatever that is.
 * @param stream a new one of `model`
 * @param blocks mono samples at the model's rate
 * @throws VoxError `cancelled`, what the blocks throw, what the model throws
 */
export async function* hearStream(
  model: Required<Pick<Model, 'step'>>,
  stream: TranscriptionStream,
  blocks: AsyncIterable<Float32Array> | Iterable<Float32Array>,
  signal: AbortSignal,
): AsyncGenerator<Segment, void> {
  const heard = function* (): Generator<Segment> {
    while (stream.ready()) model.step([stream]);
    for (const { type, segment } of stream.poll())
      if (type === 'transcript-final' && segment !== undefined) yield segment;
  };
  try {
    for await (const block of blocks) {
      for (let at = 0; at < block.length; at += PIECE) {
        stream.push(block.subarray(at, at + PIECE));
        yield* heard();
        // Live streams, and whoever cancels, must have their turn.
        await new Promise((resolve) => setImmediate(resolve));
        if (signal.aborted) throw new VoxError('cancelled', 'the transcription was cancelled');
      }
    }
    stream.finish();
    yield* heard();
  } finally {
    stream.close();
  }
}
