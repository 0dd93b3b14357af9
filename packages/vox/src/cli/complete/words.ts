/** A command line as bash has it, as words. */

/**
 * Splits what stands before the cursor into words, the way a shell does: blanks outside quotes part words, a backslash
 * takes the next character as it is. The last word is the one that is being written; it may be empty.
 */
export function splitLine(line: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  let inside = false;
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const character = line[i] ?? '';
    if (character === '\\' && quote !== "'") {
      word += line[++i] ?? '';
      inside = true;
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      inside = true;
    } else if (/\s/.test(character)) {
      if (inside) words.push(word);
      word = '';
      inside = false;
    } else {
      word += character;
      inside = true;
    }
  }
  return [...words, word];
}

/** How much of the word bash takes for done: up to the last of the characters that part words for it, as `:` does. */
export function doneByBash(word: string, breaks: string): number {
  let done = 0;
  for (let i = 0; i < word.length; i++) if (breaks.includes(word[i] ?? '')) done = i + 1;
  return done;
}
