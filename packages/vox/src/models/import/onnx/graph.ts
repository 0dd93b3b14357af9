/** Builds one ONNX graph: nodes in order, constants by name, inputs, outputs and metadata. `write.ts` writes it. */
import { DATA_TYPES, type DataType, integers, type Tensor } from './tensor.js';

/** A number is an integer attribute; a float attribute is wrapped. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface GraphNode {
  readonly operator: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface GraphValue {
  readonly name: string;
  readonly type: DataType;
  /** A name is a dimension that is known when the graph runs. */
  readonly dims: readonly (number | string)[];
}

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Names of the outputs; one made-up name when absent. */
  readonly outputs?: readonly string[];
  /** Operator set; the standard one when absent. */
  readonly domain?: string;
}

/** One graph under construction. Every method that makes a value returns its name. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly constants = new Map<string, Tensor>();
  readonly inputs: GraphValue[] = [];
  readonly outputs: GraphValue[] = [];
  /** Operator set versions by domain; the standard domain is the empty string. */
  readonly operatorSets = new Map<string, number>();
  /** Read by the engine when it loads the model. */
  readonly metadata = new Map<string, string>();

  /** `operatorSet`: version of the standard operators, e.g. 17 for LayerNormalization. */
  constructor(
    readonly name: string,
    operatorSet: number,
    /** IR version 8 came with operator set 15, 9 with 19: https://onnx.ai/onnx/repo-docs/Versioning.html */
    readonly irVersion = 8,
    /** Of the names that are made up: nodes for a graph that has others already need names of their own. */
    private readonly prefix = '',
  ) {
    this.operatorSets.set('', operatorSet);
  }

  input(name: string, type: DataType, dims: readonly (number | string)[]): string {
    this.inputs.push({ name, type, dims });
    return name;
  }

  /** Declares a value that some node makes as an output of the graph. */
  output(name: string, type: DataType, dims: readonly (number | string)[]): void {
    this.outputs.push({ name, type, dims });
  }

  /** A constant. The first tensor given under a name stays; the same name again is the same constant. */
  constant(name: string, tensor: Tensor): string {
    if (!this.constants.has(name)) this.constants.set(name, tensor);
    return name;
  }

  /** A constant list of integers, shared by value. */
  integers(...values: number[]): string {
    return this.constant(`${this.prefix}integers(${values.join()})`, integers(values));
  }

  /** Adds a node and returns the name of its first output. */
  node(operator: string, inputs: readonly string[], options: NodeOptions = {}): string {
    const name = `${this.prefix}${operator}_${this.nodes.length}`;
    const outputs = options.outputs ?? [name];
    const [first] = outputs;
    if (first === undefined) throw new RangeError(`${name}: a node needs an output`);
    const domain = options.domain ?? '';
    if (!this.operatorSets.has(domain)) this.operatorSets.set(domain, 1);
    this.nodes.push({ operator, domain, name, inputs, outputs, attributes: options.attributes ?? {} });
    return first;
  }

  /** `Cast` of a value to a type. */
  cast(value: string, type: DataType): string {
    return this.node('Cast', [value], { attributes: { to: DATA_TYPES[type].code } });
  }
}
