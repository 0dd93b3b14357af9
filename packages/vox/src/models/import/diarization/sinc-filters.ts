/**
 * Band-pass filters given by their edges alone (Ravanelli and Bengio, "Speaker Recognition from Raw Waveform with SincNet",
 * 2018), each once as an even and once as an odd function, as asteroid-filterbanks has them.
 */
import type { Weights } from '../torch/checkpoint.js';

export const FILTERS = 80;
export const FILTER_LENGTH = 251;
const HALF = 125;
const BANDS = FILTERS / 2;
/** Hz. */
const SAMPLE_RATE = 16_000;
const LOWEST = 50;
const NARROWEST = 50;

/** Row by row: 40 even filters, then 40 odd ones. Throws VoxError `model_broken`. */
export function sincFilters(weights: Weights): Float32Array {
  const name = 'sincnet.conv1d.0.filterbank';
  const low = weights.take(`${name}.low_hz_`, [BANDS, 1]).values;
  const width = weights.take(`${name}.band_hz_`, [BANDS, 1]).values;
  const window = weights.take(`${name}.window_`, [HALF]).values;
  /** Radians a Hz, of the half before the middle. */
  const times = weights.take(`${name}.n_`, [1, HALF]).values;
  const filters = new Float32Array(FILTERS * FILTER_LENGTH);
  for (let band = 0; band < BANDS; band++) {
    const from = LOWEST + Math.abs(low[band] ?? 0);
    const to = Math.min(Math.max(from + NARROWEST + Math.abs(width[band] ?? 0), LOWEST), SAMPLE_RATE / 2);
    const even = band * FILTER_LENGTH;
    const odd = (BANDS + band) * FILTER_LENGTH;
    // All are divided by twice the band's width, so that the middle of the even one is 1.
    const scale = 2 * (to - from);
    filters[even + HALF] = 1;
    for (let at = 0; at < HALF; at++) {
      const time = times[at] ?? 1;
      const shape = (window[at] ?? 0) / (time / 2) / scale;
      const sine = (Math.sin(to * time) - Math.sin(from * time)) * shape;
      const cosine = (Math.cos(from * time) - Math.cos(to * time)) * shape;
      filters[even + at] = sine;
      filters[even + FILTER_LENGTH - 1 - at] = sine;
      filters[odd + at] = cosine;
      filters[odd + FILTER_LENGTH - 1 - at] = -cosine;
    }
  }
  return filters;
}
