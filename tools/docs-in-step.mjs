/** Fails when a generated page differs from what the code says; `--write` brings the pages up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS } from '../packages/contract/dist/index.js';
import { renderConfigurationDocs } from '../packages/vox/dist/config/index.js';
import { ROOT } from './files.mjs';

function errorsPage() {
  const rows = Object.entries(ERRORS).map(
    ([code, row]) =>
      `| \`${code}\` | ${row.http} | ${row.ws} | ${row.grpc} | ${row.retryable ? 'yes' : 'no'} | ${row.meaning} |`,
  );
  return [
    '# Errors',
    '',
    'Every error has a code of this table. HTTP answers carry the status and a message that names the field and the fix; `/api/*` answers are `{"detail": "..."}`, `/v1/*` answers carry OpenAI\'s `error` object (`error.code` is the code below) and `detail` together. 429 and 503 come with `Retry-After`.',
    '',
    '| code | HTTP | WebSocket | gRPC | worth retrying | meaning |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

const pages = { 'docs/errors.md': errorsPage(), 'docs/configuration.md': renderConfigurationDocs() };
const write = process.argv.includes('--write');
for (const [page, text] of Object.entries(pages)) {
  const path = join(ROOT, page);
  if (write) {
    writeFileSync(path, text);
    continue;
  }
  let present = '';
  try {
    present = readFileSync(path, 'utf8');
  } catch {
    // A page that is missing differs.
  }
  if (present !== text) {
    console.error(`${page} is not what the code says; run: node tools/docs-in-step.mjs --write`);
    process.exitCode = 1;
  }
}
console.log(`docs in step: ${Object.keys(pages).length} pages${write ? ' written' : ''}`);
