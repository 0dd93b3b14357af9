/** What upstreams answer when they have heard something, in every shape, as segments. Pure. */
import { type Segment, type TokenScore, type Upstream, VoxError, type Word } from '@vox-speech/contract';
import { failureInside, nameOf } from './failures.js';
import { languageCode } from './language-names.js';

/** What Qwen3-ASR writes before each of its windows: `language English<asr_text>`; `None` where nothing is said. */
const PREFIX = /language\s+([A-Za-z]+)(?:[,\s][^<]*)?<asr_text>/g;

interface Plain {
  readonly text: string;
  readonly language?: string;
}

/** The text without what the model says of it. */
export function plain(raw: string): Plain {
  let language: string | undefined;
  const text = raw.replace(PREFIX, (_, name: string) => {
    language ??= languageCode(name);
    return ' ';
  });
  return { text: text.replace(/\s+/g, ' ').trim(), ...(language === undefined ? {} : { language }) };
}

/** One segment over all of the window; none where nothing was said. */
export function wholeSegment({ text, language }: Plain, windowMs: number): Segment[] {
  if (text === '') return [];
  return [{ text, startMs: 0, endMs: windowMs, ...(language === undefined ? {} : { language }) }];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The segments of a JSON answer: `{text}`, or `verbose_json` with segments, words of the whole, words of each segment.
 * @param windowMs length of what was heard; no time is outside of it
 * @throws VoxError `upstream_failed` for what is no transcript
 */
export function segmentsOfJson(upstream: Upstream, body: string, windowMs: number): Segment[] {
  const answer = parse(upstream, body);
  if (answer.error !== undefined) throw failureInside(upstream, answer.error);
  if (typeof answer.text !== 'string')
    throw new VoxError('upstream_failed', `${nameOf(upstream)} answered without a text`);
  const said = plain(answer.text);
  const named = typeof answer.language === 'string' ? languageCode(answer.language) : undefined;
  const language = said.language ?? named;
  const words = wordsOf(answer.words, windowMs);
  const segments = (Array.isArray(answer.segments) ? (answer.segments as unknown[]) : []).flatMap((one) =>
    segmentOf(one, windowMs, words, language),
  );
  if (segments.length > 0) return segments;
  const [whole] = wholeSegment(
    { text: said.text, ...(language === undefined ? {} : { language }) },
    windowMs,
  );
  if (whole === undefined) return [];
  const scores = scoresOf(answer.logprobs);
  return [
    {
      ...whole,
      ...(words.length === 0 ? {} : { words }),
      ...(scores.length === 0 ? {} : { scores }),
    },
  ];
}

/** OpenAI's `logprobs`: none where the list is not one, or an item lacks its probability. */
function scoresOf(value: unknown): TokenScore[] {
  const items = Array.isArray(value) ? (value as unknown[]).map(fieldsOf) : [];
  const scores = items.flatMap((item): TokenScore[] => {
    const log = numberOf(item?.logprob);
    if (item === undefined || log === undefined || typeof item.token !== 'string') return [];
    const { bytes } = item;
    const known =
      Array.isArray(bytes) && bytes.every((one) => Number.isInteger(one) && one >= 0 && one < 256);
    return [
      {
        text: item.token,
        logProbability: Math.min(0, log),
        ...(known ? { bytes: bytes as number[] } : {}),
      },
    ];
  });
  return scores.length === items.length ? scores : [];
}

function segmentOf(
  value: unknown,
  windowMs: number,
  words: readonly Word[],
  language: string | undefined,
): Segment[] {
  const fields = fieldsOf(value);
  if (fields === undefined || typeof fields.text !== 'string') return [];
  const { text } = plain(fields.text);
  if (text === '') return [];
  const startMs = timeOf(fields.start, 0, windowMs);
  const endMs = Math.max(startMs, timeOf(fields.end, windowMs, windowMs));
  const own = wordsOf(fields.words, windowMs);
  const middle = (word: Word) => (word.startMs + word.endMs) / 2;
  const inside =
    own.length > 0 ? own : words.filter((word) => middle(word) >= startMs && middle(word) < endMs);
  const average = numberOf(fields.avg_logprob);
  return [
    {
      text,
      startMs,
      endMs,
      ...(inside.length === 0 ? {} : { words: inside }),
      ...(language === undefined ? {} : { language }),
      ...(average === undefined ? {} : { averageLogProbability: average }),
    },
  ];
}

/** OpenAI's `word`, others' `text`. */
function wordsOf(value: unknown, windowMs: number): Word[] {
  if (!Array.isArray(value)) return [];
  return (value as unknown[]).flatMap((one): Word[] => {
    const fields = fieldsOf(one);
    const text = fields?.word ?? fields?.text;
    if (fields === undefined || typeof text !== 'string' || text.trim() === '') return [];
    const startMs = timeOf(fields.start, 0, windowMs);
    const confidence = numberOf(fields.probability) ?? numberOf(fields.confidence);
    return [
      {
        text: text.trim(),
        startMs,
        endMs: Math.max(startMs, timeOf(fields.end, startMs, windowMs)),
        ...(confidence === undefined ? {} : { confidence }),
      },
    ];
  });
}

/** Seconds, as a number or (vLLM) as a text, to ms within the window. */
function timeOf(value: unknown, missing: number, windowMs: number): number {
  const seconds = numberOf(value);
  if (seconds === undefined) return missing;
  return Math.min(windowMs, Math.max(0, Math.round(seconds * 1000)));
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  return numberOf(Number(value));
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
}

function parse(upstream: Upstream, text: string): Fields {
  try {
    const fields = fieldsOf(JSON.parse(text));
    if (fields !== undefined) return fields;
  } catch {
    // Told below.
  }
  throw new VoxError('upstream_failed', `${nameOf(upstream)} answered with what is no JSON object`);
}

/** Puts the text of a streamed answer together: vLLM's chat-shaped chunks, and OpenAI's events. */
export class StreamedText {
  readonly #upstream: Upstream;
  #text = '';
  #over = false;
  /** A window's `finish_reason` came: the stream may end here, for servers that write no `[DONE]`. */
  #mayEnd = false;

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
  }

  get text(): string {
    return this.#text;
  }

  /** True once the upstream has said that this was all. */
  get over(): boolean {
    return this.#over;
  }

  /**
   * One event's data.
   * @throws VoxError `upstream_failed` for an error in the stream, or what is no JSON
   */
  push(data: string): void {
    if (data.trim() === '[DONE]') {
      this.#over = true;
      return;
    }
    const chunk = parse(this.#upstream, data);
    if (chunk.error !== undefined && chunk.error !== null) throw failureInside(this.#upstream, chunk.error);
    if (chunk.object === 'error' || chunk.type === 'error') throw failureInside(this.#upstream, chunk);
    if (chunk.type === 'transcript.text.delta') {
      this.#text += typeof chunk.delta === 'string' ? chunk.delta : '';
    } else if (chunk.type === 'transcript.text.done') {
      if (typeof chunk.text === 'string') this.#text = chunk.text;
      this.#over = true;
    } else if (Array.isArray(chunk.choices)) {
      for (const choice of chunk.choices as unknown[]) this.#choice(fieldsOf(choice));
    }
  }

  #choice(choice: Fields | undefined): void {
    const content = fieldsOf(choice?.delta)?.content;
    if (typeof content === 'string') this.#text += content;
    this.#mayEnd = typeof choice?.finish_reason === 'string';
  }

  /** The connection has ended in good order. Throws VoxError `upstream_failed` where the answer had not. */
  end(): void {
    if (!this.#over && !this.#mayEnd)
      throw new VoxError('upstream_failed', `${nameOf(this.#upstream)} closed in the midst of its answer`);
  }
}
