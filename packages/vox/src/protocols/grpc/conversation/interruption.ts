/** Is it an interruption? Somebody speaks while a voice does: by the words that are heard of them. Pure. */
import type { TurnPolicy } from './policy.js';

/** Why what sounded like one was none, in the original's words. */
export type Dismissal = 'insufficient_interrupt_evidence' | 'self_echo_transcript';

export type Verdict = 'interrupted' | 'wait' | Dismissal;

export interface Evidence {
  /** What is heard of the speaker so far. */
  readonly text: string;
  /** For how long they speak, in ms. */
  readonly activeMs: number;
  /** No more will come of this utterance. */
  readonly final: boolean;
  /** What the voice was given to say. */
  readonly spoken: string;
}

/** What to make of it under a policy. */
export function judge({ text, activeMs, final, spoken }: Evidence, policy: TurnPolicy): Verdict {
  const heard = words(text);
  if (isEcho(heard, spoken, policy)) return final ? 'self_echo_transcript' : 'wait';
  const wanted = Math.max(1, policy.min_interrupt_words, policy.speaking_interrupt_min_words);
  if (heard.length < wanted) return final ? 'insufficient_interrupt_evidence' : 'wait';
  if (final) return 'interrupted';
  const early = policy.partial_interrupts && activeMs >= policy.speaking_interrupt_min_duration_ms;
  return early ? 'interrupted' : 'wait';
}

/** The voice itself, heard by a microphone near its loudspeaker. */
function isEcho(heard: readonly string[], spoken: string, policy: TurnPolicy): boolean {
  if (heard.length < policy.self_echo_min_words) return false;
  const said = new Set(words(spoken));
  const common = heard.filter((word) => said.has(word)).length;
  return common / heard.length >= policy.self_echo_min_overlap;
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
}
