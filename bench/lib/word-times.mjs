/** How far two lists of timed words are apart, over the words that both heard. */
import { align, normalise } from './words.mjs';

/** "cold-hearted" is two words of which only the first's start and the last's end are known. */
function pieces(words) {
  return words.flatMap(({ word, start, end }) => {
    const parts = normalise(word);
    return parts.map((text, i) => ({
      text,
      start: i === 0 ? start : null,
      end: i === parts.length - 1 ? end : null,
    }));
  });
}

/** Absolute differences in ms: { starts, ends }, with the number of words matched and of each list. */
export function compareTimes(ours, theirs) {
  const a = pieces(theirs);
  const b = pieces(ours);
  const starts = [];
  const ends = [];
  const steps = align(
    a.map(({ text }) => text),
    b.map(({ text }) => text),
  );
  let matched = 0;
  for (const [kind, i, j] of steps) {
    if (kind !== 'same') continue;
    matched++;
    if (a[i].start !== null && b[j].start !== null) starts.push(Math.abs(a[i].start - b[j].start) * 1000);
    if (a[i].end !== null && b[j].end !== null) ends.push(Math.abs(a[i].end - b[j].end) * 1000);
  }
  return { starts, ends, matched, ours: b.length, theirs: a.length };
}
