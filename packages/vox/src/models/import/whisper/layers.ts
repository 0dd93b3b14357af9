/** The layers that Whisper's encoder and decoder share, as ONNX nodes with int8 weights. */
import {
  bytesOf,
  floats,
  GraphBuilder,
  type QuantizedWeight,
  SEVEN_BITS,
  scalar,
  type Tensor,
} from '../onnx/index.js';
import type { WhisperShape } from './checkpoint.js';
import type { Ct2Model } from './ct2-reader.js';
import { quantizeTransposed } from './quantize.js';
import { smoothingFactors } from './smoothing.js';

/** Standard operators of set 17, the first with LayerNormalization. */
const OPERATOR_SET = 17;

/** Which third (or half) of a projection that was stored as one: `part` of `parts`. */
export interface Share {
  readonly part: number;
  readonly parts: number;
}

interface LinearOptions {
  readonly share?: Share;
  readonly bias?: boolean;
  /** Multiplies the outputs. */
  readonly factor?: number;
  /** Each position is quantised by a scale of its own: for values that are a hundred times larger at a few positions. */
  readonly perPosition?: boolean;
}

/** GELU is never below -0.17, so a position's largest value, or this, bounds its magnitude. */
const GELU_DEPTH = 0.17;

const WHOLE: Share = { part: 0, parts: 1 };

/** A graph that reads its weights from a checkpoint. */
export class WhisperGraph extends GraphBuilder {
  private readonly quantizedInputs = new Map<string, readonly [string, string, string]>();
  /** Normalised values whose channels are divided by factors, which the weights that read them make good. */
  private readonly factors = new Map<string, Promise<Float32Array>>();
  private readonly smoothed = new Map<string, () => Promise<Float32Array>>();

  constructor(
    name: string,
    protected readonly model: Ct2Model,
    readonly shape: WhisperShape,
  ) {
    super(name, OPERATOR_SET);
  }

  /** A tensor of the checkpoint as it is, in float32. */
  weight(name: string): string {
    const { model } = this;
    const tensor: Tensor = {
      type: 'float32',
      dims: model.dims(name),
      async *chunks() {
        yield bytesOf(await model.floats(name));
      },
    };
    return this.constant(name, tensor);
  }

  add(a: string, b: string): string {
    return this.node('Add', [a, b]);
  }

  /** By what the channels of a normalised value are divided; made once, when a weight that needs it is written. */
  smoothing(prefix: string): () => Promise<Float32Array> {
    return () => {
      const factors = this.factors.get(prefix) ?? smoothingFactors(this.model, prefix);
      this.factors.set(prefix, factors);
      return factors;
    };
  }

  /**
   * Layer normalisation over the last axis; 1e-5 is torch's epsilon, with which Whisper was trained. Its channels are
   * smoothed: only weights that make that good may read it.
   */
  norm(value: string, prefix: string): string {
    const factors = this.smoothing(prefix);
    const gains = this.divided(`${prefix}/gamma`, factors);
    const result = this.node('LayerNormalization', [value, gains, this.divided(`${prefix}/beta`, factors)], {
      attributes: { axis: -1, epsilon: { float: 1e-5 } },
    });
    this.smoothed.set(result, factors);
    return result;
  }

  /** A vector of the checkpoint over factors, one each. */
  private divided(name: string, factors: () => Promise<Float32Array>): string {
    const { model } = this;
    return this.constant(`${name}:smoothed`, {
      type: 'float32',
      dims: model.dims(name),
      async *chunks() {
        const divisors = await factors();
        yield bytesOf((await model.floats(name)).map((v, i) => v / (divisors[i] ?? 1)));
      },
    });
  }

  /** The exact GELU, x/2 (1 + erf(x/√2)), in the form that onnxruntime recognises and fuses. */
  gelu(value: string): string {
    const ratio = this.node('Div', [value, this.constant('√2', scalar(Math.SQRT2))]);
    const sum = this.add(this.node('Erf', [ratio]), this.constant('1', scalar(1)));
    return this.node('Mul', [this.node('Mul', [value, sum]), this.constant('1/2', scalar(0.5))]);
  }

  /** Quantises activations to uint8: [values, scale, zero point]. One value is quantised once, however many use it. */
  private quantizeActivations(value: string): readonly [string, string, string] {
    let outputs = this.quantizedInputs.get(value);
    if (outputs === undefined) {
      outputs = [`${value}:int8`, `${value}:scale`, `${value}:zero`];
      this.node('DynamicQuantizeLinear', [value], { outputs });
      this.quantizedInputs.set(value, outputs);
    }
    return outputs;
  }

