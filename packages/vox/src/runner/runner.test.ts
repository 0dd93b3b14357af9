import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { encodeWav } from '@vox-speech/audio';
import type { Envelope, FromRunner, ToRunner } from '../messages/index.js';
import { type Port, portPair } from '../messages/pipe.js';
import { RATE, sayNumbers } from './fake-model.test-support.js';
import { readReference } from './reference.js';
import { createRunner } from './runner.js';

const ENGINE = new URL('./engine.test-support.js', import.meta.url).href;
let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vox-runner-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A runner, what it says, and what it logs. */
class Talk {
  readonly port: Port<ToRunner, FromRunner>;
  readonly heard: Envelope<FromRunner>[] = [];
  readonly log: string[] = [];
  #wake: () => void = () => {};

  constructor() {
    const [mine, theirs] = portPair<ToRunner, FromRunner>();
    this.port = mine;
    mine.onMessage((envelope) => {
      this.heard.push(envelope);
      this.#wake();
    });
    createRunner(theirs, (line) => this.log.push(line));
  }

  /** The first message of a type, of a job if given. */
  async next<T extends FromRunner['type']>(type: T, id?: number): Promise<Extract<FromRunner, { type: T }>> {
    for (;;) {
      const found = this.heard.find(
        ({ message }) =>
          message.type === type && (id === undefined || ('id' in message && message.id === id)),
      );
      if (found) return found.message as Extract<FromRunner, { type: T }>;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async load(family: string): Promise<this> {
    const files = {
      reference: 'test:1',
      family,
      directory: folder,
      companions: { 'silero-vad': folder },
      parameters: {},
    };
    this.port.send({ type: 'load', engine: ENGINE, files, options: { threads: 1, device: 'cpu' } });
    if (family !== 'broken') await this.next('ready');
    return this;
  }

  transcribe(id: number, path: string, growing = false): void {
    this.port.send({
      type: 'transcribe',
      id,
      source: { path, format: 'wav', growing, maxSeconds: 1000 },
      options: { task: 'transcribe', words: true },
    });
  }

  speak(id: number, text: string, credit = 1e6): void {
    this.port.send({
      type: 'synthesize',
      id,
      text,
      options: { voice: 'default', speed: 1 },
      output: { format: 'pcm', wavHeader: 'none' },
      credit,
    });
  }

  bytes(id: number): number {
    return this.heard
      .filter(({ message }) => message.type === 'audio' && message.id === id)
      .reduce((sum, { body }) => sum + (body?.length ?? 0), 0);
  }
}

async function wav(name: string, numbers: number[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, encodeWav(sayNumbers(numbers), RATE, 'f32'));
  return path;
}

test('loads, transcribes a file, answers with segments and one end', async () => {
  const talk = await new Talk().load('stt');
  talk.transcribe(1, await wav('a.wav', [1, 2, 3]));
  const { transcript } = await talk.next('end', 1);
  assert.equal((await talk.next('segment', 1)).segment.text, '1 2 3');
  assert.equal(transcript?.durationMs, 1800);
  assert.deepEqual(
    talk.heard.map(({ message }) => message.type),
    ['ready', 'segment', 'memory', 'end'],
  );
});

test('a companion of another engine is run by that one', async () => {
  const talk = new Talk();
  const companions = { 'silero-vad': folder };
  const files = { reference: 'x:1', family: 'deaf', directory: folder, companions, parameters: {} };
  const options = { threads: 1, device: 'cpu' } as const;
  const companionEngines = { 'silero-vad': './no-such-engine.js' };
  talk.port.send({ type: 'load', engine: ENGINE, files, options, companionEngines });
  await talk.next('ready');
  // Longer than one window, so that it takes the detector to cut it.
  talk.transcribe(
    1,
    await wav(
      'long.wav',
      Array.from({ length: 80 }, () => 1),
    ),
  );
  const { error } = await talk.next('error', 1);
  assert.equal(error.code, 'engine_missing');
  assert.match(error.message, /no-such-engine/);
  talk.port.send({ type: 'close' });
});

test('follows a growing file to its end, or to the error of its writer', async () => {
  const talk = await new Talk().load('stt');
  const path = await wav('grow.wav', [4, 5]);
  talk.transcribe(1, path, true);
  talk.transcribe(2, path, true);
  talk.port.send({ type: 'source-end', id: 1 });
  talk.port.send({ type: 'source-end', id: 2, error: { code: 'unsupported_media', message: 'not audio' } });
  await talk.next('end', 1);
  assert.equal((await talk.next('error', 2)).error.code, 'unsupported_media');
});

test('what is broken is said, and an engine that is not there too', async () => {
  const broken = await new Talk().load('broken');
  assert.equal((await broken.next('load-failed')).error.code, 'model_broken');
  const talk = new Talk();
  const files = { reference: 'x', family: 'x', directory: folder, companions: {}, parameters: {} };
  talk.port.send({
    type: 'load',
    engine: './no-such-engine.js',
    files,
    options: { threads: 1, device: 'cpu' },
  });
  assert.equal((await talk.next('load-failed')).error.code, 'engine_missing');
  talk.transcribe(1, 'nowhere');
  assert.equal((await talk.next('error', 1)).error.code, 'internal');
});

test('a fault in one job leaves the others alone', async () => {
  const talk = await new Talk().load('tts');
  talk.speak(1, 'First. Then explode.');
  talk.speak(2, 'One. Two.');
  assert.match((await talk.next('error', 1)).error.message, /boom/);
  assert.equal((await talk.next('audio-start', 2)).sampleRate, 16_000);
  await talk.next('end', 2);
  assert.equal(talk.log.length, 1);
});

test('no more bytes leave than there is credit for; waiting for it can be cancelled', async () => {
  const talk = await new Talk().load('tts');
  talk.speak(1, 'One. Two.', 20_000);
  await talk.next('audio', 1);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  const first = talk.bytes(1);
  assert.ok(first > 0 && first <= 20_000, `${first} bytes`);
  talk.port.send({ type: 'credit', id: 1, bytes: first });
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(talk.bytes(1) > first && talk.bytes(1) <= first + 20_000);
  talk.port.send({ type: 'cancel', id: 1 });
  assert.equal((await talk.next('error', 1)).error.code, 'cancelled');
});

test('an unknown message is logged and ignored; close ends jobs and says so', async () => {
  const talk = await new Talk().load('tts');
  talk.port.send({ type: 'dance' } as unknown as ToRunner);
  talk.speak(1, 'One. Two.', 1);
  await talk.next('audio-start', 1);
  talk.port.send({ type: 'close' });
  await talk.next('closed');
  assert.deepEqual(talk.log, ['runner: unknown message "dance"']);
});

test('gives memory back when told to, also with nothing loaded', async () => {
  for (const talk of [new Talk(), await new Talk().load('stt')]) {
    talk.port.send({ type: 'trim' });
    const { before, bytes } = await talk.next('trimmed');
    assert.ok(before > 0 && bytes > 0);
  }
});

test('reads the recording of a voice at the rate of the model, and says so when it is gone', async () => {
  const path = join(folder, 'reference.wav');
  await writeFile(path, encodeWav(sayNumbers([1, 2, 3]), RATE, 'f32'));
  const read = await readReference({ path, text: 'one two three' }, RATE / 2, new AbortController().signal);
  assert.equal(read.text, 'one two three');
  assert.equal(read.sampleRate, RATE / 2);
  assert.equal(read.samples.length, sayNumbers([1, 2, 3]).length / 2);
  const talk = await new Talk().load('tts');
  talk.port.send({
    type: 'synthesize',
    id: 1,
    text: 'Hello.',
    options: { voice: 'default', speed: 1 },
    reference: { path: join(folder, 'none.wav'), text: '' },
    output: { format: 'pcm', wavHeader: 'none' },
    credit: 1e6,
  });
  const { error } = await talk.next('error', 1);
  assert.equal(error.code, 'not_found');
});
