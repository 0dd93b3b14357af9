/** A running median of seven, which takes single outliers out and leaves steps where they are. */

/** Values on each side of the one in the middle. */
export const MARGIN = 3;

/**
 * Adds to each of `sums` the median of the seven values around it; beyond the ends the values are those within, mirrored at the
 * first and the last. Three values and less are added as they are: there is nothing to mirror.
 * @param line the values, from place `MARGIN` on; it is longer by `2 * MARGIN + 1`, and what is around the values is written here
 * @param count of values
 * @param at where in `sums` the first belongs
 */
export function addMedians(line: Float64Array, count: number, sums: Float64Array, at: number): void {
  if (count <= MARGIN) {
    for (let i = 0; i < count; i++) sums[at + i] = (sums[at + i] ?? 0) + (line[MARGIN + i] ?? 0);
    return;
  }
  for (let i = 1; i <= MARGIN; i++) {
    line[MARGIN - i] = line[MARGIN + i] ?? 0;
    line[MARGIN + count - 1 + i] = line[MARGIN + count - 1 - i] ?? 0;
  }
  // Two neighbours have six values in common: their third and fourth are what the seventh is kept between.
  for (let i = 0; i < count; i += 2) {
    // Each half of the six in order.
    const left = line[i + 1] ?? 0;
    const leftNext = line[i + 2] ?? 0;
    const leftLast = line[i + 3] ?? 0;
    const leftRest = higher(lower(left, leftNext), leftLast);
    const left1 = lower(lower(left, leftNext), leftLast);
    const left2 = lower(higher(left, leftNext), leftRest);
    const left3 = higher(higher(left, leftNext), leftRest);
    const right = line[i + 4] ?? 0;
    const rightNext = line[i + 5] ?? 0;
    const rightLast = line[i + 6] ?? 0;
    const rightRest = higher(lower(right, rightNext), rightLast);
    const right1 = lower(lower(right, rightNext), rightLast);
    const right2 = lower(higher(right, rightNext), rightRest);
    const right3 = higher(higher(right, rightNext), rightRest);
    const third = lower(lower(left3, right3), lower(higher(left2, right1), higher(left1, right2)));
    const fourth = lower(higher(left2, right2), lower(higher(left3, right1), higher(left1, right3)));
    sums[at + i] = (sums[at + i] ?? 0) + higher(third, lower(fourth, line[i] ?? 0));
    if (i + 1 < count)
      sums[at + i + 1] = (sums[at + i + 1] ?? 0) + higher(third, lower(fourth, line[i + 7] ?? 0));
  }
}

// Not Math.min and Math.max, which look for NaN and -0.
function lower(a: number, b: number): number {
  return a < b ? a : b;
}

function higher(a: number, b: number): number {
  return a < b ? b : a;
}
