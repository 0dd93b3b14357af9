import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DetectorOptions, SpeechSpan } from '@vox-speech/contract';
import { SpeechRules, WINDOW } from './rules.js';

/** What the rules make of so many windows of each probability, one after another. */
function follow(
  options: DetectorOptions,
  windows: readonly (readonly [probability: number, count: number])[],
) {
  const rules = new SpeechRules(options);
  const spans: SpeechSpan[] = [];
  /** Positions at which a stretch was there for the first time, and where it was said to begin. */
  const opened: [at: number, since: number][] = [];
  let position = 0;
  let last: number | undefined;
  for (const [probability, count] of windows)
    for (let n = 0; n < count; n++) {
      position += WINDOW;
      const ended = rules.hear(probability);
      if (ended !== undefined) spans.push(ended);
      const since = rules.openSince();
      if (since !== undefined && since !== last) opened.push([position, since]);
      last = since;
    }
  return { rules, spans, opened, position };
}

const first = (windows: number): number => windows * WINDOW;

test('five windows in a row are speech, four are none; a stretch begins a little before the first of them', () => {
  assert.deepEqual(
    follow({}, [
      [0, 10],
      [0.9, 4],
      [0, 20],
    ]).spans,
    [],
  );
  const { spans, opened } = follow({}, [
    [0, 10],
    [0.9, 5],
    [0, 20],
  ]);
  assert.equal(spans[0]?.start, first(10) - 192);
  assert.deepEqual(opened, [[first(15), first(10) + 448]]);
  // The silence that ended it is none of it: 150 ms, known in the fifth window after the first of silence.
  assert.deepEqual(spans, [{ start: first(10) - 192, end: first(21) - 2400 }]);
});

test('nothing begins before the audio, nor before the stretch before it has ended', () => {
  const { spans } = follow({ silenceMs: 0 }, [
    [0.9, 6],
    [0, 2],
    [0.9, 6],
    [0, 2],
  ]);
  assert.deepEqual(spans, [
    { start: 0, end: first(7) },
    { start: first(8) - 192, end: first(15) },
  ]);
});

test('speech goes on while it is not 0.15 less likely than where it began', () => {
  assert.deepEqual(
    follow({}, [
      [0.3, 5],
      [0.11, 100],
    ]).spans,
    [],
  );
  assert.equal(
    follow({}, [
      [0.3, 5],
      [0.09, 100],
    ]).spans.length,
    1,
  );
  // In between it neither ends nor is the silence over.
  const wavering = [
    [0.3, 5],
    [0.05, 3],
    [0.2, 50],
    [0.05, 1],
  ] as const;
  assert.equal(follow({}, wavering).spans.length, 1);
  assert.equal(follow({}, [...wavering.slice(0, 2), [0.3, 1], ...wavering.slice(3)]).spans.length, 0);
});

test('two thresholds: sure to begin, in two windows, and then it may be far less likely', () => {
  const options = { threshold: 0.6, leave: 0.3 };
  assert.deepEqual(
    follow(options, [
      [0.55, 50],
      [0.7, 1],
      [0.1, 10],
    ]).spans,
    [],
  );
  const { spans } = follow(options, [
    [0.1, 10],
    [0.7, 2],
    [0.35, 50],
    [0.2, 6],
  ]);
  assert.deepEqual(spans, [{ start: first(10) - 192, end: first(68) - 2400 }]);
  assert.equal(
    follow({ threshold: 0.6 }, [
      [0.7, 5],
      [0.35, 50],
    ]).spans.length,
    1,
  );
  // One that leaves above where speech is over anyway changes nothing of that.
  assert.equal(
    follow({ threshold: 0.6, leave: 0.55 }, [
      [0.7, 5],
      [0.5, 50],
    ]).spans.length,
    0,
  );
});

test('thresholds that nothing or everything would pass are brought within reach', () => {
  assert.deepEqual(follow({ threshold: 0 }, [[0.019, 50]]).opened, []);
  assert.equal(
    follow({ threshold: 0 }, [
      [0.03, 5],
      [0.001, 20],
    ]).spans.length,
    1,
  );
  assert.equal(
    follow({ threshold: 1 }, [
      [0.995, 5],
      [0.001, 20],
    ]).spans.length,
    1,
  );
});

test('a stretch of more than 30 s ends between two words, and what follows is the next one', () => {
  const { spans, rules, position } = follow({}, [
    [0.95, 938],
    [0.8, 20],
    [0.95, 1],
    [0.7, 4],
    [0.5, 10],
  ]);
  assert.deepEqual(spans, [{ start: 0, end: first(964) - 1600 }]);
  assert.deepEqual(rules.finish(position), { start: first(964) - 192, end: position });
  assert.deepEqual(
    follow({}, [
      [0.95, 900],
      [0.7, 10],
      [0.95, 1],
    ]).spans,
    [],
    'not before',
  );
});

test('what is open at the end is a stretch; nothing of it stays', () => {
  const { rules, position } = follow({}, [
    [0, 3],
    [0.9, 7],
  ]);
  assert.deepEqual(rules.finish(position + 100), { start: first(3) - 192, end: position + 100 });
  assert.equal(rules.finish(position + 100), undefined);
  rules.reset();
  for (let n = 0; n < 5; n++) rules.hear(0.9);
  assert.equal(rules.openSince(), 448);
  rules.reset();
  assert.equal(rules.openSince(), undefined);
});
