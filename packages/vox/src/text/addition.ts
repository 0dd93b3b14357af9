/** Texts in order, as their language writes them. Pure. */

/** Languages that write no space between words (Unicode Standard, chapters 16 and 18). */
const UNSPACED = new Set(['zh', 'yue', 'ja', 'th', 'lo', 'my', 'km', 'bo']);

/**
 * What a text adds to the one before it: itself, behind a space where its language has spaces.
 * @param language ISO 639-1; undefined = one with spaces
 */
export function addition(before: string, next: string, language: string | undefined): string {
  const text = next.trim();
  const spaced = before !== '' && text !== '' && !UNSPACED.has(language ?? '');
  return spaced ? ` ${text}` : text;
}
