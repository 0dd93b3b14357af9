/** The text of a live stream as it only ever grows: finals joined, and of the utterance that is open what is stable. Pure. */
import type { LiveEvent } from '@vox-speech/contract';
import { appendText } from './collect.js';

type Event<T extends LiveEvent['type']> = Extract<LiveEvent, { type: T }>;

/** An utterance may be open while the one before it waits for its final; what is said of it then is told with the next. */
export class GrowingText {
  #language: string | undefined;
  /** Finals, joined. */
  #said = '';
  /** All that was told. */
  #told = '';
  /** The utterance that partials may be of; absent = the first. */
  #open: number | undefined;

  /** @param language of the text, ISO 639-1, where it is known: some have no spaces between utterances */
  constructor(language: string | undefined) {
    this.#language = language;
  }

  /** All finals so far. Begins with everything that was told. */
  get said(): string {
    return this.#said;
  }

  /** What has become certain since the last; '' where nothing has. */
  partial({ utterance, text, stable, startMs, endMs }: Event<'partial'>): string {
    this.#open ??= utterance;
    if (utterance !== this.#open) return '';
    return this.#grow(this.#with({ text: text.slice(0, stable), startMs, endMs }));
  }

  /** The same for an utterance that is over, which is certain as a whole. */
  final(event: Event<'final'>): string {
    this.#open = event.utterance + 1;
    this.#said = this.#with(event);
    // From the next utterance on, for partials and finals alike: partials don't say their language.
    this.#language ??= event.language;
    return event.text === '' ? '' : this.#grow(this.#said);
  }

  #with({
    text,
    startMs,
    endMs,
  }: {
    readonly text: string;
    readonly startMs: number;
    readonly endMs: number;
  }): string {
    return this.#said + appendText(this.#said, { text, startMs, endMs }, this.#language);
  }

  /** Where the engine has thought better of what was told, nothing is: the final has the last word. */
  #grow(text: string): string {
    if (!text.startsWith(this.#told)) return '';
    const more = text.slice(this.#told.length);
    this.#told = text;
    return more;
  }
}
