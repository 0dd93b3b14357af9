import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeToMono, WavHeaderParser } from '@vox-speech/audio';
import { describeModel, type Model, type Pcm, VoxError } from '@vox-speech/contract';
import type { SpeechOutput } from '../messages/index.js';
import { Pause } from './pauses.js';
import { speak } from './speak.js';

const RATE = 22_050;
const TTS = describeModel({
  kind: 'tts',
  family: 'fake',
  sampleRate: RATE,
  languages: ['en'],
  voices: [{ id: 'default', name: 'default' }],
  concurrency: 1,
});

/** Half a second a sentence, in two pieces. */
function voice(said: string[] = []): Model {
  return {
    info: TTS,
    memory: () => ({ bytes: 1 }),
    async *synthesize(text): AsyncGenerator<Pcm> {
      said.push(text);
      for (let piece = 0; piece < 2; piece++)
        yield { samples: new Float32Array(RATE / 4).fill(0.25), sampleRate: RATE };
    },
    close: async () => {},
  };
}

test('G.711 at a telephone’s rate: a byte a sample', async () => {
  for (const format of ['mulaw', 'alaw'] as const) {
    const { bytes, rate, durationMs } = await say('Hello there.', voice(), { format, sampleRate: 8_000 });
    assert.deepEqual([rate, durationMs, bytes.length], [8_000, 500, 4_000]);
    const middle = decodeToMono(bytes.subarray(2_000, 2_001), format, 1)[0] ?? 0;
    assert.ok(Math.abs(middle - 0.25) < 0.01, `${format}: ${middle}`);
  }
});

interface Spoken {
  bytes: Buffer;
  rate: number;
  durationMs: number;
}

async function say(
  text: string,
  model: Model,
  output: Partial<SpeechOutput> = {},
  signal = new AbortController().signal,
  onBytes: (bytes: Uint8Array) => Promise<void> | void = () => {},
  pauseAfter?: 'sentence' | 'paragraph',
): Promise<Spoken> {
  const pieces: Uint8Array[] = [];
  let rate = 0;
  const { durationMs } = await speak({
    model,
    text,
    options: { voice: 'default', speed: 1 },
    output: { format: 'pcm', wavHeader: 'none', ...output },
    onStart: (hertz) => {
      rate = hertz;
    },
    emit: async (bytes) => {
      assert.ok(rate > 0, 'the rate comes before the bytes');
      pieces.push(bytes.slice());
      await onBytes(bytes);
    },
    signal,
    ...(pauseAfter === undefined ? {} : { pauseAfter }),
    now: () => 0,
  });
  return { bytes: Buffer.concat(pieces), rate, durationMs };
}

test('sentence by sentence, with a pause between them and none after the last', async () => {
  const said: string[] = [];
  const { bytes, rate, durationMs } = await say('Dr. Who is here. He left.', voice(said));
  assert.deepEqual(said, ['Dr. Who is here.', 'He left.']);
  assert.equal(rate, RATE);
  const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const loud = samples.filter((sample) => sample !== 0).length;
  assert.equal(loud, 2 * 2 * Math.floor(RATE / 4));
  assert.equal(samples.length - loud, Math.round(0.25 * RATE));
  assert.notEqual(samples.at(-1), 0);
  assert.equal(durationMs, Math.round((samples.length / RATE) * 1000));
});

test('a pause follows where more text is to come', async () => {
  const speech = 2 * 2 * Math.floor(RATE / 4);
  const spoken = async (pause?: 'sentence' | 'paragraph') =>
    (await say('One.', voice(), {}, undefined, undefined, pause)).bytes.length - speech;
  assert.equal(await spoken(), 0);
  assert.equal(await spoken('sentence'), 2 * Math.round(0.25 * RATE));
  assert.equal(await spoken('paragraph'), 2 * Math.round(0.5 * RATE));
});

test('the first audio leaves before the second sentence is made', async () => {
  const said: string[] = [];
  let atFirst = 0;
  await say('One. Two. Three.', voice(said), {}, undefined, () => {
    atFirst ||= said.length;
  });
  assert.equal(atFirst, 1);
});

test('a WAV has a header of unknown length, and the asked rate', async () => {
  const { bytes, rate } = await say('One.', voice(), {
    format: 'wav',
    wavHeader: 'stream',
    sampleRate: 16_000,
  });
  assert.equal(rate, 16_000);
  const parser = new WavHeaderParser();
  parser.push(bytes);
  assert.equal(bytes.readUInt32LE(4), 0xffffffff);
  assert.equal(bytes.readUInt32LE(24), 16_000);
  assert.ok(Math.abs((bytes.length - 44) / 2 - 8000) <= 2);
});

test('text without anything to say is refused by name', async () => {
  for (const text of ['', ' \n ', '... !?', '—'])
    await assert.rejects(
      say(text, voice()),
      (error) => VoxError.is(error) && error.code === 'invalid_request' && error.param === 'input',
    );
});

/** A voice that can read nothing but Latin letters. */
function latin(): Model {
  const model = voice();
  return {
    ...model,
    async *synthesize(text, options, signal): AsyncGenerator<Pcm> {
      if (/[a-z]/i.test(text)) yield* model.synthesize?.(text, options, signal) ?? [];
    },
  };
}

test('sentences that the voice can not read are left out; a text of nothing else is refused', async () => {
  const { durationMs } = await say('Привет. Hello. Мир.', latin());
  // One sentence of half a second, and the pause after it.
  assert.equal(durationMs, 750);
  await assert.rejects(
    say('Привет. Мир.', latin(), { format: 'wav', wavHeader: 'stream' }),
    (error) => VoxError.is(error) && error.code === 'invalid_request' && error.param === 'input',
  );
});

test('an encoded format without the program says what to do', async () => {
  await assert.rejects(
    say('One.', voice(), { format: 'mp3' }),
    (error) => VoxError.is(error) && error.code === 'ffmpeg_missing' && /vox pull ffmpeg/.test(error.message),
  );
});

test('cancel between sentences: the next one is not begun', async () => {
  const said: string[] = [];
  const abort = new AbortController();
  await assert.rejects(
    say('One. Two. Three.', voice(said), {}, abort.signal, () => abort.abort()),
    (error) => VoxError.is(error) && error.code === 'cancelled',
  );
  assert.deepEqual(said, ['One.']);
});

test('silence that the voice leaves itself counts for the pause', () => {
  const pause = new Pause(1000);
  pause.hear(new Float32Array(500).fill(0.5));
  pause.hear(new Float32Array(100));
  assert.equal(pause.missing(false, 1).length, 150);
  pause.hear(new Float32Array(1000).fill(0.5, 0, 100));
  assert.equal(pause.missing(false, 1).length, 0);
  pause.hear(new Float32Array(10).fill(0.5));
  assert.equal(pause.missing(true, 2).length, 250);
});
