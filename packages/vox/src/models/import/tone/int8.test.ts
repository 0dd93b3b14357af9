/** T-one with 8-bit weights, pulled, imported and heard by the real ONNX Runtime; the weights are the fixture's. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Engine, Model, Segment, TranscriptionStream } from '@vox-speech/contract';
import { all } from '../../../transport/waiting.test.support.js';
import { T_ONE } from '../../catalog/tone.js';
import { bench, Hub } from '../../hub.test.support.js';
import { parseReference } from '../../reference.js';
import { bytesOf, floats, GraphBuilder, inspectModel, type Tensor, writeModel } from '../onnx/index.js';
import { toneSpeech, writePublishedTone } from '../testing/tone.js';
import { importTone } from './index.js';

const ENGINE: string = '@vox-speech/engine-onnx';
const REFERENCE = 't-one:ru-int8';
const RATE = 16_000;

const { default: engine } = (await import(ENGINE)) as { default: Engine };
const { available, reason } = engine.probe();
const skip = available ? false : (reason ?? 'ONNX Runtime is not here');

function load(directory: string): Promise<Model> {
  const files = { reference: REFERENCE, family: 'tone-ctc', directory, companions: {}, parameters: {} };
  return engine.load(files, { threads: 2, device: 'cpu' });
}

/** The same numbers in [-1, 1) for the same seed. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** T-one's inputs and outputs, and what it hears hangs on products alone: chaos, which tells the least difference. */
async function writeChaos(path: string): Promise<void> {
  const next = noise(7);
  const weights = (...dims: [number, number]): Tensor =>
    floats(
      Array.from({ length: dims[0] * dims[1] }, () => next() / Math.sqrt(dims[0])),
      dims,
    );
  const graph = new GraphBuilder('chaos', 13);
  const signal = graph.cast(graph.input('signal', 'int32', ['B', 2400, 1]), 'float32');
  const state = graph.input('state', 'float16', ['B', 300]);
  const frames = graph.node('Reshape', [signal, graph.integers(-1, 10, 240)]);
  const wide = graph.node('MatMul', [frames, graph.constant('wide', weights(240, 512))]);
  const labels = graph.node('MatMul', [
    graph.node('Tanh', [wide]),
    graph.constant('label', weights(512, 35)),
  ]);
  graph.node('LogSoftmax', [labels], { attributes: { axis: -1 }, outputs: ['logprobs'] });
  graph.node('Identity', [state], { outputs: ['state_next'] });
  graph.output('logprobs', 'float32', ['B', 10, 35]);
  graph.output('state_next', 'float16', ['B', 300]);
  await writeModel(path, graph);
}

describe('T-one with 8-bit weights', { skip }, () => {
  let root = '';
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'vox-tone-int8-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  test('is pulled, imported, loaded and hears', async (t) => {
    // One layer: the light fixture has no product.
    await writePublishedTone(root, 1);
    const hub = await Hub.start(t);
    const files = await hub.folder(root, ['model.onnx', 'vocab.json']);
    const entry = T_ONE.find(({ reference }) => reference === REFERENCE);
    assert.ok(entry);
    const { puller, store } = await bench(t, [{ ...entry, needs: [], sources: [{ type: 'https', files }] }]);
    const events = await all(puller.pull(REFERENCE, { signal: new AbortController().signal }));
    assert.deepEqual(events.at(-1), { status: 'success' });
    const manifest = await store.get(parseReference(REFERENCE));
    assert.ok(manifest);
    assert.deepEqual(manifest.info?.decoders, ['greedy', 'beam']);
    const directory = await store.viewDirectory(manifest);
    assert.deepEqual((await readdir(directory)).sort(), ['info.json', 'model.int8.onnx', 'tokens.txt']);
    const { metadata, operators } = await inspectModel(join(directory, 'model.int8.onnx'));
    assert.equal(metadata.get('model_type'), 't-one');
    assert.equal(operators.filter((name) => name === 'MatMulIntegerToFloat').length, 3);
    const model = await load(directory);
    t.after(() => model.close());
    const heard = [];
    const pcm = { samples: toneSpeech('привет мир', RATE), sampleRate: RATE };
    for (const decoder of manifest.info?.decoders ?? []) {
      const options = { task: 'transcribe', words: true, decoder } as const;
      for await (const segment of model.transcribe?.(pcm, options, new AbortController().signal) ?? [])
        heard.push(segment.text);
    }
    assert.deepEqual(heard, ['привет мир', 'привет мир']);
  });

  test('a stream hears bit for bit the same alone and in any batch', async (t) => {
    const chaos = join(root, 'chaos.onnx');
    await writeChaos(chaos);
    const letters = await made('letters');
    await writePublishedTone(letters);
    const output = await made('chaos');
    const sources = { 'model.onnx': chaos, 'vocab.json': join(letters, 'vocab.json') };
    const { names } = await importTone({ files: sources, output, weights: 'int8' });
    assert.deepEqual(names, ['model.int8.onnx', 'tokens.txt']);
    const model = await load(output);
    t.after(() => model.close());
    const random = noise(11);
    /** As loud as each other, or a thousand times less. */
    const said = Array.from({ length: 7 }, (_, at) =>
      Float32Array.from({ length: RATE * (2 + (at % 3)) }, () => (at % 2 === 0 ? 0.5 : 5e-4) * random()),
    );
    const hear = (samples: readonly Float32Array[], choose: () => boolean): Segment[][] => {
      const open = samples.map((pcm) => {
        const stream = model.openTranscription?.({ task: 'transcribe', words: true });
        assert.ok(stream);
        stream.push(pcm);
        stream.finish();
        return stream;
      });
      for (
        let ready: TranscriptionStream[] = open;
        ready.length > 0;
        ready = open.filter((one) => one.ready())
      )
        model.step?.(ready.filter(choose));
      return open.map((stream) =>
        stream.poll().flatMap(({ type, segment }) => (type === 'transcript-final' ? (segment ?? []) : [])),
      );
    };
    const alone = said.map((pcm) => hear([pcm], () => true)[0]);
    assert.ok(alone.every((segments) => (segments?.[0]?.words?.length ?? 0) > 0));
    // A word's confidence is a double of all its probabilities.
    for (let round = 0; round < 5; round++)
      assert.deepEqual(
        hear(said, () => random() > -0.2),
        alone,
      );
  });

  test('a damaged file is named', async () => {
    const output = await made('damaged');
    await writeFile(join(output, 'tokens.txt'), 'а 0\n  1\n<blk> 2\n');
    await writeFile(join(output, 'model.int8.onnx'), bytesOf(Float32Array.of(1, 2)));
    await assert.rejects(load(output), { code: 'model_broken', message: /model\.int8\.onnx: / });
  });

  async function made(name: string): Promise<string> {
    const folder = join(root, name);
    await mkdir(folder);
    return folder;
  }
});
