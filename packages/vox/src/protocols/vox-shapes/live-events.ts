/** What the originals say of a live stream, the same over WebSockets and gRPC. */
import type { LiveEvent, Word } from '@vox-speech/contract';

export type Final = Extract<LiveEvent, { type: 'final' }>;

/** An event by its name there, with its fields. */
export interface LiveMessage {
  readonly type: 'speech_started' | 'speech_stopped' | 'transcript';
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Renders the events of one stream. It remembers how much of an utterance was told: partials carry new words only, and only
 * such as will not change. Undefined where there is nothing to say.
 */
export function liveRenderer(config: {
  readonly partials: boolean;
  readonly include_word_timestamps: boolean;
}): (event: LiveEvent, model: string) => LiveMessage | undefined {
  const words = new NewWords();
  return (event, model) => {
    switch (event.type) {
      case 'speech-started':
        return { type: 'speech_started', fields: { timestamp_ms: Math.round(event.atMs) } };
      case 'speech-stopped':
        return { type: 'speech_stopped', fields: { timestamp_ms: Math.round(event.atMs) } };
      case 'partial': {
        const text = words.of(event);
        if (!config.partials || text === '') return undefined;
        return { type: 'transcript', fields: partial(model, text, event.startMs, event.endMs) };
      }
      case 'final':
        return event.text.trim() === ''
          ? undefined
          : { type: 'transcript', fields: transcript(model, event, config.include_word_timestamps) };
      default:
        return undefined;
    }
  };
}

/** What is new in the partials of an utterance, and will not change any more. */
export class NewWords {
  #told = { utterance: -1, characters: 0 };

  /** '' where nothing is. */
  of({ utterance, text, stable }: Extract<LiveEvent, { type: 'partial' }>): string {
    if (this.#told.utterance !== utterance) this.#told = { utterance, characters: 0 };
    const fresh = text.slice(this.#told.characters, stable).trim();
    if (fresh !== '') this.#told.characters = stable;
    return fresh;
  }
}

/** A transcript of the microphone's stream. */
function transcript(model: string, final: Final, words: boolean) {
  return {
    ...span(model, final.text.trim(), final.startMs, final.endMs),
    is_partial: false,
    processing_duration_ms: Math.round(final.timing.decodeMs),
    ...(final.language === undefined ? {} : { language: final.language }),
    ...(words ? { words: (final.words ?? []).map(finalWord), segments: [finalSegment(final)] } : {}),
  };
}

/** New words of an utterance that still goes on; they will not change. What they took to find is not known: 0. */
function partial(model: string, text: string, startMs: number, endMs: number) {
  return { ...span(model, text, startMs, endMs), is_partial: true, processing_duration_ms: 0 };
}

function span(model: string, text: string, startMs: number, endMs: number) {
  const [start_ms, end_ms] = [Math.round(startMs), Math.round(endMs)];
  return { text, start_ms, end_ms, audio_duration_ms: end_ms - start_ms, model };
}

/** An utterance as a segment of a transcript, in whole ms. */
export function finalSegment({ text, startMs, endMs, words = [] }: Final) {
  return {
    text: text.trim(),
    start_ms: Math.round(startMs),
    end_ms: Math.round(endMs),
    words: words.map(finalWord),
  };
}

/** A word of it. */
export function finalWord({ text, startMs, endMs, confidence }: Word) {
  return {
    word: text.trim(),
    start_ms: Math.round(startMs),
    end_ms: Math.round(endMs),
    confidence: confidence ?? null,
  };
}
