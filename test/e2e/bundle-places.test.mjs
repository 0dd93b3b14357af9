/** What may be bundled: nothing that would look for its files beside the bundle. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { misplaced, withOwnPlace } from '../../tools/bundle-places.mjs';

test('a library that asks where it lies fails the build, ours is told', () => {
  const worker = "new Worker(new URL('./worker.js', import.meta.url));";
  const own = 'packages/vox/dist/host/thread.js';
  assert.equal(misplaced(own, worker), undefined);
  assert.equal(misplaced(own, "import.meta.resolve('@vox-speech/engine-sherpa')"), undefined);
  assert.equal(
    withOwnPlace(worker, `/x/${own}`, '/x/packages/vox/dist/bundle'),
    'new Worker(new URL(\'./worker.js\', new URL("../host/thread.js", import.meta.url).href));',
  );
  assert.match(misplaced(own, 'join(import.meta.dirname, "x")'), /thread\.js asks for import\.meta\.dirname/);
  for (const path of [
    'node_modules/threads/index.mjs',
    'engines/sherpa/dist/index.js',
    'packages/x/src/a.js',
  ])
    assert.match(misplaced(path, worker), /asks for import\.meta\.url.*LATER/, path);
  assert.equal(misplaced('node_modules/threads/index.mjs', 'export const meta = 1;'), undefined);
});
