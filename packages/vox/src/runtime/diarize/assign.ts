/** Words to the speakers whose turns they fall into. Pure. */
import type { Segment, Word } from '@vox-speech/contract';
import type { Turns } from './turns.js';

/** Ms: fewer words than fill this, between two stretches of one other speaker, are that speaker's. */
const SHORTEST_MS = 400;

interface Run {
  speaker: number;
  readonly words: Word[];
}

/**
 * The parts of a segment, each with the number of its speaker: cut between words where the speaker changes; whole where the
 * segment has no word times.
 * @param turns of the whole recording; where there are none, speaker 0 says everything
 */
export function assignSpeakers(segment: Segment, turns: Turns): { speaker: number; segment: Segment }[] {
  const { words, text } = segment;
  if (words === undefined || words.length === 0) return [{ speaker: turns.speakerOf(segment), segment }];
  const runs = joined(words, turns);
  if (runs.length === 1) return [{ speaker: runs[0]?.speaker ?? 0, segment }];
  let from = 0;
  let at = 0;
  return runs.map(({ speaker, words: own }, index) => {
    for (const word of own) {
      const found = text.indexOf(word.text, at);
      if (found >= 0) at = found + word.text.length;
    }
    const to = index === runs.length - 1 ? text.length : at;
    const part = text.slice(from, to).trim();
    from = to;
    const startMs = own[0]?.startMs ?? segment.startMs;
    const endMs = Math.max(startMs, own.at(-1)?.endMs ?? segment.endMs);
    // Tokens are of the whole.
    const { tokens: _, ...rest } = segment;
    return { speaker, segment: { ...rest, text: part, startMs, endMs, words: own } };
  });
}

function joined(words: readonly Word[], turns: Turns): Run[] {
  const runs: Run[] = [];
  for (const word of words) append(runs, turns.speakerOf(word), [word]);
  const smooth: Run[] = [];
  runs.forEach((run, index) => {
    const before = smooth.at(-1)?.speaker;
    const short = lengthOf(run.words) < SHORTEST_MS && before === runs[index + 1]?.speaker;
    append(smooth, short && before !== undefined ? before : run.speaker, run.words);
  });
  return smooth;
}

function append(runs: Run[], speaker: number, words: readonly Word[]): void {
  const last = runs.at(-1);
  if (last?.speaker === speaker) last.words.push(...words);
  else runs.push({ speaker, words: [...words] });
}

function lengthOf(words: readonly Word[]): number {
  return (words.at(-1)?.endMs ?? 0) - (words[0]?.startMs ?? 0);
}