  /** Names of an int8 weight's values and scales as constants. */
  quantized(name: string, weight: QuantizedWeight): { values: string; scales: string } {
    return {
      values: this.constant(`${name}:int8`, weight.values),
      scales: this.constant(`${name}:scale`, weight.scales),
    };
  }

  /** value × weight, both in int8, back to float. */
  multiplyQuantized(value: string, weight: { values: string; scales: string }): string {
    const [values, scale, zero] = this.quantizeActivations(value);
    const product = this.node('MatMulInteger', [values, weight.values, zero]);
    const scales = this.node('Mul', [scale, weight.scales]);
    return this.node('Mul', [this.cast(product, 'float32'), scales]);
  }

  /** A projection of the checkpoint, or a share of one. Its outputs are the rows of the stored weight. */
  linear(value: string, prefix: string, options: LinearOptions = {}): string {
    const share = options.share ?? WHOLE;
    const name = `${prefix}/weight`;
    const outputs = (this.model.dims(name)[0] ?? 0) / share.parts;
    const rows = { name, first: outputs * share.part, count: outputs };
    const label = share.parts === 1 ? prefix : `${prefix}[${share.part}/${share.parts}]`;
    const inputFactors = this.smoothed.get(value);
    const weight = this.quantized(
      `${label}/weight`,
      quantizeTransposed(this.model, rows, {
        largest: SEVEN_BITS,
        factor: options.factor ?? 1,
        ...(inputFactors === undefined ? {} : { inputFactors }),
      }),
    );
    const product = options.perPosition
      ? this.multiplyPerPosition(value, weight)
      : this.multiplyQuantized(value, weight);
    if (options.bias === false) return product;
    return this.add(product, this.bias(`${label}/bias`, `${prefix}/bias`, rows, options.factor ?? 1));
  }

  /** Like `multiplyQuantized`, with every position brought to ±1 before, and back to its size after. */
  private multiplyPerPosition(value: string, weight: { values: string; scales: string }): string {
    const peaks = this.node('ReduceMax', [value], { attributes: { axes: [-1], keepdims: 1 } });
    const sizes = this.node('Max', [peaks, this.constant('-min GELU', scalar(GELU_DEPTH))]);
    return this.node('Mul', [this.multiplyQuantized(this.node('Div', [value, sizes]), weight), sizes]);
  }

  private bias(name: string, source: string, rows: { first: number; count: number }, factor: number): string {
    const { model } = this;
    return this.constant(name, {
      type: 'float32',
      dims: [rows.count],
      async *chunks() {
        const values = await model.rows(source, rows.first, rows.count);
        yield* floats(values.map((v) => v * factor)).chunks();
      },
    });
  }

  /**
   * [N, T, state] to [N, T, heads, head size].
   * @param more numbers that each head has beside its own
   */
  split(value: string, more = 0): string {
    return this.node('Reshape', [value, this.integers(0, -1, this.shape.heads, this.shape.headSize + more)]);
  }

  /** [N, T, state] to [N, heads, T, head size], or another order of those axes; `more` as for `split`. */
  heads(value: string, order: readonly number[] = [0, 2, 1, 3], more = 0): string {
    return this.node('Transpose', [this.split(value, more)], { attributes: { perm: order } });
  }

  /** [N, heads, T, head size] to [N, T, state]; `order` is that of N, T, heads, head size in the value. */
  joinHeads(value: string, order: readonly number[] = [0, 2, 1, 3]): string {
    const turned = this.node('Transpose', [value], { attributes: { perm: order } });
    return this.node('Reshape', [turned, this.integers(0, -1, this.shape.state)]);
  }

  /** Attention weights of queries [N, heads, n, size] (already scaled) over keys [N, heads, size, T]. */
  attentionWeights(queries: string, keys: string, mask?: string): string {
    let scores = this.node('MatMul', [queries, keys]);
    if (mask !== undefined) scores = this.add(scores, mask);
    return this.node('Softmax', [scores], { attributes: { axis: -1 } });
  }

  /** The two projections of a block with GELU between; its outputs are what `perPosition` is for. */
  feedForward(value: string, prefix: string, perPosition: boolean): string {
    return this.linear(this.gelu(this.linear(value, `${prefix}/linear_0`)), `${prefix}/linear_1`, {
      perPosition,
    });
  }

  /** 1/√(head size): folded into the query projection, which costs nothing when the graph runs. */
  get queryFactor(): number {
    return this.shape.headSize ** -0.5;
  }
}
