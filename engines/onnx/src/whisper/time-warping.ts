/** The cheapest path through a matrix: which columns belong to which row, where both go forward only. */

/** How the path came to a cell: from the row before and the column before, from the row before, from the column before. */
const DIAGONAL = 0;
const DOWN = 1;
const RIGHT = 2;

/**
 * Dynamic time warping over the sum of `scores`, which shall be as high as can be: the path from the first row and column to the
 * last ones that goes one row on, one column on, or both, at each step. Of equal paths it takes the one whose later rows begin earlier.
 * @param scores [rows, columns], row by row; at least one of each
 * @returns for each row the column in which it begins; that of the first is 0
 */
export function warp(scores: Float64Array, rows: number, columns: number): Uint32Array {
  const from = new Uint8Array(rows * columns);
  let before = new Float64Array(columns + 1).fill(Number.POSITIVE_INFINITY);
  let costs = new Float64Array(columns + 1);
  before[0] = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    let left = Number.POSITIVE_INFINITY;
    let corner = before[0] ?? 0;
    costs[0] = left;
    for (let column = 0; column < columns; column++) {
      const above = before[column + 1] ?? 0;
      let cost = left;
      let step = RIGHT;
      if (corner < above && corner < left) {
        cost = corner;
        step = DIAGONAL;
      } else if (above < corner && above < left) {
        cost = above;
        step = DOWN;
      }
      left = cost - (scores[start + column] ?? 0);
      costs[column + 1] = left;
      from[start + column] = step;
      corner = above;
    }
    [before, costs] = [costs, before];
  }
  return begins(from, rows, columns);
}

/** Walks the path back from its end. */
function begins(from: Uint8Array, rows: number, columns: number): Uint32Array {
  const found = new Uint32Array(rows);
  let column = columns - 1;
  for (let row = rows - 1; row > 0; row--) {
    while (column > 0 && from[row * columns + column] === RIGHT) column--;
    found[row] = column;
    if (from[row * columns + column] === DIAGONAL) column--;
  }
  return found;
}
