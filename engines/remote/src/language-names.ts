/** Languages by their English names, as some models write and read them. */

const NAMES = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });

/** Names that models use and CLDR does not, and those that several codes share. */
const OTHER: Readonly<Record<string, string>> = {
  mandarin: 'zh',
  cantonese: 'yue',
  filipino: 'fil',
  tagalog: 'tl',
  norwegian: 'no',
  farsi: 'fa',
};

let codes: Map<string, string> | undefined;

/** English name of an ISO 639 code, e.g. `German`; the code itself where it has none. */
export function languageName(code: string): string {
  try {
    return NAMES.of(code) ?? code;
  } catch {
    return code;
  }
}

/** ISO 639-1 code of what a model calls a language (`de`, `de-DE`, `German`, `german`); undefined = not known. */
export function languageCode(name: string): string | undefined {
  const text = name.trim().toLowerCase();
  codes ??= allCodes();
  // Names first: Lao is one of three letters.
  const code = OTHER[text] ?? codes.get(text);
  return code ?? /^([a-z]{2,3})(?:-|$)/.exec(text)?.[1];
}

function allCodes(): Map<string, string> {
  const found = new Map<string, string>();
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  for (const first of letters)
    for (const second of letters) {
      const name = NAMES.of(first + second)?.toLowerCase();
      if (name !== undefined && !found.has(name)) found.set(name, first + second);
    }
  return found;
}
