/** Word errors, for the demo, the benchmarks and the tests. */

const UNITS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** Lower case, without punctuation, small numbers as words. */
export function wordsOf(text) {
  return text
    .toLowerCase()
    .replace(/[-–—]/g, ' ')
    .replace(/[^\p{L}\p{N}' ]+/gu, ' ')
    .split(/\s+/)
    .map((word) => (/^\d+$/.test(word) ? (UNITS[Number(word)] ?? word) : word.replace(/^'+|'+$/g, '')))
    .filter((word) => word !== '');
}

/** Fewest insertions, deletions and substitutions from one text's words to the other's. */
export function wordErrors(reference, hypothesis) {
  const a = wordsOf(reference);
  const b = wordsOf(hypothesis);
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return { errors: row[b.length], words: a.length };
}
