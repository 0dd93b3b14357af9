/** A text for clients that are told pieces of it that only ever append, then the whole. Pure. */
import type { LiveEvent, TokenScore, TokenUsage, Warning, Word } from '@vox-speech/contract';
import { appendText } from './collect.js';

type Event<T extends LiveEvent['type']> = Extract<LiveEvent, { type: T }>;

/** What is told once all of it is said. */
export interface Heard {
  readonly text: string;
  readonly words: readonly Word[];
  readonly language?: string;
  /** Where the engine counts. */
  readonly usage?: TokenUsage;
  /** Of the whole text; absent where they were not asked for, or not all are known. */
  readonly scores?: readonly TokenScore[];
  readonly warnings: readonly Warning[];
}

/** Warnings of one text that are kept; an engine says each once. */
const MOST_WARNINGS = 20;

/**
 * Utterances joined: a model with a window says what was committed as one in pieces, each with a final of its own. Which
 * final is the end the caller knows. An utterance may be open while the one before it waits for its final; what is said of
 * it then is told with the next.
 */
export class Transcript {
  /** Finals, joined. */
  #said = '';
  /** All that was told of it so far. */
  #sent = '';
  readonly #words: Word[] = [];
  readonly #warnings: Warning[] = [];
  /** The utterance that partials may be of; absent = the first. */
  #open: number | undefined;
  #language: string | undefined;
  #usage: TokenUsage | undefined;
  /** Undefined from the first final with words and without scores on. */
  #scores: TokenScore[] | undefined = [];

  /** @param language ISO 639-1, as the client said it, until the engine knows better: some have no spaces between utterances */
  constructor(language: string | undefined) {
    this.#language = language;
  }

  /** What to say next: what has become certain since the last; '' where nothing has. */
  partial({ utterance, text, stable, startMs, endMs }: Event<'partial'>): string {
    this.#open ??= utterance;
    if (utterance > this.#open) return '';
    return this.#grow(this.#with({ text: text.slice(0, stable), startMs, endMs }));
  }

  /** The whole with a hypothesis, which may still change behind its first `stable` characters: those that were told. */
  preview(event: Event<'partial'>): { readonly text: string; readonly stable: number } {
    const text = this.#with(event);
    return { text, stable: text.startsWith(this.#sent) ? this.#sent.length : 0 };
  }

  /** The same for an utterance that is over, which is certain as a whole. */
  final(event: Event<'final'>): string {
    const { utterance, text, words = [], language, usage, scores } = event;
    this.#open = utterance + 1;
    this.#said = this.#with(event);
    // From the next utterance on, for partials and finals alike: partials don't say their language.
    this.#language = language ?? this.#language;
    this.#words.push(...words);
    if (usage !== undefined) this.#usage = sum(this.#usage, usage);
    if (scores !== undefined) this.#scores?.push(...scores);
    else if (text !== '') this.#scores = undefined;
    return text === '' ? '' : this.#grow(this.#said);
  }

  warn(warning: Warning): void {
    if (this.#warnings.length < MOST_WARNINGS) this.#warnings.push(warning);
  }

  /** All finals so far; where no final contradicted it, this begins with everything that was told. */
  get text(): string {
    return this.#said;
  }

  /** As last heard, else as the client said it. */
  get language(): string | undefined {
    return this.#language;
  }

  /** All of it. */
  end(): Heard {
    return {
      text: this.#said,
      words: this.#words,
      ...(this.#language === undefined ? {} : { language: this.#language }),
      ...(this.#usage === undefined ? {} : { usage: this.#usage }),
      ...(this.#scores?.length ? { scores: this.#scores } : {}),
      warnings: this.#warnings,
    };
  }

  #with(utterance: { readonly text: string; readonly startMs: number; readonly endMs: number }): string {
    return this.#said + appendText(this.#said, utterance, this.#language);
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
