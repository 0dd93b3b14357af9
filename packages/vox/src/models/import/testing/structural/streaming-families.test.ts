/**
 * The streaming families beside T-one through the real library, on structural models. What this proves: files, metadata, states,
 * batches, times and ends of utterances. What it does not: that published weights understand.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findSherpa } from '../sherpa.js';
import { finals, runChild, texts } from './child.test.support.js';
import type { RunStreams, StreamsReport } from './run-streams.test.support.js';
import {
  writeNemoCtc,
  writeNemoTransducer,
  writeParaformer,
  writeZipformer,
  writeZipformerCtc,
} from './streaming-graphs.test.support.js';

const skip = findSherpa() === undefined && 'sherpa-onnx-node is not installed';
const BEEP = 'BEEP';
const BEEP_MS = 160;
/** Silence between two beeps, ms. */
const PAUSE = 300;

interface Family {
  readonly name: string;
  readonly write: (directory: string) => Promise<void>;
  /** What the n-th beep and those before it say. */
  readonly says: readonly string[];
  /** Ms of an answer; absent = words have no times. */
  readonly step?: number;
}

const ENGLISH = ['the', 'the quick', 'the quick bro', 'the quick brown', 'the quick brown fox'];
const FAMILIES: readonly Family[] = [
  { name: 'zipformer-online', write: (to) => writeZipformer(to), says: ENGLISH, step: 40 },
  { name: 'zipformer-ctc-online', write: writeZipformerCtc, says: ENGLISH, step: 40 },
  { name: 'nemo-ctc-online', write: writeNemoCtc, says: ENGLISH, step: 80 },
  { name: 'nemo-transducer-online', write: writeNemoTransducer, says: ENGLISH, step: 80 },
  {
    name: 'paraformer-online',
    write: writeParaformer,
    says: ['the', 'the qu', 'the quick', 'the quick fox', 'the quick fox 好'],
  },
];

describe('streaming families beside T-one', () => {
  let root = '';
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'vox-streaming-families-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  const make = async (name: string, write: Family['write'], family = name): Promise<RunStreams['files']> => {
    const directory = join(root, name);
    await mkdir(directory, { recursive: true });
    await write(directory);
    return { reference: `${name}:1`, family, directory, companions: {}, parameters: { languages: 'en, zh' } };
  };
  const run = (job: RunStreams): StreamsReport => runChild('./run-streams.test.support.js', job);
  /** Beeps after a lead, and silence behind. */
  const beeps = (lead: number, count: number, behind = 0): (number | string)[] => [
    lead,
    ...Array.from({ length: count }, () => [BEEP, PAUSE]).flat(),
    behind,
  ];

  for (const { name, write, says, step } of FAMILIES) {
    test(`${name}: streams side by side, each with its own words and times`, { skip }, async () => {
      const files = await make(name, write);
      const pushes = [[320], [1, 799], [4800], [16_000], [163, 0, 2048]];
      const { info, parts, recording, foreign } = run({
        files,
        streams: pushes.map((each, at) => ({ hears: beeps(400 + 130 * at, at + 1), pushes: each })),
        recording: true,
      });
      assert.deepEqual(info.languages, ['en', 'zh']);
      assert.equal(info.canTimeWords, step !== undefined);
      assert.equal(foreign, 'invalid_request');
      assert.deepEqual(
        parts.map((each) => texts(each)),
        says.map((text) => [text]),
      );
      assert.deepEqual(recording, finals(parts[0]));
      const segment = finals(parts[4])[0];
      assert.equal(segment?.words === undefined, step === undefined);
      if (step === undefined) return;
      const begins = [0, 1, 2, 4].map((beep) => 400 + 130 * 4 + beep * (BEEP_MS + PAUSE));
      segment?.words?.forEach(({ text, startMs }, at) => {
        assert.ok(Math.abs(startMs - Number(begins[at])) <= step, `${text} begins at ${startMs}`);
      });
    });

    test(`${name}: silence ends an utterance, the clock goes on`, { skip }, async () => {
      const files = await make(`${name}-ends`, write, name);
      const { parts } = run({
        files,
        streams: [{ hears: [...beeps(400, 2, 3000), ...beeps(0, 1, 200)], pushes: [320] }],
      });
      const [first, second, ...others] = finals(parts[0]);
      assert.equal(first?.text, says[1]);
      assert.ok(second !== undefined && others.length === 0, JSON.stringify(texts(parts[0])));
      // It was over by its own silence, long before the next was said.
      const said = 400 + 2 * (BEEP_MS + PAUSE) + 3000;
      assert.ok(
        second.startMs <= said + 2 * (step ?? 600) && second.startMs >= said - 2500,
        `${second.startMs}`,
      );
      if (step !== undefined) assert.ok(Math.abs(second.startMs - said) <= step, `${second.startMs}`);
    });
  }

  for (const [name, write] of [
    ['zipformer-online', writeZipformer],
    ['nemo-transducer-online', writeNemoTransducer],
    ['zipformer-ctc-online', writeZipformerCtc],
  ] as const)
    test(`${name}: how likely the tokens are, where the library tells it`, { skip }, async () => {
      const files = await make(`${name}-scores`, (to) => write(to), name);
      const hears = beeps(400, 3);
      const { info, parts } = run({
        files,
        streams: [
          { hears, pushes: [1600], scores: true },
          { hears, pushes: [1600] },
        ],
      });
      const [scored, plain] = parts.map((each) => finals(each)[0]);
      assert.equal(plain?.scores, undefined);
      assert.equal(info.canScore === true, name !== 'zipformer-ctc-online');
      assert.equal(scored?.scores !== undefined, info.canScore === true);
      if (scored?.scores === undefined) return;
      const tokens = scored.scores.map(({ text }) => text);
      assert.equal(tokens.join('').trim(), scored.text);
      assert.ok(scored.scores.every(({ logProbability }) => logProbability < 0));
    });

  test('zipformer-online: hotwords turn what is nearly as likely', { skip }, async () => {
    const streams = [{ hears: beeps(400, 5), pushes: [320] }];
    const write = (to: string) => writeZipformer(to, 'the quick brown red');
    const files = await make('hotwords', write, 'zipformer-online');
    const said = (hotwordsScore: number) =>
      run({ files: { ...files, parameters: { hotwordsScore } }, streams }).parts.flatMap((each) =>
        texts(each),
      );
    // A token has to make up for 4.
    assert.deepEqual(said(0.2), ['the quick brown fox']);
    assert.deepEqual(said(6), ['the quick brown red']);
  });
});
