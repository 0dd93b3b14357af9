import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readArpa } from './arpa.js';
import { searchBeams, TONE_SEARCH } from './beam-search.js';
import { END } from './language-model.js';

const ARPA = fileURLToPath(new URL('../../testing/small.arpa', import.meta.url));
const SCORES = new URL('../../testing/scores.json', import.meta.url);
const LABELS = [...'абвгдеёжзийклмнопрстуфхцчшщъыьэюя', ' '];
const BLANK = LABELS.length;

/** Two frames a letter, then a blank; `[xy]` = x as likely as `first`, y the rest. */
function frames(text: string, first = 0.99): Float32Array[] {
  const made: Float32Array[] = [];
  const add = (...said: readonly [number, number][]): void => {
    const frame = new Float32Array(LABELS.length + 1).fill(Math.log(1e-6));
    for (const [label, p] of said) frame[label] = Math.log(p);
    made.push(frame);
  };
  for (const [, x, y, one] of text.matchAll(/\[(.)(.)\]|(.)/gu)) {
    const said: [number, number][] =
      one === undefined
        ? [
            [LABELS.indexOf(x ?? ''), first],
            [LABELS.indexOf(y ?? ''), 1 - first],
          ]
        : [[LABELS.indexOf(one), 0.999]];
    add(...said);
    add(...said);
    add([BLANK, 0.999]);
  }
  return made;
}

test('words are scored as PyPI’s kenlm scores them', async () => {
  const model = await readArpa(ARPA);
  assert.equal(model.order, 3);
  const sentences = JSON.parse(await readFile(SCORES, 'utf8')) as { text: string; log10: number[] }[];
  assert.ok(sentences.length > 5);
  for (const { text, log10 } of sentences) {
    let context = model.start;
    const scores = [...text.split(' ').filter(Boolean), END].map((word) => {
      const scored = model.score(context, word);
      context = scored.next;
      return scored.log10;
    });
    assert.equal(scores.length, log10.length);
    scores.forEach((score, at) => {
      assert.ok(Math.abs(score - (log10[at] ?? 0)) < 1e-5, `${text}: ${scores} is not ${log10}`);
    });
  }
});

test('a file that is no ARPA, or not whole, is told by its line', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'vox-arpa-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const whole = await readFile(ARPA, 'utf8');
  const path = join(directory, 'x.arpa');
  for (const [content, what] of [
    [whole.slice(0, 200), /ends early|no \d-gram/],
    [whole.replace('ngram 2=6', 'ngram 2=7'), /6 2-grams where it states 7/],
    [whole.replace('-0.5\tраму </s>', '-0.5\tраму'), /line \d+ .* no 2-gram/],
    ['RIFF', /line 1/],
    ['', /ends early/],
  ] as const) {
    await writeFile(path, content);
    await assert.rejects(readArpa(path), what);
  }
});

test('without a language model the letters decide, with one the words', async () => {
  const model = await readArpa(ARPA);
  const search = { labels: LABELS, blank: BLANK, ...TONE_SEARCH };
  const heard = frames('мама м[иы]ла раму', 0.6);
  assert.equal(searchBeams(heard, search), 'мама мила раму');
  assert.equal(searchBeams(heard, { ...search, model }), 'мама мыла раму');
  // So clear a letter is not talked over.
  assert.equal(searchBeams(frames('мама м[иы]ла раму', 0.9999), { ...search, model }), 'мама мила раму');
});

test('a letter twice needs a blank between; silence says nothing; one beam is greedy', async () => {
  const search = { labels: LABELS, blank: BLANK, ...TONE_SEARCH };
  assert.equal(searchBeams(frames('ванна'), search), 'ванна');
  assert.equal(searchBeams(frames('ванна'), { ...search, width: 1 }), 'ванна');
  assert.equal(searchBeams([], search), '');
  // Two blanks are the likeliest way (0.36), but the three ways that say `а` are likelier together (0.64).
  const frame = new Float32Array(LABELS.length + 1).fill(Math.log(1e-6));
  frame[BLANK] = Math.log(0.6);
  frame[0] = Math.log(0.4);
  assert.equal(searchBeams([frame, frame], search), 'а');
});
