/** The rules of a decode. The graphs are stand-ins here, which say at each step what the test gives them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WhisperFacts } from './facts.js';
import type { Encoded, Said, Step, WhisperGraphs } from './graphs.js';
import { type Hearing, transcribe } from './greedy.js';

/** Text tokens 0 to 9, of which 0 is a space and 9 a sign of music; then the special ones. */
const END = 10;
const [START, PREVIOUS, NO_TIMES, TRANSCRIBE, TRANSLATE, ENGLISH, GERMAN] = [11, 12, 13, 14, 15, 16, 17];
const VOCABULARY = 20;
const ONE_LANGUAGE: WhisperFacts = {
  textLayers: 1,
  state: 1,
  textContext: 448,
  endOfText: END,
  startOfTranscript: START,
  startOfPrevious: PREVIOUS,
  noTimestamps: NO_TIMES,
  blank: 0,
  suppressed: [9],
};
const MANY: WhisperFacts = {
  ...ONE_LANGUAGE,
  many: {
    transcribe: TRANSCRIBE,
    translate: TRANSLATE,
    languages: new Map([
      ['en', ENGLISH],
      ['de', GERMAN],
    ]),
  },
};
const PLAIN: Hearing = { language: '', task: 'transcribe', before: [], align: false };
const SECOND = new Float32Array(16_000);
const { signal: NEVER } = new AbortController();

type Logits = Readonly<Record<number, number>>;

/** Graphs whose step number n has `logits(n)`, others 0; what they were given, and what of it is still held. */
function standInGraphs(facts: WhisperFacts, logits: (step: number) => Logits) {
  const given: { tokens: readonly number[]; at: number; attention: boolean }[] = [];
  const held = new Set<object>();
  const value = () => {
    const one = {};
    held.add(one);
    return { release: () => held.delete(one) } as unknown as Encoded['keys'];
  };
  const pair = (): Encoded => ({ keys: value(), values: value() });
  const graphs = {
    facts,
    encode: () => Promise.resolve(pair()),
    silent: (): Said => ({ ...pair(), length: 0 }),
    async say<T>(
      tokens: readonly number[],
      before: Said,
      _heard: Encoded,
      { attention, signal }: { attention: boolean; signal: AbortSignal },
      use: (step: Step) => T,
    ) {
      await new Promise(setImmediate);
      before.keys.release();
      before.values.release();
      signal.throwIfAborted();
      const row = new Float32Array(VOCABULARY);
      for (const [token, logit] of Object.entries(logits(given.length))) row[Number(token)] = logit;
      given.push({ tokens, at: before.length, attention });
      const weights = new Float32Array(2).fill(given.length);
      const result = use({ logits: row, ...(attention ? { attention: { weights, heads: 2 } } : {}) });
      return { said: { ...pair(), length: before.length + tokens.length }, result };
    },
  };
  return { graphs: graphs as unknown as WhisperGraphs, given, held: () => held.size };
}

/** Says some tokens, then the end. */
const saying =
  (...tokens: number[]) =>
  (step: number): Logits => ({ [tokens[step] ?? END]: 5 });

test('the likeliest token of each step, until the end; all is given back', async () => {
  const { graphs, given, held } = standInGraphs(ONE_LANGUAGE, saying(3, 4, 5));
  const said = await transcribe(graphs, SECOND, PLAIN, NEVER);
  assert.deepEqual([said.tokens, said.language, said.attention], [[3, 4, 5], '', []]);
  // 5 against nine zeros of text and the end, which the sign of music, and at first the space, are left out of.
  const log = (others: number): number => -Math.log1p(others * Math.exp(-5));
  said.logProbabilities.forEach((got, at) => {
    assert.ok(Math.abs(got - log(at === 0 ? 8 : 9)) < 1e-6, `${got} at ${at}`);
  });
  assert.deepEqual(
    given.map(({ tokens, at }) => [tokens, at]),
    [
      [[START, NO_TIMES], 0],
      [[3], 2],
      [[4], 3],
      [[5], 4],
    ],
  );
  assert.equal(held(), 0);
});

test('a text does not begin with a space alone, but may have one', async () => {
  const { graphs } = standInGraphs(
    ONE_LANGUAGE,
    (step) =>
      [
        { 0: 9, 3: 5 },
        { 0: 9, 3: 5 },
      ][step] ?? { 10: 5 },
  );
  assert.deepEqual((await transcribe(graphs, SECOND, PLAIN, NEVER)).tokens, [3, 0]);
});

