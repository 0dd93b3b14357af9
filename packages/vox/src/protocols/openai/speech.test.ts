import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { until } from '../../transport/waiting.test.support.js';
import { serve } from './serve.test.support.js';

test('speech: formats, types, defaults by model', async (t) => {
  const { speak, runtime } = await serve(t);
  const cases: [Record<string, unknown>, string, string, number | undefined][] = [
    [{}, 'wav', 'audio/wav', undefined],
    [{ model: 'piper:joe' }, 'wav', 'audio/wav', undefined],
    [{ model: 'tts-1' }, 'mp3', 'audio/mpeg', undefined],
    [{ model: 'gpt-4o-mini-tts' }, 'mp3', 'audio/mpeg', undefined],
    [{ model: 'tts-1', response_format: 'opus' }, 'opus', 'audio/ogg', undefined],
    [{ response_format: 'aac' }, 'aac', 'audio/aac', undefined],
    [{ response_format: 'flac' }, 'flac', 'audio/flac', undefined],
    [{ response_format: 'pcm' }, 'pcm', 'audio/L16; rate=24000; channels=1', 24_000],
  ];
  for (const [body, format, type, sampleRate] of cases) {
    const answer = await speak({ input: 'Hello.', ...body });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), type);
    assert.equal(answer.headers.get('content-length'), null, 'chunked as made');
    assert.equal(answer.headers.get('x-vox-model'), 'piper:joe');
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), Buffer.from([1, 0, 2, 0, 3, 0, 4, 0, 5, 0]));
    const asked = runtime.asked.speak.at(-1);
    assert.equal(asked?.format, format);
    assert.equal(asked?.sampleRate, sampleRate);
    assert.equal(asked?.whole, false);
  }
});

test('stream:false answers whole, with true sizes, in memory and from disk', async (t) => {
  const { speak, runtime, directory } = await serve(t);
  for (const samples of [5, 1_200_000]) {
    runtime.script.audio = async function* () {
      for (let sent = 0; sent < samples; sent += 100_000)
        yield Buffer.alloc(2 * Math.min(100_000, samples - sent), sent ? 7 : 1);
    };
    const answer = await speak({ input: 'Hi.', stream: false });
    const wav = Buffer.from(await answer.arrayBuffer());
    assert.equal(answer.headers.get('content-length'), String(44 + 2 * samples));
    assert.equal(answer.headers.get('x-vox-processing-ms'), '8');
    assert.equal(wav.toString('latin1', 0, 4), 'RIFF');
    assert.equal(wav.readUInt32LE(4), 36 + 2 * samples);
    assert.equal(wav.readUInt32LE(24), 22_050);
    assert.equal(wav.readUInt32LE(40), 2 * samples);
    assert.equal(wav.length, 44 + 2 * samples);
    assert.equal(wav[44], 1);
    assert.equal(wav.at(-1), samples > 100_000 ? 7 : 1);
    await until('no file is left', async () => (await readdir(directory)).length === 0);
  }
  assert.equal(runtime.asked.speak.at(-1)?.whole, true);
});

test('voices: strings, objects, and OpenAI names with a warning', async (t) => {
  const { speak, runtime } = await serve(t);
  const cases: [unknown, string, RegExp | null][] = [
    [undefined, '', null],
    ['default', 'default', null],
    [{ id: 'af_nova' }, 'af_nova', null],
    ['nova', 'af_nova', /no voice nova; af_nova speaks/],
    ['alloy', 'default', /no voice alloy; default speaks/],
    [{ id: 'marin' }, 'default', /marin/],
    ['stranger', 'stranger', null],
  ];
  for (const [voice, wanted, warning] of cases) {
    const answer = await speak({ model: 'tts-1', input: 'Hi.', voice });
    await answer.arrayBuffer();
    assert.equal(runtime.asked.speak.at(-1)?.voice, wanted);
    const header = answer.headers.get('x-vox-warning');
    if (warning === null) assert.equal(header, null);
    else assert.match(header ?? '', warning);
  }
});

