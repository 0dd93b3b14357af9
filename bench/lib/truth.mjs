/**
 * What faster-whisper hears (int8, beam 1, 2 threads, language given) with its word times; computed once,
 * kept in the cache.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setUpRivals } from '../rivals/setup.mjs';
import { startLines } from './python.mjs';

/** { [file name]: { text, words, ms } } for [{ path, lang }]. */
export async function fasterWhisperHears(files) {
  const rivals = await setUpRivals();
  const marks = files.map(({ path, lang }) => `${basename(path)} ${statSync(path).size} ${lang}`).join('\n');
  const key = createHash('sha256').update(marks).digest('hex').slice(0, 12);
  const kept = join(rivals.cache, `faster-whisper-base-${key}.json`);
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8'));
  const library = await startLines(rivals.librariesPython, rivals.fasterWhisperScript, [
    rivals.whisperBase,
    '2',
  ]);
  const heard = {};
  for (const { path, lang } of files) {
    const plain = await library.ask({ path, language: lang, beam: 1 });
    const timed = await library.ask({ path, language: lang, beam: 1, words: true });
    heard[basename(path)] = { text: plain.text, ms: plain.ms, words: timed.words };
  }
  library.stop();
  writeFileSync(kept, JSON.stringify(heard));
  return heard;
}
