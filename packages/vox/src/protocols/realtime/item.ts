/** One item of the conversation: a turn of the speaker, from the first text of it to its transcript. */
import { randomBytes } from 'node:crypto';
import type { LiveEvent, Warning } from '@vox-speech/contract';
import { type Heard, Transcript } from '../../runtime/transcript.js';

type Event<T extends LiveEvent['type']> = Extract<LiveEvent, { type: T }>;

/** What is told of a turn. Times are ms of the audio that the client has sent. */
export type TurnEvent =
  | { readonly type: 'started'; readonly item: string; readonly atMs: number }
  | { readonly type: 'delta'; readonly item: string; readonly text: string }
  /** The whole hypothesis, which may change behind its first `stable` characters. */
  | { readonly type: 'partial'; readonly item: string; readonly text: string; readonly stable: number }
  | { readonly type: 'stopped'; readonly item: string; readonly atMs: number }
  /** Nobody has spoken for long. */
  | { readonly type: 'timeout'; readonly item: string; readonly fromMs: number; readonly toMs: number }
  | { readonly type: 'committed'; readonly item: string; readonly previous: string | null }
  | { readonly type: 'completed'; readonly item: string; readonly heard: Heard; readonly audioMs: number }
  | { readonly type: 'failed'; readonly item: string; readonly error: Error };

/** An id with a prefix as OpenAI's have them: `item_`, `event_`, `sess_`. */
export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`;
}

export class Item {
  readonly id = newId('item');
  readonly #transcript: Transcript;
  /** Ms of the client's audio that it begins and, so far, ends with. */
  fromMs: number;
  toMs: number;
  /** Why it can't be transcribed any more. */
  failure: Error | undefined;

  /** @param language as the client said it */
  constructor(fromMs: number, language: string | undefined) {
    this.fromMs = fromMs;
    this.toMs = fromMs;
    this.#transcript = new Transcript(language);
  }

  /** All that is certain. */
  get text(): string {
    return this.#transcript.text;
  }

  /** What a hypothesis adds for good, and the whole of it. */
  partial(event: Event<'partial'>): TurnEvent[] {
    const certain = this.#delta(this.#transcript.partial(event));
    return [...certain, { type: 'partial', item: this.id, ...this.#transcript.preview(event) }];
  }

  /** The rest of an utterance that is over. */
  final(event: Event<'final'>): TurnEvent[] {
    this.toMs = Math.max(this.toMs, event.endMs);
    return this.#delta(this.#transcript.final(event));
  }

  warn(warning: Warning): void {
    this.#transcript.warn(warning);
  }

  completed(): TurnEvent {
    if (this.failure !== undefined) return { type: 'failed', item: this.id, error: this.failure };
    const heard = this.#transcript.end();
    return { type: 'completed', item: this.id, heard, audioMs: Math.max(0, this.toMs - this.fromMs) };
  }

  #delta(text: string): TurnEvent[] {
    return text === '' ? [] : [{ type: 'delta', item: this.id, text }];
  }
}
