/**
 * The low-pass of the resampler as a table: one row of taps for each place that an output sample can take between
 * two input samples. Kaiser window; design formulas from Kaiser & Schafer, "On the use of the I0-sinh window for
 * spectrum analysis" (1980), as found in any text on filter design.
 */

/** dB: what lies above the lower Nyquist frequency is this much weaker. */
const STOPBAND_DB = 70;
/** Passband and stopband edges, as parts of the lower Nyquist frequency. Nothing folds back: the stopband begins where folding does. */
const PASS_EDGE = 0.9;
const STOP_EDGE = 1;
/** Floats in an exact table; beyond it rows are interpolated (odd pairs of rates such as 44101 to 16000). */
const MAX_TABLE = 262_144;
/**
 * Rows per sample of the lower rate when interpolating: a straight line between neighbours is off by
 * (pi / 512)^2 / 8, that is -106 dB.
 */
const INTERPOLATED_ROWS = 512;

/** Modified Bessel function of the first kind, order 0, by its power series. */
function bessel0(x: number): number {
  const quarter = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}

export interface FilterBank {
  /** Taps of a row; even. The output lies between taps `taps / 2 - 1` and `taps / 2`. */
  readonly taps: number;
  /** One output: the taps for `phase` (0..up-1) over `signal` from `start` on. */
  apply(signal: Float32Array, start: number, phase: number): number;
}

/** The sum of products, in four parts: one long chain of additions would wait for each to finish. */
function dot(signal: Float32Array, start: number, rows: Float32Array, row: number, taps: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; i < taps; i += 4) {
    a += (signal[start + i] as number) * (rows[row + i] as number);
    b += (signal[start + i + 1] as number) * (rows[row + i + 1] as number);
    c += (signal[start + i + 2] as number) * (rows[row + i + 2] as number);
    d += (signal[start + i + 3] as number) * (rows[row + i + 3] as number);
  }
  return a + b + (c + d);
}

/** `count` rows of taps, row r for an output r / `per` of a sample after its left neighbour; each sums to 1. */
function makeRows(taps: number, count: number, per: number, ratio: number): Float32Array {
  const beta = 0.1102 * (STOPBAND_DB - 8.7);
  const scale = bessel0(beta);
  const half = taps / 2;
  const cutoff = ((PASS_EDGE + STOP_EDGE) / 2) * ratio;
  const rows = new Float32Array(taps * count);
  const row = new Float64Array(taps);
  for (let r = 0; r < count; r++) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const t = tap - half + 1 - r / per;
      const inside = 1 - (t / half) ** 2;
      const angle = Math.PI * cutoff * t;
      const sinc = t === 0 ? 1 : Math.sin(angle) / angle;
      const value = inside <= 0 ? 0 : (sinc * bessel0(beta * Math.sqrt(inside))) / scale;
      row[tap] = value;
      sum += value;
    }
    // Every row passes a constant unchanged, whatever its phase.
    for (let tap = 0; tap < taps; tap++) rows[r * taps + tap] = (row[tap] ?? 0) / sum;
  }
  return rows;
}

function design(up: number, down: number): FilterBank {
  const ratio = Math.min(1, up / down);
  // Kaiser's length for the wanted stopband and transition, at the lower rate; then in input samples.
  const length = (STOPBAND_DB - 7.95) / (2.285 * Math.PI * (STOP_EDGE - PASS_EDGE));
  const taps = 4 * Math.ceil(length / ratio / 4);
  if (up * taps <= MAX_TABLE) {
    const rows = makeRows(taps, up, up, ratio);
    return { taps, apply: (signal, start, phase) => dot(signal, start, rows, phase * taps, taps) };
  }
  const count = Math.max(1, Math.ceil(INTERPOLATED_ROWS * ratio));
  const rows = makeRows(taps, count + 1, count, ratio);
  return {
    taps,
    apply: (signal, start, phase) => {
      const place = (phase * count) / up;
      const row = Math.floor(place);
      const before = dot(signal, start, rows, row * taps, taps);
      const after = dot(signal, start, rows, (row + 1) * taps, taps);
      return before + (after - before) * (place - row);
    },
  };
}

/** Tables are pure data of up to 1 MB that take milliseconds to make; a server meets the same few rates again and again. */
const CACHE_SIZE = 8;
const cache = new Map<string, FilterBank>();

/**
 * The low-pass for `up / down` (in lowest terms): stopband 70 dB from the lower Nyquist frequency on, flat to
 * 0.9 of it. Shared between streams.
 */
export function filterBank(up: number, down: number): FilterBank {
  const key = `${up}/${down}`;
  const bank = cache.get(key) ?? design(up, down);
  cache.delete(key);
  cache.set(key, bank);
  const oldest = cache.keys().next().value;
  if (cache.size > CACHE_SIZE && oldest !== undefined) cache.delete(oldest);
  return bank;
}
