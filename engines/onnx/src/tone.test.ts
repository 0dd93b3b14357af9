/** Loading that fails leaves nothing open. The library is a stand-in here: only it can be asked what was given back. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Native, Session, ValueInfo } from './native.js';
import { loadTone } from './tone.js';

/** A library whose models have so many labels, and so many samples in a chunk; and how many sessions are open. */
function standInLibrary(labels: number, samples = 2400) {
  const open = { sessions: 0 };
  class StandInSession implements Session {
    readonly inputMetadata: ValueInfo[] = [
      { name: 'signal', shape: [-1, samples, 1] },
      { name: 'state', shape: [-1, 9] },
    ];
    readonly outputMetadata: ValueInfo[] = [
      { name: 'logprobs', shape: [-1, 10, labels] },
      { name: 'state_next', shape: [-1, 9] },
    ];
    loadModel(): void {
      open.sessions++;
    }
    run(): never {
      throw new Error('not for this test');
    }
    dispose(): void {
      open.sessions--;
    }
  }
  const native = { Session: StandInSession, Tensor: class {} } as unknown as Native;
  return { native, open };
}

test('the model is given back when what comes after it fails, and when it is closed', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'vox-onnx-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, 'tokens.txt'), 'а 0\n  1\n<blk> 2\n');
  const files = { reference: 't:1', family: 'tone-ctc', directory, companions: {}, parameters: {} };
  const load = (native: Native, at = files) => loadTone(native, at, { threads: 1, device: 'cpu' });
  for (const [native, why] of [
    [standInLibrary(35), /35 labels where tokens\.txt has 3/],
    [standInLibrary(3, 1200), /1200 samples/],
  ] as const) {
    await assert.rejects(load(native.native), { code: 'model_broken', message: why });
    assert.equal(native.open.sessions, 0);
  }
  const { native, open } = standInLibrary(3);
  const model = await load(native);
  assert.equal(open.sessions, 1);
  await model.close();
  assert.equal(open.sessions, 0);
});
