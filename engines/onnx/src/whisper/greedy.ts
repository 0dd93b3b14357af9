/** Speech to tokens: the likeliest token at each step, as long as the text goes on. */
import { VoxError } from '@vox-speech/contract';
import type { WhisperFacts } from './facts.js';
import { type Encoded, forget, type Said, type Step, type WhisperGraphs } from './graphs.js';

/** Hz. */
export const SAMPLE_RATE = 16_000;
/**
 * Tokens that a second of speech may have, and some for the first: fast speech in English has 6, in other scripts 12. A decode
 * that says more has begun to loop.
 */
const TOKENS_A_SECOND = 12;
const FIRST_TOKENS = 16;

export interface Hearing {
  /** A code of the model's; '' = detect. */
  readonly language: string;
  readonly task: 'transcribe' | 'translate';
  /** Tokens of what was said before, or of words that are likely. */
  readonly before: readonly number[];
  /** Attention is wanted, for the times of words. */
  readonly align: boolean;
}

export interface Transcript {
  readonly tokens: readonly number[];
  /** Natural-log probability of each. */
  readonly logProbabilities: readonly number[];
  /** What was heard or told; '' for a model that knows one. */
  readonly language: string;
  /**
   * Where it was asked for: a row for each token, and one for the end, each [heads, positions]. What the decoder looked at before
   * it said the token.
   */
  readonly attention: readonly Float32Array[];
  readonly heads: number;
}

/**
 * What is said in at most 30 s.
 * @param samples mono at 16 kHz
 * @throws VoxError `cancelled`
 */
export async function transcribe(
  graphs: WhisperGraphs,
  samples: Float32Array,
  hearing: Hearing,
  signal: AbortSignal,
): Promise<Transcript> {
  const heard = await graphs.encode(samples, signal);
  try {
    return await new Decode(graphs, heard, hearing, signal).run(samples.length / SAMPLE_RATE);
  } catch (error) {
    throw signal.aborted ? new VoxError('cancelled', 'cancelled') : error;
  } finally {
    forget(heard);
  }
}

class Decode {
  readonly #graphs: WhisperGraphs;
  readonly #facts: WhisperFacts;
  readonly #heard: Encoded;
  readonly #hearing: Hearing;
  readonly #signal: AbortSignal;
  #said: Said;

  constructor(graphs: WhisperGraphs, heard: Encoded, hearing: Hearing, signal: AbortSignal) {
    this.#graphs = graphs;
    this.#facts = graphs.facts;
    this.#heard = heard;
    this.#hearing = hearing;
    this.#signal = signal;
    this.#said = graphs.silent();
  }

  async run(seconds: number): Promise<Transcript> {
    try {
      const { language, prompt } = await this.#prompt();
      const { textContext, endOfText } = this.#facts;
      const room = Math.min(
        textContext - this.#said.length - prompt.length,
        textContext / 2,
        FIRST_TOKENS + Math.ceil(TOKENS_A_SECOND * seconds),
      );
      const tokens: number[] = [];
      const logProbabilities: number[] = [];
      const attention: Float32Array[] = [];
      let heads = 0;
      let next = prompt;
      for (;;) {
        const { token, logProbability, step } = await this.#say(next, (made) => ({
          ...this.#likeliest(made.logits, tokens.length === 0),
          step: made,
        }));
        if (step.attention !== undefined) {
          attention.push(step.attention.weights);
          heads = step.attention.heads;
        }
        if (token === endOfText || tokens.length >= room) break;
        tokens.push(token);
        logProbabilities.push(logProbability);
        next = [token];
      }
      return { tokens, logProbabilities, language, attention, heads };
    } finally {
      forget(this.#said);
    }
  }

  /** The tokens that come before the text and are not said yet, and the language in them. */
  async #prompt(): Promise<{ language: string; prompt: number[] }> {
    const { many, startOfTranscript, startOfPrevious, noTimestamps } = this.#facts;
    const { language, task, before } = this.#hearing;
    const start = [...(before.length > 0 ? [startOfPrevious, ...before] : []), startOfTranscript];
    if (many === undefined) return { language, prompt: [...start, noTimestamps] };
    const rest = (spoken: number): number[] => [
      spoken,
      task === 'translate' ? many.translate : many.transcribe,
      noTimestamps,
    ];
    const told = many.languages.get(language);
    if (told !== undefined) return { language, prompt: [...start, ...rest(told)] };
    // What comes after the start of a transcript is its language; what was said before would sway it.
    const [spoken, token] = await this.#say([startOfTranscript], ({ logits }) => {
      const codes = [...many.languages];
      return codes.reduce((best, code) => ((logits[code[1]] ?? 0) > (logits[best[1]] ?? 0) ? code : best));
    });
    if (before.length === 0) return { language: spoken, prompt: rest(token) };
    forget(this.#said);
    this.#said = this.#graphs.silent();
    return { language: spoken, prompt: [...start, ...rest(token)] };
  }

  async #say<T>(tokens: readonly number[], use: (step: Step) => T): Promise<T> {
    const options = { attention: this.#hearing.align, signal: this.#signal };
    const { said, result } = await this.#graphs.say(tokens, this.#said, this.#heard, options, use);
    this.#said = said;
    return result;
  }

  /**
   * The likeliest token of a text, or its end; what comes after the end in the vocabulary is no text.
   * @param first a text does not begin with a space alone; it may be none at all
   */
  #likeliest(logits: Float32Array, first: boolean): { token: number; logProbability: number } {
    const { endOfText, blank, suppressed } = this.#facts;
    for (const token of suppressed) logits[token] = Number.NEGATIVE_INFINITY;
    if (first) logits[blank] = Number.NEGATIVE_INFINITY;
    let token = endOfText;
    let best = logits[endOfText] ?? 0;
    for (let at = 0; at < endOfText; at++) {
      const logit = logits[at] ?? 0;
      if (logit > best) {
        best = logit;
        token = at;
      }
    }
    let sum = 0;
    for (let at = 0; at <= endOfText; at++) {
      const below = (logits[at] ?? 0) - best;
      if (below > NEGLIGIBLE) sum += Math.exp(below);
    }
    return { token, logProbability: -Math.log(sum) };
  }
}

/** Tokens so much less likely, in natural logarithms, are nothing to the sum of all. */
const NEGLIGIBLE = -16;
