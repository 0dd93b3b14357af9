/** Who speaks when, to be asked for every word of hours of speech. Pure. */
import type { SpeakerTurn } from '@vox-speech/contract';

/** A stretch of the recording, in ms. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** Of one speaker the turns that a span touches, or those around it. */
interface Found {
  /** Ms of the span that are the speaker's. */
  readonly overlap: number;
  /** Ms from the span to the speaker's nearest turn. */
  readonly gap: number;
}

/**
 * The turns of a recording, each speaker's apart: nobody's own overlap, so they are in order by start and end alike, and a
 * span's place among them is found by halving. One list of all would have to be read from its start: one speaker's long turn
 * may go on over many of the others'.
 */
export class Turns {
  readonly #speakers: readonly { readonly speaker: number; readonly own: readonly Span[] }[];

  /** @param turns in any order */
  constructor(turns: readonly SpeakerTurn[]) {
    const bySpeaker = new Map<number, Span[]>();
    for (const turn of [...turns].sort((a, b) => a.startMs - b.startMs)) {
      const own = bySpeaker.get(turn.speaker) ?? [];
      bySpeaker.set(turn.speaker, own);
      const last = own.at(-1);
      if (last === undefined || turn.startMs > last.endMs) own.push(turn);
      else own.splice(-1, 1, { startMs: last.startMs, endMs: Math.max(last.endMs, turn.endMs) });
    }
    this.#speakers = [...bySpeaker].map(([speaker, own]) => ({ speaker, own }));
  }

  /** Whose turns overlap most with the span; where none does, whose is nearest. Of equals, who spoke first in the recording. */
  speakerOf(span: Span): number {
    let most: Found & { speaker: number } = { speaker: 0, overlap: 0, gap: Number.POSITIVE_INFINITY };
    for (const { speaker, own } of this.#speakers) {
      const found = find(own, span);
      if (found.overlap > most.overlap || (most.overlap === 0 && found.gap < most.gap))
        most = { speaker, ...found };
    }
    return most.speaker;
  }
}

function find(own: readonly Span[], { startMs, endMs }: Span): Found {
  const first = firstEndingAfter(own, startMs);
  let overlap = 0;
  for (let at = first; at < own.length; at++) {
    const turn = own[at];
    if (turn === undefined || turn.startMs >= endMs) break;
    overlap += Math.min(turn.endMs, endMs) - Math.max(turn.startMs, startMs);
  }
  if (overlap > 0) return { overlap, gap: 0 };
  const before = own[first - 1];
  const after = own[first];
  const gap = Math.min(
    before === undefined ? Number.POSITIVE_INFINITY : startMs - before.endMs,
    after === undefined ? Number.POSITIVE_INFINITY : after.startMs - endMs,
  );
  // A span of no length may lie within a turn.
  return { overlap: 0, gap: Math.max(0, gap) };
}

/** Index of the first turn that ends after `ms`; their number, where none does. */
function firstEndingAfter(own: readonly Span[], ms: number): number {
  let low = 0;
  let high = own.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((own[middle]?.endMs ?? 0) > ms) high = middle;
    else low = middle + 1;
  }
  return low;
}
