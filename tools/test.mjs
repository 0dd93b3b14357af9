/**
 * Runs every test on the compiled output, and the end-to-end tests on real weights where these can be pulled.
 *
 *     node tools/test.mjs [PART ...]     only test files whose path contains one of the parts
 *
 * The last line is `N passed, N failed`, with `, N skipped` behind it where some were.
 */
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { filesUnder, ROOT } from './files.mjs';
import { prepareModels } from './test-models.mjs';

const parts = process.argv.slice(2);
const compiled = ['packages', 'engines'].flatMap((folder) =>
  filesUnder(folder, /\.test\.js$/, new Set(['node_modules', '.cache'])),
);
const endToEnd = filesUnder('test', /\.test\.mjs$/);
const files = [...compiled, ...endToEnd].filter(
  (file) => parts.length === 0 || parts.some((part) => file.includes(part)),
);

await prepareModels();

const totals = { passed: 0, failed: 0, skipped: 0 };
const leaf = (data) =>
  data.details?.type !== 'suite' && !files.some((file) => data.name === join(ROOT, file));
// Two at a time: this is what the smallest machine has, and tests with real weights share its processors.
const stream = run({ files: files.map((file) => join(ROOT, file)), concurrency: 2, timeout: 600_000 });
stream.on('test:pass', (data) => {
  if (!leaf(data)) return;
  if (data.skip !== undefined) totals.skipped++;
  else totals.passed++;
});
stream.on('test:fail', (data) => {
  if (data.details?.type !== 'suite') totals.failed++;
});
const report = stream.compose(new spec());
report.pipe(process.stdout);
report.on('end', () => {
  const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
  process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
  setImmediate(() => console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`));
});
