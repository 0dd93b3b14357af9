/** Fails when a source file has more than 400 lines, or when the median passes 150. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder, ROOT } from './files.mjs';

const MOST_LINES = 400;
const MEDIAN_LINES = 150;

const sizes = filesUnder('.', /\.(ts|tsx|mjs|py)$/)
  .map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length }))
  .sort((a, b) => a.lines - b.lines);
const median = sizes[Math.floor(sizes.length / 2)]?.lines ?? 0;
const tooLong = sizes.filter(({ lines }) => lines > MOST_LINES);
for (const { file, lines } of tooLong)
  console.error(`${file}: ${lines} lines, at most ${MOST_LINES}: split it`);
if (median > MEDIAN_LINES) console.error(`the median file has ${median} lines, at most ${MEDIAN_LINES}`);
console.log(`file size: ${sizes.length} files, median ${median}, longest ${sizes.at(-1)?.lines} lines`);
process.exitCode = tooLong.length > 0 || median > MEDIAN_LINES ? 1 : 0;
