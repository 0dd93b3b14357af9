/** Voices run on the ONNX Runtime that was pulled with them, not on the older one inside sherpa-onnx. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { it } from 'node:test';
import { NO_MODELS, speak, startServer } from './server.mjs';

const OTHER_MACHINE = process.platform === 'linux' ? false : 'only Linux takes the newer library';

it('a voice is spoken by the runtime that came with it', { skip: NO_MODELS || OTHER_MACHINE }, async () => {
  const server = await startServer();
  try {
    await speak(server.url, 'One.');
    const { models } = await (await fetch(`${server.url}/v1/models/loaded`)).json();
    const { pid } = models.find(({ name }) => name === 'piper');
    const maps = await readFile(`/proc/${pid}/maps`, 'utf8');
    const libraries = [...new Set(maps.match(/\S+libonnxruntime\.so\S*/g))];
    assert.equal(libraries.length, 1, libraries.join());
    assert.match(libraries[0], /onnxruntime\/1\.31\/libonnxruntime\.so$/);
  } finally {
    await server.stop();
  }
});
