/**
 * `semantic_vad`: a short silence ends an utterance of the core; it ends the turn too where the text sounds like the end of a
 * sentence, else only after a longer one. A turn is as many utterances as it takes, and their texts are joined.
 */
import type { LiveEvent } from '@vox-speech/contract';
import type { Item } from './item.js';
import { PREFIX_PADDING_MS, type TurnContext, Turns } from './turns.js';

type Event<T extends LiveEvent['type']> = Extract<LiveEvent, { type: T }>;

/** A sentence is over: a mark of its end, and quotes or brackets behind it. */
const OVER = /[.!?。！？।؟۔][\p{Pe}\p{Pf}"']*$/u;
/** Somebody thinks aloud. */
const TRAILS_OFF = /(?:\.{2,}|…)[\p{Pe}\p{Pf}"']*$/u;

/** Does a text sound as if its speaker had done? Nothing does: nobody spoke. */
export function soundsOver(text: string): boolean {
  return text === '' || (OVER.test(text) && !TRAILS_OFF.test(text));
}

export class SemanticTurns extends Turns {
  readonly #pauseMs: number;
  readonly #waitMs: number;
  /** The turn that goes on, and the end of its speech so far. */
  #item: Item | undefined;
  #spokenMs = 0;
  #endedMs: number;
  /** Its utterance that has no final yet. */
  #speaking: number | undefined;
  /** Utterances that began meanwhile: whose turn they are, that final says. */
  readonly #held: Event<'speech-started'>[] = [];
  #timer: (() => void) | undefined;

  /**
   * @param pauseMs silence after which the core ends an utterance
   * @param waitMs silence that ends the turn whatever was said
   */
  constructor(
    context: TurnContext,
    previous: string | null,
    { pauseMs, waitMs }: { readonly pauseMs: number; readonly waitMs: number },
  ) {
    super(context, previous);
    this.#pauseMs = pauseMs;
    this.#waitMs = waitMs;
    this.#endedMs = context.sentMs();
  }

  hear(event: LiveEvent): void {
    if (event.type === 'speech-started') {
      if (this.#speaking === undefined) this.#started(event);
      else this.#held.push(event);
    } else if (event.type === 'partial') {
      if (event.utterance === this.#speaking) this.say(this.#item?.partial(event) ?? []);
    } else if (event.type === 'final') {
      this.#final(event);
    }
  }

  commit(): void {
    this.commits.push('answer');
  }

  clear(): void {
    this.commits.push('discard');
    // What only waits for more is thrown away now; of what is being said the final is.
    if (this.#speaking === undefined) this.#drop();
  }

  fail(error: Error): boolean {
    this.commits.length = 0;
    this.#held.length = 0;
    this.#speaking = undefined;
    const item = this.#item;
    if (item === undefined) return false;
    item.failure = error;
    this.#close(item);
    return true;
  }

  close(): void {
    this.#drop();
    this.#held.length = 0;
  }

  #started({ utterance, atMs }: Event<'speech-started'>): void {
    this.#timer?.();
    this.#timer = undefined;
    // Who sends faster than people speak has no wall clock.
    if (this.#item !== undefined && atMs - this.#spokenMs > this.#waitMs) this.#close(this.#item);
    if (this.#item === undefined) {
      this.#item = this.begin(Math.max(this.#endedMs, atMs - PREFIX_PADDING_MS));
      this.context.tell({ type: 'started', item: this.#item.id, atMs: this.#item.fromMs });
    }
    this.#spokenMs = atMs;
    this.#speaking = utterance;
  }

  #final(event: Event<'final'>): void {
    const commit = event.reason === 'commit' ? this.commits.shift() : undefined;
    const own = event.utterance === this.#speaking;
    if (own) this.#speaking = undefined;
    if (commit === 'discard') {
      if (own) this.#drop();
    } else if (own && this.#item !== undefined) {
      this.say(this.#item.final(event));
      this.#spokenMs = event.endMs;
      this.#decide(this.#item, event);
    } else if (commit === 'answer') {
      if (this.#item === undefined) this.empty();
      else if (this.#speaking === undefined) this.#close(this.#item);
    }
    const next = this.#speaking === undefined ? this.#held.shift() : undefined;
    if (next !== undefined) this.#started(next);
  }

  #decide(item: Item, { reason, endMs }: Event<'final'>): void {
    if (reason === 'commit' || reason === 'end' || soundsOver(item.text)) {
      this.#close(item);
      return;
    }
    const waited = reason === 'length' ? 0 : Math.min(this.#pauseMs, this.context.sentMs() - endMs);
    this.#timer = this.context.after(this.#waitMs - Math.max(0, waited), () => this.#close(item));
  }

  #close(item: Item): void {
    this.#drop();
    item.toMs = Math.max(item.fromMs, Math.min(item.toMs + this.#pauseMs, this.context.sentMs()));
    this.#endedMs = item.toMs;
    this.context.tell({ type: 'stopped', item: item.id, atMs: item.toMs });
    this.complete(item);
  }

  #drop(): void {
    this.#timer?.();
    this.#timer = undefined;
    this.#item = undefined;
  }
}
