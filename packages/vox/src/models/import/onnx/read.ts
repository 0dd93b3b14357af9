/** What a test or an importer wants to know of an ONNX file: names, shapes, operators, metadata. */
import { open } from 'node:fs/promises';
import { Cursor } from './cursor.js';
import { type ModelConstant, readOutline } from './outline.js';

export interface ModelSummary {
  readonly irVersion: number;
  readonly operatorSets: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  /** Operators in the order of the nodes. */
  readonly operators: readonly string[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly constants: readonly ModelConstant[];
}

/** What the file holds. Throws VoxError `model_broken` when it is no ONNX file or ends too early. */
export async function inspectModel(path: string): Promise<ModelSummary> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const { irVersion, operatorSets, metadata, nodes, inputs, outputs, constants } = await readOutline(
      new Cursor(file, path),
      path,
      size,
    );
    return {
      irVersion,
      operatorSets,
      metadata,
      operators: nodes.map(({ node }) => node.operator),
      inputs,
      outputs,
      constants: constants.map(({ constant }) => constant),
    };
  } finally {
    await file.close();
  }
}
