/** `POST /v1/stt/transcribe` and `/health` (stt-ws.md sections 3 and 4). */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { wavHeader } from '@vox-speech/audio';
import { VoxError } from '@vox-speech/contract';
import { serve } from './serve.test.support.js';

const WAV = Buffer.concat([
  wavHeader({ encoding: 's16', sampleRate: 16_000, frames: 100 }),
  Buffer.alloc(200),
]);

/** A WAV of one `fmt ` chunk and what follows. */
function wav(tag: number, bits: number, rest: Buffer): Buffer {
  const head = Buffer.alloc(36);
  head.write('RIFF', 0);
  head.writeUInt32LE(28 + rest.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(tag, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(16_000, 24);
  head.writeUInt16LE(bits, 34);
  return Buffer.concat([head, rest]);
}

function post(url: string, file: Buffer | null, query = '', fields: Record<string, string> = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  if (file !== null) form.append('file', new Blob([new Uint8Array(file)]), 'a.wav');
  return fetch(`${url}/v1/stt/transcribe${query}`, { method: 'POST', body: form });
}

test('text, length and time; the language from the query or the form', async (t) => {
  const { url, runtime, directory } = await serve(t);
  const rows: [string, Record<string, string>, string | undefined][] = [
    ['', {}, undefined],
    ['?language=auto', {}, undefined],
    ['?language=de', {}, 'de'],
    ['', { language: 'de' }, 'de'],
    ['?language=de', { language: 'en' }, 'de'],
  ];
  for (const [query, fields, language] of rows) {
    const answer = await post(url, WAV, query, fields);
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), {
      text: 'Ask not what & <why>.',
      duration_ms: 8470,
      latency_ms: 123.4,
    });
    assert.equal(runtime.asked.transcribe.at(-1)?.language, language);
  }
  assert.deepEqual(await readdir(directory), [], 'nothing is left');
});

test('what is no recording: the original’s statuses and texts', async (t) => {
  const { url, runtime } = await serve(t);
  runtime.script.transcribeError = new VoxError('unsupported_media', 'not audio');
  const data = Buffer.from('data\0\0\0\0');
  const some = Buffer.concat([Buffer.from('data\x08\0\0\0'), Buffer.alloc(8)]);
  const rows: [Buffer | null, number, unknown][] = [
    [null, 422, [{ type: 'missing', loc: ['body', 'file'], msg: 'Field required', input: null }]],
    [Buffer.alloc(0), 422, 'WAV file too small: 0 bytes'],
    [Buffer.alloc(43), 422, 'WAV file too small: 43 bytes'],
    [Buffer.alloc(100), 422, 'Invalid WAV: missing RIFF header'],
    [
      Buffer.concat([Buffer.from('RIFF\0\0\0\0AVI '), Buffer.alloc(50)]),
      422,
      'Invalid WAV: missing WAVE format',
    ],
    [wav(1, 16, Buffer.from('LIST\x04\0\0\0abcd')), 422, 'WAV file missing data chunk'],
    [wav(1, 16, data), 422, 'WAV file missing data chunk'],
    [wav(2, 4, some), 422, 'Unsupported WAV format tag: 2. Only PCM (1) and IEEE Float (3) are supported.'],
    [wav(1, 64, some), 422, 'Unsupported PCM bit depth: 64. Only 16-bit and 32-bit are supported.'],
    [wav(3, 16, some), 422, 'Unsupported float bit depth: 16'],
    [wav(1, 16, some), 422, 'not audio'],
  ];
  for (const [file, status, detail] of rows) {
    const answer = await post(url, file);
    assert.deepEqual(
      [answer.status, ((await answer.json()) as { detail: unknown }).detail],
      [status, detail],
    );
  }
});

test('a body that is no form holds no file', async (t) => {
  const { url } = await serve(t);
  const missing = [{ type: 'missing', loc: ['body', 'file'], msg: 'Field required', input: null }];
  for (const [type, body] of [
    [undefined, undefined],
    ['application/json', '{}'],
    ['application/x-www-form-urlencoded', 'file=a'],
  ] as const) {
    const answer = await fetch(`${url}/v1/stt/transcribe`, {
      method: 'POST',
      ...(type === undefined ? {} : { headers: { 'content-type': type }, body }),
    });
    assert.deepEqual([answer.status, await answer.json()], [422, { detail: missing }], type);
  }
});

test('too large is refused while it comes in; a fault of ours names no file', async (t) => {
  const { url, runtime, directory } = await serve(t);
  const large = await post(url, Buffer.alloc(1_000_001));
  assert.equal(large.status, 413);
  assert.match(
    ((await large.json()) as { detail: string }).detail,
    /^File too large \(\d+ bytes\). Max: 1000000$/,
  );
  for (const [error, status, detail] of [
    [new VoxError('internal', '/home/x'), 500, 'Transcription failed'],
    [new VoxError('runner_crashed', 'it died'), 500, 'Transcription failed: it died'],
    [new VoxError('overloaded', 'full'), 429, 'full'],
  ] as const) {
    runtime.script.transcribeError = error;
    const answer = await post(url, WAV);
    assert.deepEqual([answer.status, await answer.json()], [status, { detail }]);
  }
  assert.deepEqual(await readdir(directory), []);
});

test('health says whether a session could begin', async (t) => {
  const { url, runtime } = await serve(t);
  const good = await fetch(`${url}/health`);
  assert.deepEqual(
    [good.status, await good.json()],
    [200, { status: 'ok', backend: 'sherpa', model: 'whisper:base' }],
  );
  runtime.show = async () => {
    throw new VoxError('model_not_pulled', 'Pull it first');
  };
  const bad = await fetch(`${url}/health`);
  assert.deepEqual(
    [bad.status, await bad.json()],
    [503, { status: 'unavailable', backend: null, detail: 'Pull it first' }],
  );
});
