/** Loading that fails leaves nothing open. The library is a stand-in here: only it can be asked what was given back. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Graph, OpenGraph } from './runtime/index.js';
import { loadTone } from './tone.js';

/** A library whose models have so many labels, and so many samples in a chunk; and how many graphs are open. */
function standInLibrary(labels: number, samples = 2400, state: 'float16' | 'float32' = 'float16') {
  const count = { open: 0 };
  const open: OpenGraph = async () => {
    count.open++;
    const graph: Graph = {
      inputs: new Map([
        ['signal', { type: 'int32', shape: [-1, samples, 1] }],
        ['state', { type: state, shape: [-1, 9] }],
      ]),
      outputs: new Map([
        ['logprobs', { type: 'float32', shape: [-1, 10, labels] }],
        ['state_next', { type: 'float16', shape: [-1, 9] }],
      ]),
      bind: () => assert.fail('not for this test'),
      close: () => {
        count.open--;
      },
    };
    return graph;
  };
  return { open, count };
}

test('the model is given back when what comes after it fails, and when it is closed', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'vox-onnx-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, 'tokens.txt'), 'а 0\n  1\n<blk> 2\n');
  const files = { reference: 't:1', family: 'tone-ctc', directory, companions: {}, parameters: {} };
  const load = (open: OpenGraph) => loadTone(open, files, { threads: 1, device: 'cpu' });
  for (const [{ open, count }, why] of [
    [standInLibrary(35), /35 labels where tokens\.txt has 3/],
    [standInLibrary(3, 1200), /1200 samples/],
    [standInLibrary(3, 2400, 'float32'), /'state' is not of float16/],
  ] as const) {
    await assert.rejects(load(open), { code: 'model_broken', message: why });
    assert.equal(count.open, 0);
  }
  const { open, count } = standInLibrary(3);
  const model = await load(open);
  assert.equal(count.open, 1);
  await model.close();
  assert.equal(count.open, 0);
});
