/**
 * Words as a scorer sees them: lower case, no punctuation, numbers written out; and the word error rate.
 * A word is lost where nothing at all stands in its place, and added where nothing was said: two words heard as another
 * one ("or for" as "author") are errors, but nothing was lost there.
 */

const UNITS = [
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven'],
  ...['twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'],
];
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];

/** 44 -> ['forty', 'four']; above 999 999 the digits are read one by one. */
export function numberWords(n) {
  if (n < 20) return [UNITS[n]];
  if (n < 100) return n % 10 ? [TENS[Math.floor(n / 10)], UNITS[n % 10]] : [TENS[n / 10]];
  if (n < 1000) return [UNITS[Math.floor(n / 100)], 'hundred', ...(n % 100 ? numberWords(n % 100) : [])];
  if (n < 1e6) {
    return [...numberWords(Math.floor(n / 1000)), 'thousand', ...(n % 1000 ? numberWords(n % 1000) : [])];
  }
  return [...String(n)].map((digit) => UNITS[Number(digit)]);
}

/** The words of a text, ready to compare. */
export function normalise(text) {
  return String(text)
    .normalize('NFKC')
    .toLowerCase()
    .replace(/(\d),(?=\d{3})/g, '$1')
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((word) => (/^\d+$/.test(word) ? numberWords(Number(word)) : [word]));
}

/** Least-cost alignment of two word lists, as steps [kind, referenceIndex, hypothesisIndex]. */
export function align(reference, hypothesis) {
  const width = hypothesis.length + 1;
  const cost = new Int32Array((reference.length + 1) * width);
  for (let j = 1; j < width; j++) cost[j] = j;
  for (let i = 1; i <= reference.length; i++) {
    cost[i * width] = i;
    for (let j = 1; j < width; j++) {
      const swap = cost[(i - 1) * width + j - 1] + (reference[i - 1] === hypothesis[j - 1] ? 0 : 1);
      cost[i * width + j] = Math.min(swap, cost[(i - 1) * width + j] + 1, cost[i * width + j - 1] + 1);
    }
  }
  const steps = [];
  let i = reference.length;
  let j = hypothesis.length;
  while (i > 0 || j > 0) {
    const here = cost[i * width + j];
    const same = i > 0 && j > 0 && reference[i - 1] === hypothesis[j - 1];
    if (i > 0 && j > 0 && here === cost[(i - 1) * width + j - 1] + (same ? 0 : 1)) {
      steps.push([same ? 'same' : 'substitution', --i, --j]);
    } else if (i > 0 && here === cost[(i - 1) * width + j] + 1) steps.push(['deletion', --i, j]);
    else steps.push(['insertion', i, --j]);
  }
  return steps.reverse();
}

/** Word error rate in percent, with its parts. */
export function wordErrors(referenceText, hypothesisText) {
  const reference = normalise(referenceText);
  const hypothesis = normalise(hypothesisText);
  const count = { same: 0, substitution: 0, deletion: 0, insertion: 0 };
  const differences = [];
  let lost = 0;
  let added = 0;
  /** What differs in a row. */
  let stretch = [];
  const close = () => {
    if (!stretch.includes('substitution')) {
      lost += stretch.filter((kind) => kind === 'deletion').length;
      added += stretch.filter((kind) => kind === 'insertion').length;
    }
    stretch = [];
  };
  for (const [kind, r, h] of align(reference, hypothesis)) {
    count[kind]++;
    if (kind === 'same') {
      close();
      continue;
    }
    stretch.push(kind);
    const was = kind === 'insertion' ? '-' : reference[r];
    differences.push(`${was}>${kind === 'deletion' ? '-' : hypothesis[h]}`);
  }
  close();
  const errors = count.substitution + count.deletion + count.insertion;
  return {
    words: reference.length,
    errors,
    substitutions: count.substitution,
    lost,
    added,
    percent: reference.length ? (100 * errors) / reference.length : errors ? 100 : 0,
    differences,
  };
}
