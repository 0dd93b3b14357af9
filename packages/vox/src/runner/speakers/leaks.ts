/**
 * What one party says is often to be heard quietly on the other's channel too: through a headset, or as an echo. Such a
 * leak follows the loudness of its source, some ms later, always by the same factor. Words that are no louder than the leak
 * that is to be expected where they stand are the other's words, and are not said twice.
 */
import type { Segment, Word } from '@vox-speech/contract';
import { activeAbove, amplitude, Correlation, FRAMES_PER_SECOND, type Levels } from './channel-levels.js';

/** How far behind its source a leak is looked for, in frames: half a second, a long echo of a call. */
const LONGEST_LAG = FRAMES_PER_SECOND / 2;
/** Channels are recorded apart from each other by no more than this, in frames. */
const LONGEST_LEAD = 5;
/** dB by which a leak is quieter than its source. */
const QUIETER_DB = 6;
/** Frames in which a leak must show before it is believed: in less, two people who talk at once look like one. */
const SHOWN_FRAMES = 3 * FRAMES_PER_SECOND;
/**
 * How closely a leak follows its source: over the recording, and over the words in question. Measured over recordings: a
 * leak of 8 % with noise 0.84 to 1.00, people who do not hear each other below 0.45.
 */
const FOLLOWS = { recording: 0.75, words: 0.5 } as const;
/** dB that words may be above the leak that is to be expected, and still be it. */
const SLACK_DB = 6;
/** Frames that words are looked at with, at the least: a syllable alone goes up and down like any other. */
const FEWEST_FRAMES = 25;

/** How the voice of `source` comes to be heard on another channel. */
interface Path {
  readonly source: Levels;
  /** Frames by which it comes later. */
  readonly lag: number;
  /** Factor of the amplitude. */
  readonly gain: number;
}

export class Leaks {
  readonly #channels: readonly Levels[];
  /** Into each channel. */
  readonly #paths: readonly (readonly Path[])[];

  constructor(channels: readonly Levels[]) {
    this.#channels = channels;
    const amplitudes = channels.map((levels) => levels.map(amplitude));
    this.#paths = amplitudes.map((into, channel) =>
      channels.flatMap((source, other) => {
        const from = amplitudes[other];
        return other === channel || from === undefined ? [] : (pathOf(source, from, into) ?? []);
      }),
    );
  }

  /** The segment without what is another channel's; undefined where nothing is left. */
  without(segment: Segment, channel: number): Segment | undefined {
    if (this.#paths[channel]?.length === 0) return segment;
    const { words } = segment;
    if (words === undefined || words.length === 0)
      return this.#isLeak(segment, channel) ? undefined : segment;
    const kept = this.#runs(words, channel).filter(
      (run) => !run.quiet || !this.#isLeak(spanOf(run), channel),
    );
    if (kept.length === 0) return undefined;
    const own = kept.flatMap((run) => run.words);
    if (own.length === words.length) return segment;
    const span = spanOf({ words: own });
    return { ...segment, ...span, words: own, text: own.map((word) => word.text.trim()).join(' ') };
  }

  /** Words in a row that are, or are not, quieter than what is said elsewhere at that time. */
  #runs(words: readonly Word[], channel: number): { quiet: boolean; words: Word[] }[] {
    const runs: { quiet: boolean; words: Word[] }[] = [];
    for (const word of words) {
      const quiet = this.#paths[channel]?.some((path) => this.#isQuiet(word, channel, path)) === true;
      const last = runs.at(-1);
      if (last?.quiet === quiet) last.words.push(word);
      else runs.push({ quiet, words: [word] });
    }
    return runs;
  }

  #isQuiet(span: Span, channel: number, path: Path): boolean {
    const { own, expected } = this.#measure(framesOf(span, 1), channel, path);
    return own <= expected * amplitude(SLACK_DB);
  }

  #isLeak(span: Span, channel: number): boolean {
    const frames = framesOf(span, FEWEST_FRAMES);
    return (
      this.#paths[channel]?.some((path) => {
        const { own, expected, follows } = this.#measure(frames, channel, path);
        return own <= expected * amplitude(SLACK_DB) && follows >= FOLLOWS.words;
      }) === true
    );
  }

  /** Amplitude there is, and the one that the leak alone would have, as means of squares; and how closely it follows. */
  #measure({ from, to }: Frames, channel: number, { source, lag, gain }: Path) {
    const levels = this.#channels[channel];
    const follows = new Correlation();
    let own = 0;
    let expected = 0;
    for (let frame = from; frame < to; frame++) {
      const here = amplitude(levels?.[frame] ?? -100);
      const there = gain * amplitude(source[frame - lag] ?? -100);
      follows.add(there, here);
      own += here * here;
      expected += there * there;
    }
    return { own: Math.sqrt(own), expected: Math.sqrt(expected), follows: follows.value };
  }
}

/** The way from one channel into another, by their levels and amplitudes; undefined where there is none. */
function pathOf(source: Levels, from: Float32Array, into: Float32Array): Path | undefined {
  const threshold = amplitude(activeAbove([source]));
  const quieter = amplitude(-QUIETER_DB);
  let best: Path | undefined;
  let closest: number = FOLLOWS.recording;
  for (let lag = -LONGEST_LEAD; lag <= LONGEST_LAG; lag++) {
    const follows = new Correlation();
    for (let frame = Math.max(0, -lag); frame < Math.min(from.length, into.length - lag); frame++) {
      const here = from[frame] ?? 0;
      const there = into[frame + lag] ?? 0;
      if (here > threshold && there <= here * quieter) follows.add(here, there);
    }
    if (follows.count < SHOWN_FRAMES || follows.value < closest) continue;
    closest = follows.value;
    best = { source, lag, gain: follows.gain };
  }
  return best;
}

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

interface Frames {
  readonly from: number;
  readonly to: number;
}

function framesOf({ startMs, endMs }: Span, fewest: number): Frames {
  const from = Math.floor((startMs / 1000) * FRAMES_PER_SECOND);
  const to = Math.max(from + 1, Math.ceil((endMs / 1000) * FRAMES_PER_SECOND));
  const missing = Math.max(0, Math.ceil((fewest - (to - from)) / 2));
  return { from: Math.max(0, from - missing), to: to + missing };
}

function spanOf({ words }: { readonly words: readonly Word[] }): Span {
  return { startMs: words[0]?.startMs ?? 0, endMs: words.at(-1)?.endMs ?? 0 };
}
