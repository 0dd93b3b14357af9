/**
 * T-one's fixture on the ONNX Runtime engine: both decodings, with and without a language model, against sherpa on the same file. What
 * this proves: wiring, batching, texts and times. What it does not: that the published weights and words understand.
 */
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  type Engine,
  type Model,
  type Segment,
  type TranscribeOptions,
  type TranscriptionStream,
  VoxError,
} from '@vox-speech/contract';
import { findSherpa } from '../sherpa.js';
import { SEARCH_WORDS, toneSpeech, writeTone } from '../tone.js';

const ENGINE: string = '@vox-speech/engine-onnx';
const SHERPA: string = '@vox-speech/engine-sherpa';
const KENLM = fileURLToPath(
  new URL('../../../../../../../engines/onnx/testing/kenlm/trie.bin', import.meta.url),
);
const RATE = 16_000;
/** Samples of a frame, and 16-bit sample values a label, of the fixture. */
const FRAME = 480;
const STEP = 100 / 32_768;
/** The labels of `л` and `м` are 12 and 13: a little nearer to the first. */
const BETWEEN = 12.4;
/** So that its neighbours are as likely as not. */
const VAGUE = 2;

const skip = await missing();

/** Why the engine can't be used here; false = it can. */
async function missing(): Promise<string | false> {
  try {
    const { default: engine } = (await import(ENGINE)) as { default: Engine };
    const { available, reason } = engine.probe();
    return available ? false : (reason ?? 'it is not here');
  } catch {
    return 'the onnx engine is not installed';
  }
}

/** In turn: ms of silence, or a text that is said. */
function audioOf(...hears: readonly (number | string)[]): Float32Array {
  return Float32Array.from(
    hears.flatMap((piece) =>
      typeof piece === 'number'
        ? Array.from({ length: (piece * RATE) / 1000 }, () => 0)
        : [...toneSpeech(piece, RATE)],
    ),
  );
}

/** `мой до?`, the last letter between two. */
function vague(): Float32Array {
  const samples = toneSpeech('мой дол', RATE);
  const from = 3 * FRAME * 'мой до'.length;
  return samples.fill(BETWEEN * STEP, from, from + 2 * FRAME);
}

const SOUND = audioOf(900, 'привет мир', 1500, 'да', 420, ' нет', 630, 'молоко', 1140, 'ещё', 420);

