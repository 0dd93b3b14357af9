/**
 * A recording through a streaming model: it is heard as a live stream is, and cut where the model says, so that both tell the same.
 * Nothing is left out before it, as no silence makes such a model invent words.
 */
import { hearStream, type Segment, type TranscribeOptions } from '@vox-speech/contract';
import type { StreamingModel } from './live/batched-engine.js';
import { compressionRatio } from './loop.js';

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
  let length = 0;
  let utterance = 0;
  const blocks = async function* (): AsyncGenerator<Float32Array> {
    for await (const block of source) {
      length += block.length;
      onLength(length);
      yield block;
    }
  };
  for await (const segment of hearStream(model, model.openTranscription(options), blocks(), signal))
    yield { ...segment, utterance: utterance++, compressionRatio: compressionRatio(segment.text) };
}
