/** The program itself, as a child process without a terminal, against a server that answers recorded shapes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { runProgram, startProgram } from './program.test.support.js';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly key: string | undefined;
  readonly body: string;
}

type Answer = (response: ServerResponse, seen: Seen) => void;

let folder = '';
let host = '';
let seen: Seen[] = [];
let answers: Record<string, Answer> = {};
const server = createServer((request, response) => void handle(request, response));

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Uint8Array[] = [];
  for await (const part of request) parts.push(part as Uint8Array);
  const what: Seen = {
    method: request.method ?? '',
    url: decodeURIComponent(request.url ?? ''),
    key: request.headers.authorization,
    body: Buffer.concat(parts).toString('latin1'),
  };
  if (what.url === '/v1/health') return void response.end('{"status":"ok"}');
  seen.push(what);
  const answer = answers[`${what.method} ${what.url.split('?')[0]}`];
  if (answer !== undefined) return answer(response, what);
  response.writeHead(404).end('{"detail":"no such route"}');
}

function sends(value: unknown, status = 200): Answer {
  return (response) =>
    void response.writeHead(status).end(typeof value === 'string' ? value : JSON.stringify(value));
}

const start = (args: readonly string[], env: Record<string, string> = {}) =>
  startProgram(args, { cwd: folder, env: { VOX_HOST: host, ...env } });
const vox = (
  args: readonly string[],
  { input, env }: { input?: string; env?: Record<string, string> } = {},
) =>
  runProgram(args, {
    cwd: folder,
    env: { VOX_HOST: host, ...env },
    ...(input === undefined ? {} : { input }),
  });

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vox-cli-'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

beforeEach(() => {
  seen = [];
  answers = {
    'GET /v1/models/whisper:base': sends({ name: 'whisper:base', config: { type: 'stt' }, layers: [] }),
    'GET /v1/models/piper:joe': sends({ name: 'piper:joe', config: { type: 'tts' }, layers: [] }),
  };
});

test('list: the original’s columns', async () => {
  const model = {
    name: 'whisper:base',
    type: 'stt',
    format: 'onnx',
    architecture: 'whisper',
    size_bytes: 78_163_557,
  };
  answers['GET /v1/models'] = sends({ models: [{ ...model, description: 'd'.repeat(60) }] });
  const { code, out, err } = await vox(['list']);
  assert.equal(
    out,
    `NAME          TYPE  FORMAT  SIZE     DESCRIPTION\nwhisper:base  stt   onnx    74.5 MB  ${'d'.repeat(47)}...\n`,
  );
  assert.deepEqual([code, err], [0, '']);
  const asJson = await vox(['list', '--json']);
  assert.equal(JSON.parse(asJson.out).models[0].size_bytes, 78_163_557);
});

test('list: what is broken is told beside the rest, with what mends it', async () => {
  const reason = 'the manifest of a:1 is damaged (not JSON); run: vox pull a:1';
  answers['GET /v1/models'] = sends({ models: [], broken: [{ name: 'a:1', reason }] });
  const { code, out, err } = await vox(['list']);
  assert.deepEqual([code, out, err], [0, '', `Broken: ${reason}\n`]);
  assert.equal(JSON.parse((await vox(['list', '--json'])).out).broken[0].name, 'a:1');
});

test('list: nothing yet says what to do', async () => {
  answers['GET /v1/models'] = sends({ models: [] });
  assert.match((await vox(['list'])).out, /^No models downloaded\. .*vox pull/);
});

test('ps, voices, search, show, rm, stop', async () => {
  answers['GET /v1/models/loaded'] = sends({
    models: [{ name: 'kokoro', tag: 'v1.0', type: 'tts', device: 'cpu', ref_count: 2 }],
  });
  answers['GET /api/voices'] = sends({
    voices: [
      { id: 'af_bella', name: 'Bella', language: 'en-us' },
      { id: 'x', name: 'X' },
    ],
  });
  answers['GET /api/search'] = sends({
    models: [{ name: 'kokoro:v1.0', type: 'tts', description: '54 voices' }],
  });
  answers['DELETE /v1/models/kokoro'] = sends({ status: 'success' });
  answers['POST /api/stop'] = sends({ unloaded: ['kokoro:v1.0'] });
  assert.equal((await vox(['ps'])).out, 'NAME         TYPE  DEVICE  REFS\nkokoro:v1.0  tts   cpu     2\n');
  assert.equal(
    (await vox(['voices', 'kokoro'])).out,
    'ID        NAME   LANGUAGE\naf_bella  Bella  en-us\nx         X      -\n',
  );
  assert.match(
    (await vox(['search', 'many voices', '--type', 'tts', '--language', 'en', '--license', 'MIT'])).out,
    /^NAME .*\nkokoro:v1\.0 .* 54 voices\n$/,
  );
  assert.equal((await vox(['rm', 'kokoro'])).out, 'Deleted kokoro\n');
  assert.equal((await vox(['stop', 'kokoro'])).out, 'Stopped kokoro:v1.0\n');
  assert.equal(JSON.parse((await vox(['show', 'whisper:base'])).out).config.type, 'stt');
  assert.deepEqual(
    seen.map((request) => request.url),
    [
      '/v1/models/loaded',
      '/api/voices?model=kokoro',
      '/api/search?q=many+voices&type=tts&language=en&license=MIT',
      '/v1/models/kokoro',
      '/api/stop',
      '/v1/models/whisper:base',
    ],
  );
});

test('the key comes from the flag, else the first of VOX_API_KEY', async () => {
  answers['GET /v1/models'] = sends({ models: [] });
  await vox(['list'], { env: { VOX_API_KEY: 'one,two' } });
  await vox(['list', '--api-key', 'three'], { env: { VOX_API_KEY: 'one,two' } });
  await vox(['--api-key', 'four', 'list']);
  assert.deepEqual(
    seen.map((request) => request.key),
    ['Bearer one', 'Bearer three', 'Bearer four'],
  );
});

test('pull: plain lines without a terminal; a failure is exit 1 with its reason', async () => {
  const lines = [
    { status: 'pulling whisper:base' },
    { status: 'downloading model.bin', completed: 0, total: 2, bytes_completed: 5, bytes_total: 10 },
    { status: 'downloading model.bin', completed: 0, total: 2, bytes_completed: 10, bytes_total: 10 },
  ];
  const stream = (last: unknown) => [...lines, last].map((line) => `${JSON.stringify(line)}\n`).join('');
  answers['POST /v1/models/pull'] = sends(stream({ status: 'success' }));
  const good = await vox(['pull', 'whisper:base']);
  assert.equal(good.out, '  pulling whisper:base\n  downloading model.bin [0/2]\n  success\n');
  assert.deepEqual([good.code, good.err], [0, '']);
  assert.equal((await vox(['pull', 'whisper:base', '--json'])).out, stream({ status: 'success' }));
  answers['POST /v1/models/pull'] = sends(stream({ status: 'error', error: 'wrong hash' }));
  const bad = await vox(['pull', 'whisper:base']);
  assert.deepEqual([bad.code, bad.err], [1, 'Error: wrong hash\n']);
});

test('run: a file is transcribed, and its words go to standard output or a file', async () => {
  const path = join(folder, 'talk.wav');
  await writeFile(path, 'RIFF-bytes');
  answers['POST /v1/audio/transcriptions'] = (response, { body }) =>
    sends(
      body.includes('\r\nsrt\r\n') ? '1\n00:00 --> 00:01\nHello.\n\n' : { text: ' Hello. ', segments: [] },
    )(response, { method: '', url: '', key: undefined, body });
  const plain = await vox(['run', 'whisper:base', path, '--language', 'en']);
  assert.deepEqual([plain.code, plain.out, plain.err], [0, 'Hello.\n', '']);
  assert.match(
    seen[1]?.body ?? '',
    /name="language"\r\n\r\nen\r\n[\s\S]*filename="talk\.wav"[\s\S]*RIFF-bytes/,
  );
  assert.deepEqual(JSON.parse((await vox(['run', 'whisper:base', path, '--json'])).out), {
    text: ' Hello. ',
    segments: [],
  });
  await vox(['run', 'whisper:base', path, '-o', 'talk.srt']);
  assert.equal(await readFile(join(folder, 'talk.srt'), 'utf8'), '1\n00:00 --> 00:01\nHello.\n');
  const piped = await vox(['run', 'whisper:base', '-'], { input: 'audio on stdin' });
  assert.equal(piped.out, 'Hello.\n');
  assert.match(seen.at(-1)?.body ?? '', /audio on stdin/);
});

test('run: a text is spoken to a file, whose extension is the format', async () => {
  answers['POST /v1/audio/speech'] = sends('sound');
  const spoken = await vox([
    'run',
    'piper:joe',
    'Hello there.',
    '-o',
    'hello.mp3',
    '--speed',
    '1.5',
    '--voice',
    'x',
  ]);
  assert.deepEqual([spoken.code, spoken.out, spoken.err], [0, 'Audio saved to hello.mp3\n', '']);
  assert.equal(await readFile(join(folder, 'hello.mp3'), 'utf8'), 'sound');
  assert.deepEqual(JSON.parse(seen[1]?.body ?? ''), {
    model: 'piper:joe',
    input: 'Hello there.',
    voice: 'x',
    speed: 1.5,
    response_format: 'mp3',
    stream: false,
  });
  assert.equal(
    (await vox(['run', 'piper:joe', '-'], { input: 'From stdin.\n' })).out,
    'Audio saved to output.wav\n',
  );
  assert.equal(JSON.parse(seen.at(-1)?.body ?? '').input, 'From stdin.');
  assert.equal((await vox(['run', 'piper:joe', 'Hi', '-o', '-', '--format', 'pcm'])).out, 'sound');
});

test('run: an answer that is cut short leaves no file', async () => {
  answers['POST /v1/audio/speech'] = (response) => void response.write('half', () => response.destroy());
  const { code, err } = await vox(['run', 'piper:joe', 'Hello', '-o', 'cut.wav']);
  assert.equal(code, 1);
  assert.match(err, /^Error: .*cut short/);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('cut')),
    [],
  );
});

test('run: wrong use is exit 2, says why, and asks the server for no work', async () => {
  const file = join(folder, 'note.txt');
  await writeFile(file, 'words');
  const cases: [string[], RegExp][] = [
    [['piper:joe', './gone.wav'], /no such file: \.\/gone\.wav/],
    [['whisper:base', 'gone.mp3'], /no such file: gone\.mp3/],
    [['whisper:base', 'Hello there'], /whisper:base transcribes files, and there is no file "Hello there"/],
    [['piper:joe', file], /piper:joe speaks text, .*vox run piper:joe - </],
    [['piper:joe', 'Hi', '-o', 'x.xyz'], /expected one of wav, pcm, mp3/],
    [['piper:joe', 'Hi', '--speed', 'fast'], /--speed fast: expected a number/],
    [['whisper:base', file, '--words'], /--words needs --json/],
    [['piper:joe', 'Hi', '--input-format', 'pcm16', '--sample-rate', '8000'], /piper:joe speaks/],
    [['whisper:base', file, '--voice', 'x'], /whisper:base listens/],
    [['piper:joe', '-'], /standard input holds no text/],
  ];
  for (const [args, message] of cases) {
    const { code, out, err } = await vox(['run', ...args]);
    assert.match(err, message);
    assert.deepEqual([code, out], [2, ''], args.join(' '));
  }
  assert.ok(seen.every((request) => request.url.startsWith('/v1/models/')));
});

test('run: a model that was not pulled says the pull line', async () => {
  const detail = "Model 'whisper:small' not found on this machine. Pull it first: vox pull whisper:small";
  answers['GET /v1/models/whisper:small'] = sends({ detail }, 404);
  answers['GET /api/search'] = sends({ models: [{ name: 'whisper:small', type: 'stt', description: '' }] });
  answers['POST /v1/audio/transcriptions'] = sends(
    { error: { message: detail, code: 'model_not_pulled' } },
    404,
  );
  const file = join(folder, 'note.wav');
  await writeFile(file, 'x');
  const known = await vox(['run', 'whisper:small', file]);
  assert.deepEqual([known.code, known.err], [1, `Error: ${detail}\n`]);
  answers['GET /api/search'] = sends({ models: [] });
  assert.equal((await vox(['run', 'whisper:small', 'Hello'])).code, 1);
});

test('errors: the server’s words on standard error, exit 1', async () => {
  answers['GET /v1/models'] = sends({ detail: 'missing or invalid API key' }, 401);
  const { code, out, err } = await vox(['list']);
  assert.deepEqual([code, out], [1, '']);
  assert.match(
    err,
    /^Error: missing or invalid API key\nGive the server's key: VOX_API_KEY=KEY .* --api-key KEY\n$/,
  );
});

test('voices of your own: added from a file, listed, removed', async () => {
  answers['POST /v1/audio/voices'] = sends({ id: '1f2e3d4c', name: 'Me', is_cloned: true, created_at: 1 });
  answers['GET /v1/audio/voices'] = sends({ voices: [{ id: '1f2e3d4c', name: 'Me', language: null }] });
  answers['DELETE /v1/audio/voices/1f2e3d4c'] = sends({ id: '1f2e3d4c', deleted: true });
  await writeFile(join(folder, 'me.wav'), 'RIFFmine');
  const added = await vox(['voices', 'add', 'me.wav', '--name', 'Me', '--text', 'Hi.', '--host', host]);
  assert.equal(added.out, 'Added Me. Speak with it: vox run MODEL "..." --voice 1f2e3d4c\n', added.err);
  for (const part of ['name="name"\r\n\r\nMe', 'name="reference_text"\r\n\r\nHi.', 'RIFFmine'])
    assert.ok(seen[0]?.body.includes(part), part);
  assert.equal((await vox(['voices'])).out, 'ID        NAME  LANGUAGE\n1f2e3d4c  Me    -\n');
  assert.equal(seen[1]?.url, '/v1/audio/voices?cloned=true');
  assert.equal((await vox(['voices', 'rm', '1f2e3d4c'])).out, 'Removed 1f2e3d4c\n');
  assert.equal((await vox(['voices', 'add', 'me.wav'])).code, 2);
  assert.match((await vox(['voices', 'add', 'none.wav', '--name', 'x'])).err, /no such file: none\.wav/);
});

test('ps needs a server that runs', async () => {
  const { code, err } = await vox(['ps'], { env: { VOX_HOST: 'http://127.0.0.1:1' } });
  assert.equal(code, 1);
  assert.match(
    err,
    /^Error: cannot connect to Vox server at http:\/\/127\.0\.0\.1:1 .*\nStart the server with: vox serve\n$/,
  );
});

test('list works without a server, and leaves nothing running', async () => {
  const { code, out } = await vox(['list'], { env: { VOX_HOST: 'http://127.0.0.1:1' } });
  assert.match(out, /^No models downloaded\./);
  assert.equal(code, 0);
});

test('an output that nobody reads is no error', async (context) => {
  const models = Array.from({ length: 20_000 }, (_, index) => ({
    name: `m:${index}`,
    type: 'stt',
    format: 'onnx',
    size_bytes: 1,
    description: 'x'.repeat(50),
  }));
  answers['GET /v1/models'] = sends({ models });
  const child = start(['list']);
  context.after(() => child.kill('SIGKILL'));
  let err = '';
  child.stderr.on('data', (part) => {
    err += String(part);
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.deepEqual([code, err], [0, '']);
});

test('Ctrl-C ends a pull at once, quietly, and closes its connection', async (context) => {
  const closed = new Promise<void>((resolve) => {
    answers['POST /v1/models/pull'] = (response) => {
      response.on('close', resolve);
      response.write('{"status":"pulling whisper:base"}\n');
    };
  });
  const child = start(['pull', 'whisper:base']);
  context.after(() => child.kill('SIGKILL'));
  let err = '';
  child.stderr.on('data', (part) => {
    err += String(part);
  });
  child.stdout.once('data', () => child.kill('SIGINT'));
  const [code] = (await once(child, 'exit')) as [number | null];
  await closed;
  assert.deepEqual([code, err], [130, '']);
});
test('serve answers until it is told to stop', async (context) => {
  const child = start(['serve', '--port', '0', '--log-level', 'silent']);
  context.after(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit') as Promise<[number | null]>;
  let err = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (part) => {
      err += String(part);
      const found = /Vox listens on (http:\/\/127\.0\.0\.1:\d+)\n/.exec(err)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`serve ended: ${err}`)));
  });
  assert.equal((await fetch(`${url}/v1/health`)).status, 200);
  child.kill('SIGTERM');
  assert.deepEqual(await exit, [0, null]);
});
