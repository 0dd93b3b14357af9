/**
 * Streaming families of the sherpa engine through the real library, on the fixture with T-one's inputs and outputs. What this
 * proves: texts, times, ends of utterances, and that streams in one step don't mix. What it does not: that the published
 * weights understand.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Engine, type StreamPart, VoxError } from '@vox-speech/contract';
import { findSherpa } from '../sherpa.js';
import { LETTER_MS, writeTone } from '../tone.js';
import { finals, runChild, texts } from './child.test.support.js';
import type { RunStreams, StreamsReport } from './run-streams.test.support.js';

const ENGINE: string = '@vox-speech/engine-sherpa';
const skip = findSherpa() === undefined && 'sherpa-onnx-node is not installed';
/** Samples of 20 ms, what a client sends. */
const FRAMES = [320];

describe('streaming families of the sherpa engine', () => {
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vox-streaming-'));
    await writeTone(directory);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const files = () => ({
    reference: 'tone:1',
    family: 'tone-ctc',
    directory,
    companions: {},
    parameters: {},
  });
  const run = (job: Omit<RunStreams, 'files'>): StreamsReport =>
    runChild('./run-streams.test.support.js', { files: files(), ...job });

  /** A word begins where it was said, and ends within a letter after its last letter began. */
  const checkWords = (segment: StreamPart['segment'], saidMs: number): void => {
    assert.ok(segment?.words);
    assert.equal(segment.words.map(({ text }) => text).join(' '), segment.text);
    let letters = 0;
    for (const { text, startMs, endMs } of segment.words) {
      const begins = saidMs + letters * LETTER_MS;
      assert.ok(Math.abs(startMs - begins) <= 2, `${text} begins at ${startMs}, not ${begins}`);
      const last = begins + (text.length - 1) * LETTER_MS;
      assert.ok(endMs > last && endMs <= last + 2 * LETTER_MS, `${text} ends at ${endMs}`);
      letters += text.length + 1;
    }
    assert.equal(segment.startMs, segment.words[0]?.startMs);
    assert.equal(segment.endMs, segment.words.at(-1)?.endMs);
  };

  test('what is said comes as partials that grow, and as a final with words and times', { skip }, () => {
    const { info, parts, foreign } = run({ streams: [{ hears: [600, 'привет мир', 300], pushes: FRAMES }] });
    assert.deepEqual(info.languages, ['ru']);
    const partials = (parts[0] ?? []).filter(({ type }) => type === 'transcript-partial');
    assert.deepEqual(
      partials.map(({ text }) => text),
      ['прив', 'привет', 'привет мир'],
    );
    assert.ok(partials.every(({ segment }) => segment?.startMs === 600));
    assert.deepEqual(texts(parts[0]), ['привет мир']);
    checkWords(finals(parts[0])[0], 600);
    assert.equal(finals(parts[0])[0]?.language, 'ru');
    assert.equal(foreign, 'invalid_request');
  });

  test('silence ends an utterance; the times of the next ones go on', { skip }, () => {
    const { parts, recording, cancelled } = run({
      streams: [{ hears: [600, 'привет мир', 2100, 'а я иду', 2100, 'да', 3000], pushes: FRAMES }],
      recording: true,
    });
    assert.deepEqual(texts(parts[0]), ['привет мир', 'а я иду', 'да']);
    [600, 600 + 900 + 2100, 600 + 900 + 2100 + 630 + 2100].forEach((saidMs, at) => {
      checkWords(finals(parts[0])[at], saidMs);
    });
    // The last part was said by the silence, not by the end: nothing is open any more.
    assert.equal(parts[0]?.at(-1)?.type, 'transcript-final');
    assert.deepEqual(recording, finals(parts[0]));
    assert.equal(cancelled, 'cancelled');
  });

  test('the end of the stream brings out the last letter, wherever a chunk ended', { skip }, () => {
    const streams = [0, 30, 120, 210, 270].map((lead) => ({ hears: [lead, 'да нет'], pushes: FRAMES }));
    const { parts } = run({ streams });
    parts.forEach((each, at) => {
      assert.deepEqual(texts(each), ['да нет'], `after ${streams[at]?.hears[0]} ms`);
      checkWords(finals(each)[0], Number(streams[at]?.hears[0]));
    });
  });

  test('streams in one step don’t mix, whatever the size of their packets', { skip }, () => {
    const sizes = [[320], [1], [4799, 1, 7], [4800], [9601], [100_000], [163, 0, 2048]];
    const said = ['привет мир', 'да', 'молоко', 'а я иду', 'нет и нет', 'хорошо', 'ещё раз'];
    const streams = sizes.map((pushes, at) => ({ hears: [300, said[at] ?? ''], pushes }));
    const { parts } = run({ streams: [...streams, { hears: [300], pushes: [320] }] });
    assert.deepEqual(
      parts.map((each) => texts(each)),
      [...said.map((text) => [text]), []],
    );
    parts.slice(0, said.length).forEach((each) => {
      checkWords(finals(each)[0], 300);
    });
  });

  test('a stream that is closed says no more; one without words has none', { skip }, () => {
    const { parts } = run({
      streams: [
        { hears: [300, 'привет мир', 3000], pushes: FRAMES, closedAfterMs: 900 },
        { hears: [300, 'привет мир', 3000], pushes: FRAMES, words: false },
      ],
    });
    assert.deepEqual(texts(parts[0]), []);
    assert.deepEqual(texts(parts[1]), ['привет мир']);
    assert.equal(finals(parts[1])[0]?.words, undefined);
  });

  test('an utterance without end is ended after 60 s', { skip }, () => {
    const { parts } = run({ streams: [{ hears: ['молоко '.repeat(100).trim()], pushes: [4800] }] });
    const ends = finals(parts[0]);
    assert.equal(ends.length, 2);
    assert.ok(Math.abs(Number(ends[0]?.endMs) - 60_000) <= 600, `${ends[0]?.endMs}`);
    const said = ends.flatMap((segment) => segment?.words ?? []);
    assert.equal(said.map(({ text }) => text).join(''), 'молоко'.repeat(100));
  });

  test('a file that the library would end the process over is named', { skip }, async () => {
    const { default: engine } = (await import(ENGINE)) as { default: Engine };
    for (const [name, from, to] of [
      ['model.onnx', 'frame_length_ms', 'frame_length_xx'],
      ['model.onnx', 'state_dim', 'state_xxx'],
      ['tokens.txt', '<blk>', '<non>'],
    ] as const) {
      const path = join(directory, name);
      const whole = await readFile(path, 'latin1');
      await writeFile(path, whole.replace(from, to), 'latin1');
      await assert.rejects(
        engine.load(files(), { threads: 1, device: 'cpu' }),
        (error: unknown) =>
          VoxError.is(error) && error.code === 'model_broken' && error.message.includes(from),
      );
      await writeFile(path, whole, 'latin1');
    }
  });
});
