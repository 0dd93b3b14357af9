/** Voices as vectors of length 1: which of them are the same person's. */

/**
 * The product from which on two vectors are taken to be of one person. `block`: of the same recording; `vague`: the same, of
 * a second or two; `known`: in a recording of its own, on another day and device. Measured with CAM++ on the shared
 * recordings: pieces of one reader's speech 0.63 to 0.95, also from two books, two people 0.30 and less.
 */
const SAME = { block: 0.5, vague: 0.25, known: 0.45 } as const;

/** The vector at length 1. */
export function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(product(vector, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}

/**
 * For each voice the number of the candidate that is the same person; null where none is. No candidate is given twice: of
 * two that would have it, the more alike one gets it.
 */
export function matchVoices(
  voices: readonly Float32Array[],
  candidates: readonly Float32Array[],
  among: keyof typeof SAME,
): (number | null)[] {
  const pairs = voices.flatMap((voice, from) =>
    candidates.map((candidate, to) => ({ from, to, alike: product(voice, candidate) })),
  );
  const matches: (number | null)[] = voices.map(() => null);
  const taken = new Set<number>();
  for (const { from, to, alike } of pairs.sort((a, b) => b.alike - a.alike)) {
    if (alike < SAME[among]) break;
    if (matches[from] !== null || taken.has(to)) continue;
    matches[from] = to;
    taken.add(to);
  }
  return matches;
}

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}
