/**
 * Some channels of a normalised value are far larger than the rest, and one scale for all of them wastes most of the 8 bits
 * on those few. Dividing each channel by a factor, and multiplying the weights that read it by the same, changes nothing in
 * real numbers and evens the channels out (SmoothQuant, arXiv 2211.10438, which takes the factors from sample data). Ours
 * come from the normalisation's own gain and bias, so that no data is needed.
 */
import type { Ct2Model } from './ct2-reader.js';

/** How much of a channel's size moves into the weights; 0.5 is the paper's, and the best of 0.3, 0.5, 0.7 and 1 on base. */
const STRENGTH = 0.5;

/** Channels are never made more than this many times smaller or larger than the mean one. */
const LIMIT = 1000;

/** One factor a channel; their geometric mean is 1. */
export async function smoothingFactors(model: Ct2Model, prefix: string): Promise<Float32Array> {
  const [gains, biases] = await Promise.all([
    model.floats(`${prefix}/gamma`),
    model.floats(`${prefix}/beta`),
  ]);
  const logarithms = gains.map((gain, i) => STRENGTH * Math.log(Math.hypot(gain, biases[i] ?? 0) + 1e-9));
  const mean = logarithms.reduce((sum, value) => sum + value, 0) / logarithms.length;
  return logarithms.map((value) => Math.min(LIMIT, Math.max(1 / LIMIT, Math.exp(value - mean))));
}
