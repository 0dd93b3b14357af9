import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Segment, SpeakerTurn } from '@vox-speech/contract';
import { assignSpeakers } from './assign.js';
import { Labels } from './labels.js';

const turn = (speaker: number, startMs: number, endMs: number): SpeakerTurn => ({ speaker, startMs, endMs });

function segment(text: string, times: readonly [number, number][]): Segment {
  const words = text.split(' ').map((word, at) => ({
    text: word,
    startMs: times[at]?.[0] ?? 0,
    endMs: times[at]?.[1] ?? 0,
  }));
  return { text, startMs: times[0]?.[0] ?? 0, endMs: times.at(-1)?.[1] ?? 0, words, tokens: [1, 2] };
}

const said = (one: Segment, turns: readonly SpeakerTurn[]) =>
  assignSpeakers(one, turns).map(({ speaker, segment: { text, startMs, endMs } }) => [
    speaker,
    text,
    startMs,
    endMs,
  ]);

describe('words to speakers', () => {
  const question = segment('How are you? Fine, thanks.', [
    [0, 400],
    [400, 800],
    [800, 1200],
    [1500, 2100],
    [2100, 2600],
  ]);

  it('a segment is cut where the speaker changes', () => {
    assert.deepEqual(said(question, [turn(4, 0, 1300), turn(1, 1400, 2700)]), [
      [4, 'How are you?', 0, 1200],
      [1, 'Fine, thanks.', 1500, 2600],
    ]);
    const [first] = assignSpeakers(question, [turn(4, 0, 1300), turn(1, 1400, 2700)]);
    assert.equal(first?.segment.tokens, undefined, 'tokens are of the whole');
    assert.equal(first?.segment.words?.length, 3);
  });

  it('who overlaps most says it; between turns, who is nearest', () => {
    assert.deepEqual(said(question, [turn(0, 0, 3000), turn(1, 500, 700)]), [
      [0, 'How are you? Fine, thanks.', 0, 2600],
    ]);
    assert.deepEqual(
      said(question, [turn(0, -5000, -4000), turn(1, 9000, 9500)]).map(([speaker]) => speaker),
      [0],
    );
    assert.deepEqual(
      said(question, []).map(([speaker]) => speaker),
      [0],
    );
  });

  it('a word too short to be a turn stays with those around it', () => {
    const one = segment('so we all say yes', [
      [0, 400],
      [400, 800],
      [800, 1000],
      [1000, 1500],
      [1500, 2000],
    ]);
    const turns = [turn(0, 0, 800), turn(1, 800, 1000), turn(0, 1000, 2000)];
    assert.equal(said(one, turns).length, 1);
  });

  it('a segment without word times has one speaker', () => {
    const { words: _, ...bare } = question;
    assert.deepEqual(said(bare, [turn(0, 0, 1000), turn(2, 1000, 2600)]), [
      [2, 'How are you? Fine, thanks.', 0, 2600],
    ]);
  });
});

describe('labels', () => {
  it('are letters as speakers first speak, or the names of known ones', () => {
    const labels = new Labels([null, 0, null], ['Agent', 'A']);
    assert.deepEqual(
      [2, 1, 2, 0, 7].map((speaker) => labels.of(speaker)),
      ['B', 'Agent', 'B', 'C', 'D'],
    );
  });

  it('go on after Z', () => {
    const labels = new Labels([], []);
    const all = Array.from({ length: 54 }, (_, speaker) => labels.of(speaker));
    assert.deepEqual([all[25], all[26], all[27], all[52], all[53]], ['Z', 'AA', 'AB', 'BA', 'BB']);
  });
});
