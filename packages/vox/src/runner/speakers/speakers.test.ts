import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { encodeSamples, wavHeader } from '@vox-speech/audio';
import type { Segment, SpeakerTurn } from '@vox-speech/contract';
import { fileOptions } from '../hear-file.js';
import { carryOwnVoices } from './apart.js';
import { findVoices } from './by-voice.js';
import { type Levels, readLevels } from './channel-levels.js';
import { diarizeFile } from './diarize-file.js';
import { Leaks } from './leaks.js';
import { matchVoices, unit } from './voices.js';

const SECOND = 50;

/** Loudness of somebody who talks in syllables of uneven length and strength, and is silent outside of `spans` (in s). */
function talk(seed: number, seconds: number, spans: readonly [number, number][], gainDb = 0): Levels {
  let state = seed;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  const levels = new Float32Array(seconds * SECOND).fill(-80);
  for (const [from, to] of spans)
    for (let at = from * SECOND; at < to * SECOND; ) {
      const length = 3 + Math.floor(random() * 12);
      const loud = -12 - random() * 18 + gainDb;
      for (let end = at + length; at < end && at < to * SECOND; at++) levels[at] = loud - random() * 2;
      at += 1 + Math.floor(random() * 3);
    }
  return levels;
}

/** The sum of two sounds, as levels. */
function mixed(a: Levels, b: Levels, factorDb: number, lag: number): Levels {
  return a.map(
    (level, frame) =>
      20 * Math.log10(10 ** (level / 20) + 10 ** (((b[frame - lag] ?? -100) + factorDb) / 20)),
  );
}

const ALICE: [number, number][] = [
  [0, 6],
  [12, 18],
];
const BOB: [number, number][] = [
  [6.4, 11.6],
  [18.4, 24],
];
const alice = talk(1, 24, ALICE);
const bob = talk(2, 24, BOB);

describe('do channels carry voices of their own', () => {
  const cases: [string, Levels[], boolean][] = [
    ['a party on each', [alice, bob], true],
    ['a party on each, who talk at once', [talk(1, 24, [[0, 24]]), talk(2, 24, [[0, 24]])], true],
    ['a party on each that leaks to the other', [mixed(alice, bob, -20, 4), mixed(bob, alice, -20, 4)], true],
    ['a room with a microphone beside each', [mixed(alice, bob, -8, 0), mixed(bob, alice, -8, 0)], true],
    ['one channel', [alice], false],
    ['a copy', [alice, alice], false],
    ['a quieter copy', [alice, alice.map((level) => level - 12)], false],
    [
      'stereo of one scene',
      [mixed(alice, bob, -3, 0), mixed(bob, alice, -3, 0).map((l, i) => Math.max(l, (alice[i] ?? 0) - 4))],
      false,
    ],
    ['one party and silence', [mixed(alice, bob, 0, 0), new Float32Array(alice.length).fill(-100)], false],
    ['silence', [new Float32Array(500).fill(-100), new Float32Array(500).fill(-100)], false],
    ['nothing', [new Float32Array(0), new Float32Array(0)], false],
  ];
  for (const [name, channels, apart] of cases)
    it(`${name}: ${apart ? 'yes' : 'no'}`, () => assert.equal(carryOwnVoices(channels), apart));
});

describe('leaks', () => {
  const words = (from: number, to: number, text: string): Segment => {
    const all = text.split(' ');
    const step = ((to - from) * 1000) / all.length;
    return {
      text,
      startMs: from * 1000,
      endMs: to * 1000,
      words: all.map((word, index) => ({
        text: word,
        startMs: from * 1000 + index * step,
        endMs: from * 1000 + (index + 1) * step - 50,
      })),
    };
  };
  const leaky = new Leaks([mixed(alice, bob, -22, 6), mixed(bob, alice, -22, 6)]);

  it('are not said twice, and what is one’s own is', () => {
    assert.equal(leaky.without(words(0.2, 5.8, 'what alice says is faintly here'), 1), undefined);
    const own = words(6.5, 11.5, 'what bob says himself');
    assert.equal(leaky.without(own, 1), own);
    const alices = words(0.2, 5.8, 'what alice says herself');
    assert.equal(leaky.without(alices, 0), alices);
  });

  it('are cut off where they share a segment with words of one’s own', () => {
    const both = words(3, 10, 'alice still says this then bob says these words');
    const kept = leaky.without(both, 1);
    assert.ok(kept?.words && kept.words.length < 9 && kept.words.length >= 4, kept?.text);
    assert.match(kept.text, /bob says these words$/);
    assert.equal(kept.startMs, kept.words[0]?.startMs);
  });

  it('are judged whole where words have no times', () => {
    const { words: _, ...bare } = words(0.2, 5.8, 'what alice says');
    assert.equal(leaky.without(bare, 1), undefined);
    assert.equal(leaky.without(bare, 0), bare);
  });

  it('are none where people talk at once, however quiet the other', () => {
    const apart = new Leaks([talk(1, 24, [[0, 24]]), talk(2, 24, [[0, 24]], -15)]);
    const quiet = words(1, 23, 'i am quiet but this is mine and nobody else says it');
    assert.equal(apart.without(quiet, 1), quiet);
  });
});