describe('T-one on ONNX Runtime', { skip }, () => {
  let plain = '';
  let known = '';
  const models: Model[] = [];
  const load = async (directory: string, engine = ENGINE, family = 'tone-ctc'): Promise<Model> => {
    const { default: made } = (await import(engine)) as { default: Engine };
    const files = { reference: 'tone:1', family, directory, companions: {}, parameters: {} };
    const model = await made.load(files, { threads: 1, device: 'cpu' });
    models.push(model);
    return model;
  };
  const hear = async (
    model: Model,
    samples: Float32Array,
    options: Partial<TranscribeOptions> = {},
  ): Promise<Segment[]> => {
    const asked = { task: 'transcribe', words: true, ...options } as const;
    const segments = [];
    const { signal } = new AbortController();
    for await (const segment of model.transcribe?.({ samples, sampleRate: RATE }, asked, signal) ?? [])
      segments.push(segment);
    return segments;
  };
  const texts = (segments: readonly Segment[]) => segments.map(({ text }) => text);

  before(async () => {
    plain = await mkdtemp(join(tmpdir(), 'vox-tone-plain-'));
    await writeTone(plain);
    known = await mkdtemp(join(tmpdir(), 'vox-tone-words-'));
    await writeTone(known, 0, VAGUE);
    await writeFile(join(known, 'lm.arpa'), SEARCH_WORDS);
  });
  after(async () => {
    for (const model of models) await model.close();
    for (const folder of [plain, known]) await rm(folder, { recursive: true, force: true });
  });

  test('phrases end after 0.6 s and have the times at which they were said, decoded either way', async () => {
    const model = await load(plain);
    assert.deepEqual(model.info.decoders, ['greedy', 'beam']);
    for (const decoder of ['greedy', 'beam'] as const) {
      const heard = await hear(model, SOUND, { decoder });
      assert.deepEqual(texts(heard), ['привет мир', 'да нет', 'молоко', 'ещё'], decoder);
      // A letter is 90 ms, the last 30 of them a blank; at its edge to silence it may sound like a letter.
      const spans = [
        [900, 1770],
        [3300, 4230],
        [4890, 5400],
        [6570, 6810],
      ] as const;
      for (const [at, [startMs, endMs]] of spans.entries()) {
        assert.equal(heard[at]?.startMs, startMs);
        assert.ok(Math.abs((heard[at]?.endMs ?? 0) - endMs) <= 30, `${heard[at]?.endMs} ${endMs}`);
      }
      const [words] = heard.map((segment) => segment.words);
      assert.deepEqual(
        words?.map(({ text, startMs, endMs }) => [text, startMs, endMs]),
        [
          ['привет', 900, 1410],
          ['мир', 1530, 1770],
        ],
      );
      assert.ok(words?.every(({ confidence = 0 }) => confidence > 0.9 && confidence <= 1));
    }
  });

  test('letters decide alone; with words that are known the words do', async () => {
    const model = await load(known);
    assert.deepEqual(model.info.decoders, ['beam', 'greedy']);
    const sound = audioOf(600, 900);
    sound.set(vague(), (600 * RATE) / 1000);
    assert.deepEqual(texts(await hear(model, sound, { decoder: 'greedy' })), ['мой дол']);
    assert.deepEqual(texts(await hear(model, sound, { decoder: 'beam' })), ['мой дом']);
    // Its own way, where nothing is asked.
    assert.deepEqual(texts(await hear(model, sound)), ['мой дом']);
  });

  test('streams in one step hear what each would hear alone, whatever their pieces', async () => {
    const model = await load(plain);
    const said = [SOUND, audioOf(300, 'а я иду', 700), audioOf(30, 'нет и нет'), SOUND.subarray(160)];
    const alone = await Promise.all(said.map((samples) => hear(model, samples, { decoder: 'beam' })));
    const sizes = [[320], [1, 4799, 7], [100_000], [163, 0, 2048]];
    const streams = said.map(() =>
      model.openTranscription?.({ task: 'transcribe', words: true, decoder: 'beam' }),
    );
    const together: Segment[][] = said.map(() => []);
    const partials = new Set<string>();
    const at = said.map(() => 0);
    for (let turn = 0, busy = true; busy; turn++) {
      busy = false;
      for (const [index, samples] of said.entries()) {
        const from = at[index] ?? 0;
        const to = Math.min(samples.length, from + (sizes[index]?.[turn % (sizes[index]?.length ?? 1)] ?? 1));
        if (from >= samples.length) continue;
        const piece = samples.slice(from, to);
        streams[index]?.push(piece);
        // What was pushed is the stream's.
        piece.fill(0.5);
        at[index] = to;
        if (to >= samples.length) streams[index]?.finish();
        busy = true;
      }
      model.step?.(streams.filter((stream): stream is TranscriptionStream => stream !== undefined));
      for (const [index, stream] of streams.entries()) {
        busy ||= stream?.ready() === true;
        for (const { type, text, segment } of stream?.poll() ?? []) {
          if (type === 'transcript-final' && segment !== undefined) together[index]?.push(segment);
          else partials.add(text);
        }
      }
    }
    assert.deepEqual(together, alone);
    assert.ok(partials.has('прив') && partials.has('привет'), [...partials].join());
  });

  test('sherpa ends the same phrases within 30 ms', { skip: findSherpa() === undefined }, async () => {
    const [ours, theirs] = [await load(plain), await load(plain, SHERPA)];
    const [mine, other] = [await hear(ours, SOUND, { decoder: 'greedy' }), await hear(theirs, SOUND)];
    assert.deepEqual(texts(other), texts(mine));
    for (const [at, { startMs, endMs }] of mine.entries()) {
      assert.ok(Math.abs(startMs - (other[at]?.startMs ?? 0)) <= 30, `${startMs} ${other[at]?.startMs}`);
      assert.ok(Math.abs(endMs - (other[at]?.endMs ?? 0)) <= 30, `${endMs} ${other[at]?.endMs}`);
    }
  });

  test('a binary of KenLM is taken; what is damaged is named', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'vox-tone-damaged-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    await writeTone(folder);
    await copyFile(KENLM, join(folder, 'kenlm.bin'));
    assert.deepEqual((await load(folder)).info.decoders, ['beam', 'greedy']);
    const broken = (what: RegExp) => (error: unknown) =>
      VoxError.is(error) && error.code === 'model_broken' && what.test(error.message);
    await writeFile(join(folder, 'kenlm.bin'), 'nothing');
    await assert.rejects(load(folder), broken(/kenlm\.bin: it is no binary of KenLM/));
    await rm(join(folder, 'kenlm.bin'));
    await writeFile(join(folder, 'tokens.txt'), 'а 0\nб 2\n');
    await assert.rejects(load(folder), broken(/tokens\.txt .*line 2/));
    await writeFile(join(folder, 'tokens.txt'), 'а 0\n  1\n<blk> 2\n');
    await assert.rejects(load(folder), broken(/35 labels/));
    await writeFile(join(folder, 'model.onnx'), 'nothing');
    await assert.rejects(load(folder), broken(/model\.onnx/));
    await assert.rejects(load(plain, ENGINE, 'piper'), { code: 'engine_missing' });
  });
});
