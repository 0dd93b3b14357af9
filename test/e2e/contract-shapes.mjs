/** What the answers of Vox's own routes look like, and what the tables of rows need to ask for them. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { a } from './contract-rows.mjs';
import { tone } from './replay-home.mjs';
import { upload } from './server.mjs';
import { leases, until } from './waiting.mjs';
import { pcmAsWav } from './wav.mjs';

export const MODELS = {
  'clone-tts:one': { kind: 'tts', cloning: true },
  'crash-stt:one': { kind: 'stt', text: 'x', crashOn: 0.5 },
  'crash-tts:one': { kind: 'tts', crashOn: 'Bang.' },
  'replay-stt:one': { kind: 'stt', text: 'hello world' },
  'replay-tts:one': { kind: 'tts' },
  'slow-stt:one': { kind: 'stt', text: 'late', delayMs: 20_000 },
  'spare-stt:one': { kind: 'stt', text: 'x' },
  'spare-tts:one': { kind: 'tts' },
  'talented-stt:one': { kind: 'stt', text: 'hello world', able: true },
};
export const CLIP = tone(2);
export const NDJSON = 'application/x-ndjson';
export const TEXT = 'text/plain; charset=utf-8';

export const listItem = (reference) => ({
  name: reference,
  type: MODELS[reference].kind,
  format: '',
  architecture: 'replay',
  size_bytes: a.positive,
  description: 'scripted',
});
export const listed = Object.keys(MODELS).map(listItem);
export const openaiModel = (id) => ({ id, object: 'model', created: a.positive, owned_by: 'vox' });
const OPENAI_NAMES = {
  stt: [
    'whisper-1',
    'gpt-4o-transcribe',
    'gpt-4o-transcribe-diarize',
    'gpt-4o-mini-transcribe',
    'gpt-4o-mini-transcribe-2025-12-15',
    'gpt-transcribe',
    'gpt-live-transcribe',
    'gpt-realtime-whisper',
  ],
  tts: ['tts-1', 'tts-1-hd', 'gpt-4o-mini-tts', 'gpt-4o-mini-tts-2025-12-15'],
};
/** OpenAI's names, for the defaults of both kinds. */
export const aliased = (stt, tts) => [
  ...OPENAI_NAMES.stt.map((name) => ({ ...openaiModel(name), root: stt })),
  ...OPENAI_NAMES.tts.map((name) => ({ ...openaiModel(name), root: tts })),
];
export const shown = (name) => ({
  name,
  config: {
    architecture: 'replay',
    type: 'stt',
    adapter: 'replay',
    format: '',
    source: 'test',
    parameters: {},
    description: 'scripted',
    license: 'Apache-2.0',
    adapter_package: '@vox-speech/engine-replay',
    reference: 'replay-stt:one',
    languages: ['en'],
  },
  layers: [
    {
      media_type: 'application/vox.model.json',
      digest: a.digest,
      size: a.positive,
      filename: 'script.json',
    },
  ],
});
export const loadedItem = (name, type, refs = 0) => ({
  name,
  tag: 'one',
  type,
  device: 'cpu',
  vram_bytes: 0,
  loaded_at: a.moment,
  last_used: a.moment,
  ref_count: refs,
  memory_bytes: a.positive,
  expires_at: refs === 0 ? a.moment : null,
  pid: a.positive,
});
export const memory = (models, budget = null) => ({
  policy: { max_vram_bytes: budget, headroom_bytes: 0, idle_trim_seconds: 0, over_budget: 'reject' },
  device: {
    device: 'cpu',
    free_bytes: null,
    total_bytes: null,
    torch_allocated_bytes: 0,
    torch_reserved_bytes: 0,
  },
  estimated_loaded_vram_bytes: 0,
  loaded_memory_bytes: models.length > 0 ? a.positive : 0,
  memory: { server_bytes: a.positive, free_bytes: a.count, total_bytes: a.positive },
  active_model_count: models.filter((model) => model.ref_count > 0).length,
  models: models.map((model) => ({
    ...model,
    is_evictable: model.ref_count === 0,
    is_trimmable: model.ref_count === 0,
    backend_memory: { resident_bytes: a.positive },
  })),
});
export const voice = (id, name, more = {}) => ({
  id,
  name,
  language: 'en',
  gender: null,
  description: null,
  is_cloned: false,
  ...more,
});
export const transcript = { model: 'replay-stt:one', text: 'hello world', language: 'en' };
export const timing = { duration_ms: 2000, processing_ms: a.count };
export const wav = (bytes) =>
  bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.readUInt32LE(4) === bytes.length - 8;
export const anyBytes = (bytes) => Buffer.isBuffer(bytes) && bytes.length > 0;

/** A user's own catalog: data that lies on this machine, and data whose licence must be accepted. */
export function ownCatalog(home) {
  const content = 'data';
  writeFileSync(join(home, 'data.bin'), content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const entry = (reference, license) => ({
    reference,
    kind: 'data',
    family: 'mine',
    description: 'data of my own',
    license,
    languages: [],
    sources: [{ type: 'file', files: [{ as: 'data.bin', paths: [join(home, 'data.bin')], sha256 }] }],
  });
  const entries = [
    entry('mine:one', { id: 'MIT' }),
    entry('mine:closed', { id: 'CC-BY-NC-4.0', nonCommercial: true }),
  ];
  mkdirSync(join(home, 'catalog'));
  writeFileSync(join(home, 'catalog', 'mine.json'), JSON.stringify({ version: 1, entries }));
}

/** What a pull of it says, line by line. */
export const isPulled = (lines) =>
  lines[0].status === 'pulling mine:one' &&
  lines.at(-1).status === 'success' &&
  lines.every((line) => typeof line.status === 'string' && !('error' in line));

/** Has the slow model work until the answer's function is called. Resolves when it is in use. */
export async function keepBusy(url) {
  const abort = new AbortController();
  const work = upload(url, CLIP, { model: 'slow-stt:one' }, { signal: abort.signal }).catch(() => {});
  const inUse = () => leases(url, 'slow-stt');
  await until('the slow model works', async () => (await inUse()) > 0);
  return async () => {
    abort.abort();
    await work;
    await until('the slow model is free', async () => (await inUse()) === 0);
  };
}

/** A tone of so many seconds at 24 kHz. */
export function sample(seconds, amplitude = 0.4) {
  const pcm = Buffer.alloc(2 * Math.round(seconds * 24_000));
  for (let i = 0; i < pcm.length / 2; i++)
    pcm.writeInt16LE(Math.round(32_767 * amplitude * Math.sign(Math.sin(i / 20))), 2 * i);
  return pcmAsWav(pcm, 24_000);
}

/** Audio that ends the process of the model that is scripted so. */
export function crash() {
  return tone(2, 16_384);
}

/** What a request answers that fetch would clean up before it sends. */
export function raw(url, request, host = new URL(url).host) {
  const [method, path] = request.split(' ');
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () =>
      socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    );
    let all = '';
    socket.on('data', (chunk) => {
      all += chunk;
    });
    socket.on('close', () => resolve(all));
    socket.on('error', reject);
  });
}
