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
    'Every error has a code of this table. HTTP answers carry the status and a message that names the field and the fix; `/api/*` answers are `{"detail": "..."}`, `/v1/*` answers carry OpenAI\'s `error` object (`error.code` is the code below; in OpenAI\'s words for `model_unknown` and `model_not_pulled`: `model_not_found`, `unauthorized`: `invalid_api_key`, `overloaded`: `rate_limit_exceeded`) and `detail` together. 429 and 503 come with `Retry-After`.',
    '',
    '| code | HTTP | WebSocket | gRPC | worth retrying | meaning |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function modelsPage() {
  const origin = (source) => {
    if (source.type === 'hf') return `hub: ${source.repository}`;
    if (source.type !== 'packages') return source.type;
    const names = source.packages.map((one) =>
      one.manager === 'https'
        ? `https: ${one.url.split('/').slice(2, 5).join('/')}`
        : `${one.manager}: ${one.name} ${one.version}`,
    );
    return [...new Set(names)].join(', ');
  };
  const licence = ({ id, nonCommercial }) => `${id}${nonCommercial ? ' (non-commercial)' : ''}`;
  const languages = ({ languages: all }) =>
    all.length > 8 ? `${all.length} languages` : all.join(', ') || '-';
  const entries = new Catalog().entries;
  const elsewhere = entries
    .filter((entry) => entry.engine === 'remote')
    .map(
      (entry) =>
        `| \`${entry.reference}\` | ${entry.kind} | ${licence(entry.license)} | ${languages(entry)} | \`${entry.parameters.launch}\` | ${entry.description} |`,
    );
  const rows = entries
    .filter((entry) => entry.unavailable === undefined && !entry.minor && entry.engine !== 'remote')
    .map(
      (entry) =>
        `| \`${entry.reference}\` | ${entry.kind} | ${licence(entry.license)} | ${languages(entry)} | ${[...new Set(entry.sources.map(origin))].join('; ')} | ${entry.description} |`,
    );
  const missing = entries
    .filter((entry) => entry.unavailable !== undefined)
    .map(
      (entry) =>
        `| \`${entry.reference}\` | ${entry.kind} | ${licence(entry.license)} | ${entry.unavailable.engine} | \`${entry.unavailable.instead}\` | ${entry.description} |`,
    );
  const voices = entries.filter((entry) => entry.minor);
  const voiceRows = [...new Set(voices.map((entry) => entry.languages[0]))].map((language) => {
    const names = voices.filter((entry) => entry.languages[0] === language).map((entry) => entry.reference);
    return `| ${language} | ${names.map((name) => `\`${name}\``).join(', ')} |`;
  });
  return [
    '# Models',
    '',
    'What `vox pull` knows. Sources are tried in the order they are named; one that can not be reached is skipped with a warning, and bytes that are not the pinned ones are refused. A recogniser brings `silero-vad` along, a voice what it needs (`espeak-ng-data`, and on Linux a newer ONNX Runtime). Names of earlier Vox versions (`whisper-stt:base.en`, `kokoro-tts-onnx:v1.0`, ...) mean the same entries; a bare `whisper` is `whisper:base.en`, `kokoro` is `kokoro:v1.0`, `piper` is `piper:en-us-lessac-medium`, `parakeet` is `parakeet:tdt-0.6b-v3`. Models of your own: [catalog.md](catalog.md).',
    '',
    'Most files are pinned by their SHA-256. Where the catalog pins only the commit of a repository of the model hub (small files of Whisper, Piper voices), the hub says what the file of that commit hashes to, and the bytes are compared with that; `vox show` tells such hashes apart as "stated by the hub". Piper voices are also compared with the size and MD5 of the publisher\'s own list.',
    '',
    'A licence that allows no commercial use asks for consent: `vox pull --accept-license`, or `"accept_license": true` in the body of a pull over HTTP.',
    '',
    '| reference | kind | licence | languages | sources | |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    '## Piper voices',
    '',
    'Every voice of rhasspy/piper-voices, as `piper:<locale>-<voice>-<quality>`; `vox search piper --language de` lists those of a language. The recordings behind a voice have a licence of their own; `vox show` has the address of its model card.',
    '',
    '| language | |',
    '|---|---|',
    ...voiceRows,
    '',
    '## Models on servers with a GPU',
    '',
    'Nothing of these is downloaded: they run on a server, started there with the command below (vLLM, or vLLM-Omni for voices), and Vox speaks to it. `vox pull` makes such a model known here and says whether its server answers. `VOX_UPSTREAMS=http://gpu:8000,http://gpu2:8000`, or `vox serve --upstream http://gpu:8000`, says where the servers are; without it they are looked for on this machine. `MODEL=URL` is a server of one model. What their keys, time limits and fallback are: [configuration.md](configuration.md). Models of other servers: [catalog.md](catalog.md).',
    '',
    '| reference | kind | licence | languages | start it with | |',
    '|---|---|---|---|---|---|',
    ...elsewhere,
    '',
    '## Models that nothing here runs',
    '',
    'Earlier versions of Vox ran these on PyTorch or vLLM. They are found and shown; pulling one fails and names what to use instead.',
    '',
    '| reference | kind | licence | engine that is missing | instead | |',
    '|---|---|---|---|---|---|',
    ...missing,
    '',
    '## The store',
    '',
    'Under `VOX_HOME` (default `~/.vox`): `models/manifests/<name>/<tag>.json` say which blobs a model has; `models/blobs/sha256-<hex>` hold each file once; `models/views/<name>/<tag>/` are hard links with the names that engines want. A model becomes visible only when every byte was verified; a pull that was killed goes on where it stopped. `vox rm` frees at once what no other model uses.',
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
