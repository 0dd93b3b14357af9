import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Segment, SpeakerTurn } from '@vox-speech/contract';
import { assignSpeakers } from './assign.js';
import { Labels } from './labels.js';
import { Turns } from './turns.js';

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
  assignSpeakers(one, new Turns(turns)).map(({ speaker, segment: { text, startMs, endMs } }) => [
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
    const [first] = assignSpeakers(question, new Turns([turn(4, 0, 1300), turn(1, 1400, 2700)]));
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

describe('turns', () => {
  /** What every turn says of a span, one after another. */
  function slowly(turns: readonly SpeakerTurn[], startMs: number, endMs: number): number[] {
    const overlap = (one: SpeakerTurn) => Math.min(one.endMs, endMs) - Math.max(one.startMs, startMs);
    const shared = new Map<number, number>();
    for (const one of turns)
      shared.set(one.speaker, (shared.get(one.speaker) ?? 0) + Math.max(0, overlap(one)));
    const most = Math.max(...shared.values());
    if (most > 0) return [...shared].filter(([, ms]) => ms === most).map(([speaker]) => speaker);
    const nearest = Math.max(...turns.map(overlap));
    return turns.filter((one) => overlap(one) === nearest).map(({ speaker }) => speaker);
  }

  it('say of every span what reading all of them says, and read few of many', () => {
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let round = 0; round < 50; round++) {
      // One speaker goes on over all the others; nobody's own turns overlap.
      const ends = [0, 0, 0];
      const turns = [turn(9, 2_000, 30_000)];
      for (let count = 0; count < 30; count++) {
        const speaker = random(3);
        const startMs = (ends[speaker] ?? 0) + 1 + random(3_000);
        ends[speaker] = startMs + 1 + random(1_500);
        turns.push(turn(speaker, startMs, ends[speaker] ?? 0));
      }
      const asked = new Turns(turns);
      for (let startMs = 0; startMs < 50_000; startMs += 333) {
        const endMs = startMs + random(600);
        const one = asked.speakerOf({ startMs, endMs });
        assert.ok(slowly(turns, startMs, endMs).includes(one), `${startMs} to ${endMs} ms: ${one}`);
      }
    }
  });

  it('are looked up, not read from the first', () => {
    let reads = 0;
    const counted = (speaker: number, startMs: number, endMs: number): SpeakerTurn => ({
      speaker,
      startMs,
      get endMs() {
        reads++;
        return endMs;
      },
    });
    const turns = Array.from({ length: 10_000 }, (_, at) => counted(at % 2, at * 1_000, at * 1_000 + 900));
    const asked = new Turns(turns);
    reads = 0;
    for (let at = 0; at < 10_000; at++)
      assert.equal(asked.speakerOf({ startMs: at * 1_000, endMs: at * 1_000 + 500 }), at % 2);
    // Thirteen halvings of each speaker's five thousand, and the turns around the word.
    assert.ok(reads < 40 * 10_000, `${reads / 10_000} turns are read for a word`);
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
