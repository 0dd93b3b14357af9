/** The text of one utterance for clients that are told pieces of text that only ever append, then the whole. Pure. */
import type { LiveEvent, TokenUsage, Warning, Word } from '@vox-speech/contract';
import { appendText } from './collect.js';

type Event<T extends LiveEvent['type']> = Extract<LiveEvent, { type: T }>;

/** What is told once the utterance is over. */
export interface Heard {
  readonly text: string;
  readonly words: readonly Word[];
  readonly language?: string;
  /** Where the engine counts. */
  readonly usage?: TokenUsage;
  readonly warnings: readonly Warning[];
}

/** Warnings of one utterance that are kept; an engine says each once. */
const MOST_WARNINGS = 20;

/**
 * A model with a window says an utterance in pieces, each with a final of its own. The transcript joins them; only the
 * final that answers the commit is the end, which the caller knows.
 */
export class Transcript {
  /** Pieces that are final, joined. */
  #said = '';
  /** All that was told of it so far. */
  #sent = '';
  readonly #words: Word[] = [];
  readonly #warnings: Warning[] = [];
  #language: string | undefined;
  #usage: TokenUsage | undefined;

  /** @param language as the client said it, until the engine knows better */
  constructor(language: string | undefined) {
    this.#language = language;
  }

  /** What to say next: what has become certain since the last; '' where nothing has. */
  partial({ text, stable, startMs, endMs }: Event<'partial'>): string {
    return this.#grow(this.#with({ text: text.slice(0, stable), startMs, endMs }));
  }

  /** The whole with a hypothesis, which may still change behind its first `stable` characters: those that were told. */
  preview(event: Event<'partial'>): { readonly text: string; readonly stable: number } {
    const text = this.#with(event);
    return { text, stable: text.startsWith(this.#sent) ? this.#sent.length : 0 };
  }

  /** The same for a piece that is over, which is certain as a whole. */
  final(event: Event<'final'>): string {
    const { text, words = [], language, usage } = event;
    this.#language = language ?? this.#language;
    this.#said = this.#with(event);
    this.#words.push(...words);
    if (usage !== undefined) this.#usage = sum(this.#usage, usage);
    return text === '' ? '' : this.#grow(this.#said);
  }

  warn(warning: Warning): void {
    if (this.#warnings.length < MOST_WARNINGS) this.#warnings.push(warning);
  }

  /** The text so far that will not change. */
  get text(): string {
    return this.#said;
  }

  /** The utterance as a whole. */
  end(): Heard {
    return {
      text: this.#said,
      words: this.#words,
      ...(this.#language === undefined ? {} : { language: this.#language }),
      ...(this.#usage === undefined ? {} : { usage: this.#usage }),
      warnings: this.#warnings,
    };
  }

  #with(piece: { readonly text: string; readonly startMs: number; readonly endMs: number }): string {
    return this.#said + appendText(this.#said, piece, this.#language);
  }

  /** Where the engine has thought better of what was sent, nothing is: the final has the last word. */
  #grow(text: string): string {
    if (!text.startsWith(this.#sent)) return '';
    const more = text.slice(this.#sent.length);
    this.#sent = text;
    return more;
  }
}

function sum(a: TokenUsage | undefined, b: TokenUsage): TokenUsage {
  if (a === undefined) return b;
  return {
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    totalTokens: a.totalTokens + b.totalTokens,
  };
}
