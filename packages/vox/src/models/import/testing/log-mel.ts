/**
 * Whisper's features by their definition, one number after the other and in double precision: what the features of an import
 * are held against. Nothing of it is shared with the import.
 */

const FRAME = 400;
const HOP = 160;
const FREQUENCIES = 201;
const HZ_PER_FREQUENCY = 40;

/** Edges of the bands in Hz: evenly spaced on Slaney's scale, 200/3 Hz a mel below 1000 Hz, 6.4 to the 27th root above. */
function edgesOf(mels: number): number[] {
  const highest = 15 + (27 * Math.log(8)) / Math.log(6.4);
  return Array.from({ length: mels + 2 }, (_, i) => {
    const mel = (i * highest) / (mels + 1);
    return mel < 15 ? (mel * 200) / 3 : 1000 * 6.4 ** ((mel - 15) / 27);
  });
}

/** How much a frequency in Hz gives to the band between three edges in Hz. */
function share(hertz: number, low: number, middle: number, high: number): number {
  if (hertz <= low || hertz >= high) return 0;
  const height = hertz < middle ? (hertz - low) / (middle - low) : (high - hertz) / (high - middle);
  return (2 * height) / (high - low);
}

const COSINES = Float64Array.from({ length: FRAME }, (_, i) => Math.cos((2 * Math.PI * i) / FRAME));
const SINES = Float64Array.from({ length: FRAME }, (_, i) => Math.sin((2 * Math.PI * i) / FRAME));

/** Powers of the frequencies 0, 40 … 8000 Hz in the frame around a sample. */
function powersAround(samples: Float32Array, middle: number): Float64Array {
  const windowed = Float64Array.from({ length: FRAME }, (_, i) => {
    let at = Math.abs(middle - FRAME / 2 + i);
    if (at >= samples.length) at = 2 * (samples.length - 1) - at;
    return (samples[at] ?? Number.NaN) * (0.5 - 0.5 * (COSINES[i] ?? 0));
  });
  const powers = new Float64Array(FREQUENCIES);
  for (let frequency = 0; frequency < FREQUENCIES; frequency++) {
    let real = 0;
    let imaginary = 0;
    for (let i = 0; i < FRAME; i++) {
      const at = (i * frequency) % FRAME;
      real += (windowed[i] ?? 0) * (COSINES[at] ?? 0);
      imaginary -= (windowed[i] ?? 0) * (SINES[at] ?? 0);
    }
    powers[frequency] = real * real + imaginary * imaginary;
  }
  return powers;
}

/** Features [mels, frames] of samples at 16 kHz, row by row. */
export function logMel(samples: Float32Array, mels: number): Float64Array {
  const edges = edgesOf(mels);
  const shares = Array.from({ length: mels }, (_, band) => {
    const [low = 0, middle = 0, high = 0] = edges.slice(band, band + 3);
    return Float64Array.from({ length: FREQUENCIES }, (_, i) =>
      share(i * HZ_PER_FREQUENCY, low, middle, high),
    );
  });
  const frames = Math.floor(samples.length / HOP);
  const logarithms = new Float64Array(mels * frames);
  for (let frame = 0; frame < frames; frame++) {
    const powers = powersAround(samples, frame * HOP);
    shares.forEach((ofBand, band) => {
      const power = powers.reduce((sum, p, i) => sum + p * (ofBand[i] ?? 0), 0);
      logarithms[band * frames + frame] = Math.log10(Math.max(power, 1e-10));
    });
  }
  const loudest = logarithms.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return logarithms.map((value) => (Math.max(value, loudest - 8) + 4) / 4);
}
