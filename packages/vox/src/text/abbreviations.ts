/** What a full stop after a word means, where it does not end a sentence. English, with what other languages share. */

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** A name follows. */
const TITLES = set(
  'mr mrs ms mx dr prof rev fr hon pres gov sen rep gen col maj capt cmdr lt sgt cpl pvt adm mt ft messrs mme mlle sra srta hr vs cf viz approx ca esp incl z.b d.h e.g i.e',
);
/** A number follows, or else the sentence is over: "No. 5", but "She said no." */
const BEFORE_NUMBERS = set(
  'no nos nr fig figs vol vols p pp ch sec art eq ex ed op par jan feb mar apr jun jul aug sep sept oct nov dec',
);
/** May end a sentence or not; what follows decides. */
const AMBIGUOUS = set(
  'inc ltd co corp llc plc bros etc al jr sr esq st ave blvd rd dept univ assn est min max hrs tel ext a.m p.m am pm ph.d m.d b.a m.a',
);
/** Words with which a sentence begins far more often than a name does. */
const STARTERS = set(
  'the a an this that these those it its he she we they you i his her our their my your there here what when where who why how which if but and or so then in on at as for from with after before because although while since now yes no not do does did is are was were has have can will would could should let please',
);

/**
 * Does the full stop after `word` leave the sentence open?
 * @param word the letters and stops before it, without brackets and quotes
 * @param next the word that follows, '' at the end of the text
 */
export function stopIsInside(word: string, next: string): boolean {
  if (next === '') return false;
  const lower = word.toLowerCase();
  if (TITLES.has(lower)) return true;
  if (BEFORE_NUMBERS.has(lower)) return /^[#(]?[\dIVXLC]+\b/.test(next);
  const acronym = /^(\p{L}\.)+\p{L}$/u.test(word);
  const initial = /^\p{Lu}$/u.test(word);
  if (!AMBIGUOUS.has(lower) && !acronym && !initial) return false;
  const first = next.replace(/^[\p{P}]+/u, '');
  if (/^\p{Ll}|^\d/u.test(first)) return true;
  return !STARTERS.has(first.toLowerCase().replace(/[^\p{L}].*$/u, ''));
}
