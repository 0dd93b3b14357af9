/**
 * The mel bands that Whisper hears in: `librosa.filters.mel(sr=16000, n_fft=400)`, which OpenAI's Whisper has as a file of
 * numbers. They are computed here, after M. Slaney's Auditory Toolbox (1998), whose scale and normalisation librosa takes.
 */

/** Hz: straight up to here, logarithmic above (Slaney: 13 bands of 66.67 Hz, then a ratio). */
const BEND = 1000;
/** Mels a Hz below the bend: 3 in 200 Hz. */
const MELS_PER_HZ = 3 / 200;
/** Natural logarithm of the ratio of two frequencies that are a mel apart above the bend: 6.4 in 27 mels. */
const LOG_RATIO = Math.log(6.4) / 27;

/** Hz to mels. */
function toMels(frequency: number): number {
  if (frequency < BEND) return frequency * MELS_PER_HZ;
  return BEND * MELS_PER_HZ + Math.log(frequency / BEND) / LOG_RATIO;
}

/** Mels to Hz. */
function toHertz(mels: number): number {
  const bend = BEND * MELS_PER_HZ;
  if (mels < bend) return mels / MELS_PER_HZ;
  return BEND * Math.exp((mels - bend) * LOG_RATIO);
}

/**
 * How much each frequency gives to each band, frequency by frequency: `frequencies.length` rows of `bands` numbers. Bands are
 * triangles, evenly spaced in mels from 0 Hz to `highest` Hz, each of the same area (Slaney's normalisation).
 * @param frequencies Hz
 */
export function melBank(bands: number, frequencies: readonly number[], highest: number): Float32Array {
  const step = toMels(highest) / (bands + 1);
  const bank = new Float32Array(frequencies.length * bands);
  for (let band = 0; band < bands; band++) {
    const low = toHertz(band * step);
    const middle = toHertz((band + 1) * step);
    const high = toHertz((band + 2) * step);
    frequencies.forEach((frequency, row) => {
      const rising = (frequency - low) / (middle - low);
      const falling = (high - frequency) / (high - middle);
      bank[row * bands + band] = (Math.max(0, Math.min(rising, falling)) * 2) / (high - low);
    });
  }
  return bank;
}