describe('voices', () => {
  const a = unit(Float32Array.of(1, 0.1, 0));
  const b = unit(Float32Array.of(0.1, 1, 0));

  it('are matched to the most alike, each once', () => {
    const near = unit(Float32Array.of(1, 0.3, 0));
    assert.deepEqual(matchVoices([near, a, b], [a, b], 'known'), [null, 0, 1]);
    assert.deepEqual(matchVoices([unit(Float32Array.of(0, 0, 1))], [a, b], 'known'), [null]);
    assert.deepEqual(matchVoices([a], [], 'known'), [null]);
  });

  /** Tells voices apart by the sign of the samples; numbers them anew each time, as a model does. */
  const model = {
    diarize: async ({ samples }: { samples: Float32Array }): Promise<SpeakerTurn[]> => {
      const turns: SpeakerTurn[] = [];
      const names = new Map<number, number>();
      for (let at = 0; at < samples.length; at += 16_000) {
        const sign = Math.sign(samples[at] ?? 0);
        if (!names.has(sign)) names.set(sign, names.size);
        turns.push({ startMs: at / 16, endMs: at / 16 + 1000, speaker: names.get(sign) ?? 0 });
      }
      return turns;
    },
    embed: async ({ samples }: { samples: Float32Array }) => ((samples[0] ?? 0) > 0 ? a : b),
  };
  const seconds = (signs: readonly number[]) =>
    signs.map((sign) => new Float32Array(16_000).fill(0.3 * sign));
  const { signal } = new AbortController();

  it('keep their numbers from block to block of a long recording', async () => {
    async function* source() {
      // 90 s, more than a block: who is first in the second block is not who was first.
      yield* seconds(Array.from({ length: 90 }, (_, at) => (at < 40 || at >= 85 ? 1 : -1)));
    }
    const found = await findVoices({ model, source: source(), known: [b], signal });
    assert.equal(found.turns.length, 90);
    found.turns.forEach((turn, at) => {
      assert.equal(turn.startMs, at * 1000);
      assert.equal(turn.speaker, at < 40 || at >= 85 ? 0 : 1, `second ${at}`);
    });
    assert.deepEqual(found.known, [null, 0]);
  });

  async function folder(t: TestContext) {
    const directory = await mkdtemp(join(tmpdir(), 'vox-speakers-'));
    t.after(() => rm(directory, { recursive: true, force: true }));
    return async (name: string, interleaved: Float32Array, channels = 1) => {
      const path = join(directory, name);
      const bytes = encodeSamples(interleaved, 's16');
      const header = wavHeader({
        encoding: 's16',
        sampleRate: 16_000,
        channels,
        frames: interleaved.length / channels,
      });
      await writeFile(path, Buffer.concat([header, bytes]));
      return { path, format: 'wav', growing: false, maxSeconds: 30 } as const;
    };
  }

  it('of channels are known again; recordings that are too short or too long are named', async (t) => {
    const write = await folder(t);
    const stereo = Float32Array.from({ length: 2 * 32_000 }, (_, at) => (at % 2 === 0 ? -0.3 : 0.3));
    const source = await write('call.wav', stereo, 2);
    const known = [await write('a.wav', new Float32Array(48_000).fill(0.3))];
    const found = await diarizeFile({ model, source, known, channels: 2, signal });
    assert.deepEqual(found, { turns: [], known: [null, 0] });
    for (const [length, why] of [
      [16_000, /\[1\] lasts 1\.0 s; 2 to 10 s/],
      [12 * 16_000, /\[1\] is longer than 10 s/],
    ] as const)
      await assert.rejects(
        diarizeFile({
          model,
          source,
          known: [...known, await write(`${length}.wav`, new Float32Array(length).fill(0.1))],
          signal,
        }),
        (error: { code: string; param: string; message: string }) =>
          error.code === 'invalid_request' &&
          error.param === 'known_speaker_references' &&
          why.test(error.message),
      );
  });

  it('levels are read channel by channel', async (t) => {
    const write = await folder(t);
    const stereo = Float32Array.from({ length: 2 * 24_000 }, (_, at) => (at % 2 === 0 ? 0.5 : 0.05));
    const file = fileOptions(await write('two.wav', stereo, 2), signal);
    const [left, right] = [await readLevels(file, 0), await readLevels(file, 1)];
    assert.equal(left.length, 75);
    for (const level of left) assert.ok(Math.abs(level + 6.02) < 0.1, String(level));
    for (const level of right) assert.ok(Math.abs(level + 26.02) < 0.1, String(level));
    await assert.rejects(readLevels(file, 2), /no channel 2; it has 2/);
  });
});
