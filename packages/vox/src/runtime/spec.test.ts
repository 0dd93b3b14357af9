import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../models/index.js';
import type { Manifest } from '../models/types.js';
import { modelSpec, type SpecSettings } from './spec.js';

const SETTINGS: SpecSettings = {
  threads: 1,
  device: 'cpu',
  remote: { upstreams: [], stallMs: 1_000 } as unknown as SpecSettings['remote'],
  engineModule: async (name) => name,
};
/** A stand-in for a store: it has the files that are asked for. */
const STORE = {
  files: async () => ({ reference: 'a:1', companions: {} }),
  get: async () => undefined,
} as unknown as Store;

test('a file that is read in pieces takes no memory', async () => {
  const bytesOf = async (parameters: Manifest['parameters']): Promise<number> => {
    const files = [
      { name: 'model.onnx', size: 1_000 },
      { name: 'kenlm.bin', size: 5_000_000_000 },
    ];
    const manifest = { reference: 'a:1', kind: 'stt', engine: 'onnx', needs: [], files, parameters };
    return (await modelSpec(STORE, manifest as unknown as Manifest, SETTINGS)).estimateBytes;
  };
  assert.equal((await bytesOf({})) - (await bytesOf({ paged: 'kenlm.bin' })), 5_000_000_000);
});
