/** KenLM's binaries, in every layout, against what PyPI's kenlm says of the same files (testing/kenlm/make.py). */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { END } from '../ctc/language-model.js';
import { openKenlm } from './index.js';
import { murmur64 } from './murmur.js';

const FOLDER = fileURLToPath(new URL('../../testing/kenlm/', import.meta.url));
/** By util::MurmurHash64A of KenLM: of no letter, of a part of 8 bytes, of whole ones and a part. */
const HASHES = [0n, 16_902_545_233_577_457_963n, 7_773_339_941_609_106_442n, 6_771_964_236_968_967_265n];
const LAYOUTS = ['probing', 'trie', 'quantized', 'array', 'quantized-array'] as const;

/** What kenlm says of each word of each text, the sentence's end included; it is rounded to 5 places. */
async function expected() {
  const text = await readFile(join(FOLDER, 'scores.json'), 'utf8');
  return JSON.parse(text) as { texts: string[]; scores: Record<string, number[][]> };
}

test('words are hashed as KenLM hashes them', () => {
  assert.deepEqual(['', '<unk>', '</s>', 'здравствуйте'].map(murmur64), HASHES);
});

for (const layout of LAYOUTS)
  test(`${layout}: words are scored as kenlm scores them, known and unknown ones`, async () => {
    const { texts, scores } = await expected();
    const model = openKenlm(join(FOLDER, `${layout}.bin`));
    assert.equal(model.order, 4);
    let unknown = 0;
    texts.forEach((text, at) => {
      let context = model.start;
      [...text.split(' '), END].forEach((word, place) => {
        const { log10, known, next } = model.score(context, word);
        context = next;
        if (!known) unknown++;
        assert.equal(known, word !== 'нетслова', word);
        const said = scores[layout]?.[at]?.[place] ?? Number.NaN;
        assert.ok(Math.abs(log10 - said) < 1e-5, `${text}: ${word} is ${log10}, not ${said}`);
      });
    });
    assert.ok(unknown > 0);
    model.close();
    assert.throws(() => model.score(model.start, 'а'), /closed/);
  });

test('a file that is none, or not whole, is told', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'vox-kenlm-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'x.bin');
  const whole = await readFile(join(FOLDER, 'trie.bin'));
  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(whole);
    copy[at] = value;
    return copy;
  };
  for (const [content, what] of [
    [Buffer.alloc(0), /no binary of KenLM/],
    [Buffer.from('\\data\\\nngram 1=3\n'.repeat(20)), /no binary of KenLM/],
    [whole.subarray(0, 60), /no binary of KenLM/],
    [whole.subarray(0, 3_000), /3000 bytes where \d+ are needed|nothing at byte/],
    [changed(49, '4'.charCodeAt(0)), /another version/],
    [changed(63, 0), /another kind of processor/],
    [changed(88, 1), /order 1/],
    [changed(96, 1), /kind 1, which is not read/],
    [changed(104, 7), /version 7/],
  ] as const) {
    await writeFile(path, content);
    assert.throws(() => openKenlm(path), what);
  }
  assert.throws(() => openKenlm(join(directory, 'nothing.bin')), /ENOENT/);
});
