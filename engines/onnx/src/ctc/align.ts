/** When the letters of a text were said: the likeliest way through the frames that says it, by Viterbi's method. */

/** A letter, its frames (from, and one past the last), and how sure the model was of it, 0..1. */
export interface SaidLetter {
  readonly label: number;
  readonly start: number;
  readonly end: number;
  readonly confidence: number;
}

/** How a state is reached: from itself, from the one before, or over a blank that is left out. */
const MOST_SKIPPED = 2;

/**
 * The frames of each letter.
 * @param frames natural-log probabilities of all labels
 * @param letters labels in order, without blanks
 * @returns one a letter; empty where there are too few frames to say them
 */
export function alignLetters(
  frames: readonly Float32Array[],
  letters: readonly number[],
  blank: number,
): SaidLetter[] {
  // States: a blank, then each letter and the blank after it.
  const states = 2 * letters.length + 1;
  const labelOf = (state: number): number => (state % 2 === 0 ? blank : (letters[(state - 1) / 2] ?? blank));
  const steps = new Uint8Array(frames.length * states);
  let scores = new Float64Array(states).fill(Number.NEGATIVE_INFINITY);
  let next = new Float64Array(states);
  frames.forEach((frame, at) => {
    for (let state = 0; state < states; state++) {
      const label = labelOf(state);
      let best = at === 0 ? (state <= 1 ? 0 : Number.NEGATIVE_INFINITY) : (scores[state] ?? 0);
      let step = 0;
      // A blank between two letters may be left out, unless they are the same.
      const most = state % 2 === 1 && labelOf(state - MOST_SKIPPED) !== label ? MOST_SKIPPED : 1;
      for (let back = 1; at > 0 && back <= Math.min(most, state); back++) {
        const from = scores[state - back] ?? Number.NEGATIVE_INFINITY;
        if (from > best) [best, step] = [from, back];
      }
      next[state] = best + (frame[label] ?? Number.NEGATIVE_INFINITY);
      steps[at * states + state] = step;
    }
    [scores, next] = [next, scores];
  });
  const last = states - 1;
  let state = last > 0 && (scores[last - 1] ?? 0) > (scores[last] ?? 0) ? last - 1 : last;
  if (letters.length === 0 || scores[state] === Number.NEGATIVE_INFINITY) return [];
  const said: { start: number; end: number; best: number }[] = [];
  for (let at = frames.length - 1; at >= 0; at--) {
    if (state % 2 === 1) {
      const letter = (state - 1) / 2;
      const p = frames[at]?.[letters[letter] ?? blank] ?? Number.NEGATIVE_INFINITY;
      const known = said[letter];
      said[letter] = { start: at, end: known?.end ?? at + 1, best: Math.max(known?.best ?? p, p) };
    }
    state -= steps[at * states + state] ?? 0;
  }
  return letters.map((label, at) => {
    const { start, end, best } = said[at] ?? { start: 0, end: 0, best: Number.NEGATIVE_INFINITY };
    return { label, start, end, confidence: Math.min(1, Math.exp(best)) };
  });
}
