/** Notices a decode that went round in circles, the way greedy Whisper sometimes does. */
import { deflateSync } from 'node:zlib';

/** Whisper's own threshold of the compression ratio. */
export const MAX_COMPRESSION_RATIO = 2.4;
/** Short texts do not compress well, so a phrase that comes this often in a row counts too. */
const MAX_REPEATS = 5;
const MAX_PHRASE_WORDS = 8;
/** ...if it makes up this much of the text. "No, no, no, no, no!" at the start of a speech does not. */
const REPEATED_SHARE = 0.5;
/** Nobody says more in a second; a decode that does has invented it. */
const MAX_CHARACTERS_PER_SECOND = 45;

/** Bytes of the text over bytes of the text deflated: 1-2 for speech. */
export function compressionRatio(text: string): number {
  const bytes = Buffer.from(text);
  return bytes.length === 0 ? 0 : bytes.length / deflateSync(bytes).length;
}

/** Share of the words that belong to the longest run of one phrase repeated more than MAX_REPEATS times; 0 without one. */
export function repeatedShare(text: string): number {
  const spaced = text
    .toLowerCase()
    .replace(/[\p{P}]+/gu, ' ')
    .trim();
  if (spaced === '') return 0;
  const words = spaced.includes(' ') ? spaced.split(/\s+/) : [...spaced];
  let longest = 0;
  for (let size = 1; size <= Math.min(MAX_PHRASE_WORDS, words.length >> 1); size++) {
    let run = 0;
    for (let at = size; at <= words.length; at++) {
      if (at < words.length && words[at] === words[at - size]) run++;
      else {
        const repeats = Math.floor(run / size) + 1;
        if (repeats > MAX_REPEATS) longest = Math.max(longest, run + size);
        run = 0;
      }
    }
  }
  return longest / words.length;
}

/** How bad a text is: 0 = fine, more = worse. Comparable between decodes of the same audio. */
export function loopScore(text: string, seconds: number): number {
  const ratio = compressionRatio(text);
  const share = repeatedShare(text);
  const rate = seconds <= 0 ? 0 : text.length / seconds;
  let score = 0;
  if (ratio > MAX_COMPRESSION_RATIO) score += ratio / MAX_COMPRESSION_RATIO;
  if (share > REPEATED_SHARE) score += 1 + share;
  if (rate > MAX_CHARACTERS_PER_SECOND) score += rate / MAX_CHARACTERS_PER_SECOND;
  return score;
}