test('what is no speech, and what is no text, is never said', async () => {
  const strong = { 9: 9, [START]: 9, [GERMAN]: 9, 19: 9 };
  const { graphs } = standInGraphs(MANY, (step) => ({ ...strong, [step === 0 ? 4 : END]: 5 }));
  const said = await transcribe(graphs, SECOND, { ...PLAIN, language: 'en' }, NEVER);
  assert.deepEqual(said.tokens, [4]);
  assert.ok((said.logProbabilities[0] ?? -1) > -0.1, 'of the tokens that could be said');
});

test('where the first is the end nothing is said', async () => {
  const { graphs } = standInGraphs(ONE_LANGUAGE, saying());
  const said = await transcribe(graphs, SECOND, { ...PLAIN, align: true }, NEVER);
  assert.deepEqual([said.tokens, said.logProbabilities, said.attention.length], [[], [], 1]);
});

test('a decode that loops ends: 12 tokens a second and 16, half of the context at most', async () => {
  for (const [seconds, most] of [
    [1, 28],
    [2.5, 46],
    [29.5, 224],
  ] as const) {
    const { graphs, held } = standInGraphs(ONE_LANGUAGE, () => ({ 3: 5 }));
    const samples = new Float32Array(16_000 * seconds);
    const said = await transcribe(graphs, samples, { ...PLAIN, align: true }, NEVER);
    assert.deepEqual([said.tokens.length, said.logProbabilities.length], [most, most]);
    assert.equal(said.attention.length, most + 1, 'the row of the end');
    assert.equal(held(), 0);
  }
});

test('prompt and text together fit the context', async () => {
  const before = Array<number>(223).fill(7);
  const { graphs, given } = standInGraphs(MANY, (step) => (step === 0 ? { [ENGLISH]: 5 } : { 3: 5 }));
  const said = await transcribe(graphs, new Float32Array(16_000 * 29), { ...PLAIN, before }, NEVER);
  // Its language is heard by itself: what was said before would sway it.
  assert.deepEqual(
    given.slice(0, 2).map(({ tokens, at }) => [tokens, at]),
    [
      [[START], 0],
      [[PREVIOUS, ...before, START, ENGLISH, TRANSCRIBE, NO_TIMES], 0],
    ],
  );
  const last = given.at(-1);
  assert.ok((last?.at ?? 0) + (last?.tokens.length ?? 0) <= MANY.textContext);
  assert.ok(said.tokens.length > 200);
});

test('told a language: its token and the task stand before the text', async () => {
  for (const [task, token] of [
    ['transcribe', TRANSCRIBE],
    ['translate', TRANSLATE],
  ] as const) {
    const { graphs, given } = standInGraphs(MANY, saying(3));
    const said = await transcribe(graphs, SECOND, { ...PLAIN, language: 'de', task, before: [7] }, NEVER);
    assert.deepEqual(given[0]?.tokens, [PREVIOUS, 7, START, GERMAN, token, NO_TIMES]);
    assert.equal(said.language, 'de');
  }
});

test('a language is heard among the languages, whatever else is likelier', async () => {
  const heard = { 3: 9, [TRANSLATE]: 8, [ENGLISH]: -2, [GERMAN]: -1, 19: 7 };
  const { graphs, given } = standInGraphs(MANY, (step) => [heard, { 4: 5 }][step] ?? { [END]: 5 });
  const said = await transcribe(graphs, SECOND, PLAIN, NEVER);
  assert.deepEqual([said.language, said.tokens], ['de', [4]]);
  assert.deepEqual(
    given.slice(0, 2).map(({ tokens, at }) => [tokens, at]),
    [
      [[START], 0],
      [[GERMAN, TRANSCRIBE, NO_TIMES], 1],
    ],
  );
});

test('attention is asked for where words are timed: a row for each token, and the end', async () => {
  const { graphs, given } = standInGraphs(ONE_LANGUAGE, saying(3, 4));
  const said = await transcribe(graphs, SECOND, { ...PLAIN, align: true }, NEVER);
  assert.ok(given.every(({ attention }) => attention));
  assert.deepEqual([said.heads, said.attention.map(([weight]) => weight)], [2, [1, 2, 3]]);
});

test('stopped in the middle it says no more, and gives all back', async () => {
  const abort = new AbortController();
  const { graphs, given, held } = standInGraphs(ONE_LANGUAGE, (step) => {
    if (step === 2) abort.abort();
    return { 3: 5 };
  });
  await assert.rejects(transcribe(graphs, SECOND, PLAIN, abort.signal), { code: 'cancelled' });
  assert.equal(given.length, 3);
  assert.equal(held(), 0);
});
