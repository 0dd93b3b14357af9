/** Models of a few bytes, for tests of what happens to models in a store. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from './hub.test.support.js';
import type { Store } from './store.js';
import type { Manifest } from './types.js';

let counter = 0;

/** Puts a model of these files into a store, by a commit as a pull makes it. */
export async function put(
  store: Store,
  reference: string,
  files: Record<string, string>,
  changes: Partial<Manifest> = {},
): Promise<Manifest> {
  const incoming = [];
  const listed = [];
  for (const [name, content] of Object.entries(files)) {
    const path = join(store.layout.temporary, `incoming-${counter++}`);
    await writeFile(path, content);
    const digest = `sha256-${sha256(Buffer.from(content))}`;
    incoming.push({ digest, path });
    listed.push({ name, digest, size: Buffer.byteLength(content) });
  }
  const manifest: Manifest = {
    schemaVersion: 1,
    reference,
    kind: 'data',
    family: reference.split(':')[0] ?? '',
    description: '',
    license: { id: 'MIT' },
    languages: [],
    needs: [],
    parameters: {},
    files: listed,
    origin: 'test',
    recipe: 'test',
    companion: false,
    pulledAt: new Date(0).toISOString(),
    ...changes,
  };
  assert.deepEqual(await store.commit(manifest, incoming), []);
  return manifest;
}
