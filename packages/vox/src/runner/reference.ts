/** The recording whose voice a model is to speak with, at the rate that the model speaks. */
import { joinSamples } from '@vox-speech/audio';
import { readAudioFile } from '@vox-speech/audio/node';
import { type VoiceReference, VoxError } from '@vox-speech/contract';
import type { ReferenceFile } from '../messages/index.js';

/** Stored references last 30 s at most; the rest is rounding. */
const MAX_SECONDS = 31;

/**
 * Reads a stored reference.
 * @param sampleRate Hz that it is resampled to
 * @throws VoxError `not_found` when the voice was removed meanwhile, `cancelled`, what a damaged file throws
 */
export async function readReference(
  { path, text }: ReferenceFile,
  sampleRate: number,
  signal: AbortSignal,
): Promise<VoiceReference> {
  const blocks: Float32Array[] = [];
  try {
    for await (const block of readAudioFile({
      path,
      format: 'wav',
      outputRate: sampleRate,
      maxSeconds: MAX_SECONDS,
      signal,
    }))
      blocks.push(block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new VoxError('not_found', 'the recording of this voice is gone', { param: 'voice', cause: error });
  }
  return { samples: joinSamples(blocks), sampleRate, text };
}
