/** Fails when a generated page differs from what the code says; `--write` brings the pages up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS } from '../packages/contract/dist/index.js';
import { renderConfigurationDocs } from '../packages/vox/dist/config/index.js';
import { Catalog } from '../packages/vox/dist/models/index.js';
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

function modelsPage() {
  const origin = (source) => {
    if (source.type === 'packages')
      return `${[...new Set(source.packages.map((p) => p.manager))].join(' and ')}: ${source.packages.map((p) => `${p.name} ${p.version}`).join(', ')}`;
    return source.type === 'hf' ? `hub: ${source.repository}` : source.type;
  };
  const rows = new Catalog().entries.map(
    (entry) =>
      `| \`${entry.reference}\` | ${entry.kind} | ${entry.license.id} | ${entry.languages.length > 8 ? `${entry.languages.length} languages` : entry.languages.join(', ') || '-'} | ${entry.sources.map(origin).join('; ')} | ${entry.description} |`,
  );
  return [
    '# Models',
    '',
    'What `vox pull` knows. Sources are tried in the order they are named; one that can not be reached is skipped with a warning, and bytes that are not the pinned ones are refused. A recogniser brings `silero-vad` along, a voice brings `espeak-ng-data`. Names of earlier Vox versions (`whisper-stt:base.en`, `kokoro-tts-onnx:v1.0`, ...) mean the same entries; a bare `whisper` is `whisper:base.en`, `kokoro` is `kokoro:v1.0`, `piper` is `piper:en-us-lessac-medium`.',
    '',
    '| reference | kind | licence | languages | sources | |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    'The store under `VOX_HOME` (default `~/.vox`): `models/manifests/<name>/<tag>.json` say which blobs a model has; `models/blobs/sha256-<hex>` hold each file once; `models/views/<name>/<tag>/` are hard links with the names that engines want. A model becomes visible only when every byte was verified; a pull that was killed goes on where it stopped. `vox rm` frees at once what no other model uses.',
    '',
  ].join('\n');
}

const pages = {
  'docs/errors.md': errorsPage(),
  'docs/configuration.md': renderConfigurationDocs(),
  'docs/models.md': modelsPage(),
};
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
