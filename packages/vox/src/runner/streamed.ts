/**
 * A recording through a streaming model: it is heard as a live stream is, and cut where the model says, so that both tell the same.
 * Nothing is left out before it, as no silence makes such a model invent words.
 */
import { type Segment, type TranscribeOptions, VoxError } from '@vox-speech/contract';
import type { StreamingModel } from './live/batched-engine.js';
import { compressionRatio } from './loop.js';

/** Samples that are heard between two looks at the signal (1 s at 16 kHz). */
const PIECE = 16_000;

export interface StreamedJob {
  readonly model: StreamingModel;
  /** Mono blocks at 16 kHz. */
  readonly source: AsyncIterable<Float32Array>;
  readonly options: TranscribeOptions;
  readonly signal: AbortSignal;
  /** Told after each block how many samples there have been. */
  onLength(samples: number): void;
}

/** Segments on the source's clock, as the model ends them. Throws VoxError `cancelled`, what the source throws, what the model throws. */
export async function* hearStreamed({
  model,
  source,
  options,
  signal,
  onLength,
}: StreamedJob): AsyncGenerator<Segment> {
  const stream = model.openTranscription(options);
  const heard = function* (): Generator<Segment> {
    while (stream.ready()) model.step([stream]);
    for (const { type, segment } of stream.poll())
      if (type === 'transcript-final' && segment !== undefined)
        yield { ...segment, compressionRatio: compressionRatio(segment.text) };
  };
  let length = 0;
  try {
    for await (const block of source) {
      length += block.length;
      onLength(length);
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
