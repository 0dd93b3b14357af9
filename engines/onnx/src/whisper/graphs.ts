/** The three graphs of a Whisper at one width, and what goes from one to the next. */
import { join } from 'node:path';
import { type Runtime, Session, Value } from '../runtime/index.js';
import { readFacts, type WhisperFacts } from './facts.js';

/** Outputs of the encoder that the decoder attends to. */
const CROSS = ['n_layer_cross_k', 'n_layer_cross_v'] as const;
const CACHES = ['out_n_layer_self_k_cache', 'out_n_layer_self_v_cache'] as const;
const ENCODER = 'encoder.int8.onnx';
const ATTENTION = 'cross_attention_weights';

/** What was heard, for the decoder's steps. */
export interface Encoded {
  readonly keys: Value;
  readonly values: Value;
}

/** What the decoder has said so far, as it remembers it. */
export interface Said {
  readonly keys: Value;
  readonly values: Value;
  /** Tokens. */
  readonly length: number;
}

export interface Step {
  /** Of the last token [vocabulary]; not to be looked at after the next step. */
  readonly logits: Float32Array;
  /** Of the last token [heads, positions], where it was asked for; of its own. */
  readonly attention?: { readonly weights: Float32Array; readonly heads: number };
}

export class WhisperGraphs {
  readonly facts: WhisperFacts;
  readonly canAlign: boolean;
  readonly #runtime: Runtime;
  readonly #features: Session;
  readonly #encoder: Session;
  readonly #decoder: Session;

  private constructor(runtime: Runtime, features: Session, encoder: Session, decoder: Session) {
    this.#runtime = runtime;
    this.#features = features;
    this.#encoder = encoder;
    this.#decoder = decoder;
    try {
      this.facts = readFacts(encoder);
    } catch (error) {
      throw new Error(`${ENCODER}: ${(error as Error).message}`, { cause: error });
    }
    this.canAlign = decoder.outputs.has(ATTENTION);
  }

  /**
   * Loads features.onnx, encoder.int8.onnx and decoder.int8.onnx of a folder.
   * @param threads that one run may use
   * @throws Error naming the file that can't be loaded
   */
  static async open(runtime: Runtime, directory: string, threads: number): Promise<WhisperGraphs> {
    const names = ['features.onnx', ENCODER, 'decoder.int8.onnx'];
    const opened = await Promise.allSettled(
      names.map((name) => Session.open(runtime, join(directory, name), threads)),
    );
    const sessions = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    try {
      const failed = opened.findIndex((one) => one.status === 'rejected');
      if (failed >= 0)
        throw new Error(
          `${names[failed]}: ${((opened[failed] as PromiseRejectedResult).reason as Error).message}`,
        );
      const [features, encoder, decoder] = sessions as [Session, Session, Session];
      return new WhisperGraphs(runtime, features, encoder, decoder);
    } catch (error) {
      for (const session of sessions) session.close();
      throw error;
    }
  }

  /**
   * @param samples mono at 16 kHz
   * @throws VoxError `cancelled`
   */
  async encode(samples: Float32Array, signal: AbortSignal): Promise<Encoded> {
    const sound = Value.of(this.#runtime, samples, [samples.length]);
    let mel: Value | undefined;
    try {
      ({ mel } = await this.#features.run({ samples: sound }, ['mel'], signal));
      const { n_layer_cross_k: keys, n_layer_cross_v: values } = await this.#encoder.run(
        { mel },
        CROSS,
        signal,
      );
      return { keys, values };
    } finally {
      sound.release();
      mel?.release();
    }
  }

  /** Nothing said yet. */
  silent(): Said {
    const { textLayers, state } = this.facts;
    const none = (): Value => Value.of(this.#runtime, new Float32Array(0), [textLayers, 1, 0, state]);
    return { keys: none(), values: none(), length: 0 };
  }

  /**
   * Says some tokens more. `before` is released.
   * @param use what the step made; its logits live no longer
   * @throws VoxError `cancelled`
   */
  async say<T>(
    tokens: readonly number[],
    before: Said,
    heard: Encoded,
    { attention, signal }: { readonly attention: boolean; readonly signal: AbortSignal },
    use: (step: Step) => T,
  ): Promise<{ readonly said: Said; readonly result: T }> {
    const given = {
      tokens: Value.integers(this.#runtime, tokens, [1, tokens.length]),
      offset: Value.integers(this.#runtime, [before.length], [1]),
    };
    try {
      signal.throwIfAborted();
      const wanted = ['logits', ...CACHES, ...(attention ? [ATTENTION] : [])] as const;
      const inputs = {
        ...given,
        in_n_layer_self_k_cache: before.keys,
        in_n_layer_self_v_cache: before.values,
        n_layer_cross_k: heard.keys,
        n_layer_cross_v: heard.values,
      };
      const made: Record<string, Value> = await this.#decoder.run(inputs, wanted);
      const { logits, [CACHES[0]]: keys, [CACHES[1]]: values, [ATTENTION]: weights } = made;
      if (logits === undefined || keys === undefined || values === undefined) throw new Error('no logits');
      const said = { keys, values, length: before.length + tokens.length };
      try {
        return { said, result: use(stepOf(logits, weights)) };
      } finally {
        logits.release();
        weights?.release();
      }
    } finally {
      given.tokens.release();
      given.offset.release();
      forget(before);
    }
  }

  close(): void {
    for (const session of [this.#features, this.#encoder, this.#decoder]) session.close();
  }
}

/** Releases what the decoder remembers, or attends to. */
export function forget({ keys, values }: Pick<Said, 'keys' | 'values'>): void {
  keys.release();
  values.release();
}

function stepOf(logits: Value, weights: Value | undefined): Step {
  const [, tokens = 1] = logits.shape;
  const all = logits.numbers;
  const last = all.subarray(all.length - all.length / tokens);
  if (weights === undefined) return { logits: last };
  const [, heads = 0, rows = 1, positions = 0] = weights.shape;
  const from = weights.numbers;
  const row = new Float32Array(heads * positions);
  for (let head = 0; head < heads; head++) {
    const at = (head * rows + rows - 1) * positions;
    row.set(from.subarray(at, at + positions), head * positions);
  }
  return { logits: last, attention: { weights: row, heads } };
}
