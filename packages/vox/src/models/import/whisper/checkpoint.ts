/** What a Whisper checkpoint is: its sizes, read from the shapes of its weights, and what its configuration adds. */
import { VoxError } from '@vox-speech/contract';
import { z } from 'zod';
import { readJson } from '../files.js';
import type { Ct2Model } from './ct2-reader.js';

export interface WhisperShape {
  /** Mel bands: 80, and 128 since large-v3. */
  readonly mels: number;
  /** Positions of the encoder: 1500 of 20 ms. */
  readonly audioContext: number;
  /** Positions of the decoder: 448. */
  readonly textContext: number;
  readonly state: number;
  readonly heads: number;
  readonly headSize: number;
  readonly audioLayers: number;
  readonly textLayers: number;
  readonly vocabularySize: number;
}

export interface WhisperSettings {
  /** [decoder layer, head] of the heads whose attention follows the speech; empty = no word times. */
  readonly alignmentHeads: readonly (readonly [number, number])[];
  /** Tokens that are no speech, such as music signs. */
  readonly suppressedTokens: readonly number[];
}

const CONFIG = z.object({
  alignment_heads: z.array(z.tuple([z.number().int().min(0), z.number().int().min(0)])).nullish(),
  suppress_ids: z.array(z.number().int()).nullish(),
});

function layers(model: Ct2Model, part: 'encoder' | 'decoder'): number {
  let count = 0;
  while (model.has(`${part}/layer_${count}/self_attention/linear_0/weight`)) count++;
  return count;
}

function dim(model: Ct2Model, tensor: string, axis: number): number {
  const size = model.dims(tensor)[axis];
  if (size === undefined)
    throw new VoxError(
      'model_broken',
      `${model.path}: tensor ${tensor} has no dimension ${axis}; pull the model again`,
    );
  return size;
}

/** Sizes of the checkpoint. Throws VoxError `model_broken` when the weights are not Whisper's. */
export async function readShape(model: Ct2Model): Promise<WhisperShape> {
  if (model.specification !== 'WhisperSpec')
    throw new VoxError(
      'model_broken',
      `${model.path} is a ${model.specification}, and WhisperSpec is needed`,
    );
  const state = dim(model, 'encoder/conv1/bias', 0);
  const heads = await model.number('encoder/num_heads');
  if (!(heads > 0) || state % heads !== 0)
    throw new VoxError('model_broken', `${model.path}: ${heads} heads do not divide a state of ${state}`);
  return {
    mels: dim(model, 'encoder/conv1/weight', 1),
    audioContext: dim(model, 'encoder/position_encodings/encodings', 0),
    textContext: dim(model, 'decoder/position_encodings/encodings', 0),
    state,
    heads,
    headSize: state / heads,
    audioLayers: layers(model, 'encoder'),
    textLayers: layers(model, 'decoder'),
    vocabularySize: dim(model, 'decoder/embeddings/weight', 0),
  };
}

/**
 * The parts of `config.json` that the graphs need; an absent file means no word times. Throws VoxError `model_broken`
 * when a head it names isn't there.
 */
export async function readSettings(path: string | undefined, shape: WhisperShape): Promise<WhisperSettings> {
  if (path === undefined) return { alignmentHeads: [], suppressedTokens: [] };
  const config = await readJson(path, CONFIG);
  const alignmentHeads = config.alignment_heads ?? [];
  for (const [layer, head] of alignmentHeads)
    if (layer >= shape.textLayers || head >= shape.heads)
      throw new VoxError(
        'model_broken',
        `${path}: alignment_heads names head ${head} of layer ${layer}, which isn't there`,
      );
  return { alignmentHeads, suppressedTokens: config.suppress_ids ?? [] };
}
