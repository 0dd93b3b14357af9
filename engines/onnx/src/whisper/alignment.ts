/**
 * When each token was said, from where the decoder looked in the audio before it wrote it. Some heads of the cross-attention follow
 * the voice; which these are is known for every Whisper, and the importer's graph gives their weights alone.
 *
 * The steps and their constants are those of openai/whisper (timing.py, `find_alignment`).
 */
import { addMedians, MARGIN } from './median.js';
import { warp } from './time-warping.js';

/** Seconds between two positions of the encoder. */
const POSITION_SECONDS = 0.02;

/**
 * The times of the tokens that one decode said. As in the original, the row of the last token of the prompt is the first token's,
 * and so on: a row tells of the token that it chose. The row of the last token chose the end, which is where that token ends.
 * @param attention a row for each token, and one for the end: what each of `heads` heads looked at [heads, positions], which add up
 * to 1. At least `positions` of them; those behind are silence, at which each row looks now and then, and count for nothing
 * @param positions those that are audio: one for 20 ms
 * @returns where each row begins, in seconds since the first sample; 0 for the first, whenever the voice begins
 */
export async function tokenTimes(
  attention: readonly Float32Array[],
  heads: number,
  positions: number,
): Promise<readonly number[]> {
  if (attention.length === 0 || positions < 1) return attention.map(() => 0);
  const scores = new Float64Array(attention.length * positions);
  for (let head = 0; head < heads; head++) {
    addScores(scores, attention, { head, heads }, positions);
    // A head of 30 s takes 15 ms: whoever speaks live has a turn between two.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const begins = warp(scores, attention.length, positions);
  return Array.from(begins, (position) => position * POSITION_SECONDS);
}

/**
 * Adds how much more than usual each row looked at each position by one head, in standard deviations.
 */
function addScores(
  scores: Float64Array,
  attention: readonly Float32Array[],
  { head, heads }: { readonly head: number; readonly heads: number },
  positions: number,
): void {
  const line = new Float64Array(positions + 2 * MARGIN + 1);
  const rows = attention.map((row) => sharesOf(row, (head * row.length) / heads, positions));
  const { means, factors } = usual(rows, positions);
  rows.forEach((row, at) => {
    for (let position = 0; position < positions; position++) {
      const more = (row[position] ?? 0) - (means[position] ?? 0);
      line[MARGIN + position] = more * (factors[position] ?? 0);
    }
    addMedians(line, positions, scores, at * positions);
  });
}

/** The audio's part of a row, with a sum of 1 again: the softmax of the audio alone. */
function sharesOf(row: Float32Array, from: number, positions: number): Float32Array {
  const shares = row.slice(from, from + positions);
  let sum = 0;
  for (let position = 0; position < positions; position++) sum += shares[position] ?? 0;
  const factor = sum > 0 ? 1 / sum : 0;
  for (let position = 0; position < positions; position++)
    shares[position] = (shares[position] ?? 0) * factor;
  return shares;
}

/** Mean of all rows at every position, and 1 over their standard deviation; 0 where they are the same. */
function usual(
  rows: readonly Float32Array[],
  positions: number,
): { readonly means: Float64Array; readonly factors: Float64Array } {
  const means = new Float64Array(positions);
  const factors = new Float64Array(positions);
  for (const row of rows)
    for (let position = 0; position < positions; position++)
      means[position] = (means[position] ?? 0) + (row[position] ?? 0);
  for (let position = 0; position < positions; position++)
    means[position] = (means[position] ?? 0) / rows.length;
  for (const row of rows)
    for (let position = 0; position < positions; position++) {
      const off = (row[position] ?? 0) - (means[position] ?? 0);
      factors[position] = (factors[position] ?? 0) + off * off;
    }
  for (let position = 0; position < positions; position++) {
    const deviation = Math.sqrt((factors[position] ?? 0) / rows.length);
    factors[position] = deviation > 0 ? 1 / deviation : 0;
  }
  return { means, factors };
}