test('voice aliases: the first that the model has; they come before OpenAI names', async (t) => {
  const alias = (name: string, target: string) => ({ name, target });
  const voiceAliases = [
    alias('nova', 'af_sky'),
    alias('nova', 'default'),
    alias('boss', 'bm_george'),
    alias('boss', 'af_nova'),
    alias('ghost', 'bm_george'),
  ];
  const { speak, runtime } = await serve(t, { voiceAliases });
  for (const [voice, wanted] of [
    ['nova', 'default'],
    ['boss', 'af_nova'],
    [{ id: 'boss' }, 'af_nova'],
    ['ghost', 'ghost'],
  ]) {
    const answer = await speak({ input: 'Hi.', voice });
    await answer.arrayBuffer();
    assert.equal(runtime.asked.speak.at(-1)?.voice, wanted);
    assert.equal(answer.headers.get('x-vox-warning'), null);
  }
});

test('bad speech requests are refused before the first byte', async (t) => {
  const { speak, runtime } = await serve(t);
  const cases: [unknown, number, string | null, RegExp][] = [
    [{}, 400, 'input', /required/],
    [{ input: ' ' }, 400, 'input', /No input text/],
    [{ input: 5 }, 400, 'input', /expected string/],
    [{ input: 'x'.repeat(101) }, 400, 'input', /at most 100/],
    [
      { input: 'x', response_format: 'ogg' },
      400,
      'response_format',
      /"wav", "pcm", "mp3", "opus", "aac", "flac"/,
    ],
    [{ input: 'x', speed: 5 }, 400, 'speed', /0\.25 to 4/],
    [{ input: 'x', speed: 0 }, 400, 'speed', /0\.25/],
    [{ input: 'x', speed: 'fast' }, 400, 'speed', /0\.25 to 4/],
    [{ input: 'x', voice: 7 }, 400, 'voice', /voice name/],
    [{ input: 'x', stream_format: 'events' }, 400, 'stream_format', /"audio", "sse"/],
    [{ input: 'x', params: { cfg: 1 } }, 400, 'params', /cfg/],
    [{ input: 'x', keep_alive: 'ever' }, 400, 'keep_alive', /5m/],
    [{ input: 'x', model: 'whisper:base' }, 400, 'model', /not a tts/],
    [{ input: 'x', model: 'nope' }, 404, 'model', /not found/],
    ['{', 400, null, /JSON/],
    ['[]', 400, null, /expected object/],
    [`{"input":"${'x'.repeat(2_000_000)}"}`, 413, null, /larger than/],
  ];
  for (const [body, status, param, text] of cases) {
    const answer = await speak(body);
    const { error } = (await answer.json()) as { error: { message: string; param: string | null } };
    assert.equal(answer.status, status, error.message);
    assert.equal(error.param, param);
    assert.match(error.message, text);
  }
  assert.deepEqual(runtime.asked.speak, []);
  runtime.script.audio = async function* () {
    if (runtime.asked.speak.length > 0)
      throw new VoxError('runner_crashed', 'it died before the first sound');
    yield Buffer.alloc(0);
  };
  const answer = await speak({ input: 'x' });
  assert.equal(answer.status, 500);
  assert.match(await answer.text(), /before the first sound/);
});

test('a client that leaves a whole answer in the middle leaves no file', async (t) => {
  const { url, runtime, directory } = await serve(t);
  runtime.script.audio = async function* () {
    for (let i = 0; i < 300; i += 1) yield Buffer.alloc(100_000);
  };
  const request = httpRequest(`${url}/v1/audio/speech`, { method: 'POST' }, (response) => {
    response.on('error', () => {});
    response.pause();
    assert.equal(response.headers['content-length'], '30000044');
    request.destroy();
  });
  request.on('error', () => {});
  request.end('{"input":"x","stream":false}');
  await until('a file is there', async () => (await readdir(directory)).length === 1);
  await until('no file is left', async () => (await readdir(directory)).length === 0);
});
