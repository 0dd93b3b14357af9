/** A voice whose manifest says nothing of itself, as those used as published: it is asked when it is first needed. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { replayHome } from './replay-home.mjs';
import { jsonBody, startServer } from './server.mjs';

it('voices of a model are known before it ever spoke, and a wrong one is refused', async () => {
  const { home, remove } = replayHome({ 'replay:tts': { kind: 'tts', written: false } });
  const server = await startServer({ home });
  try {
    const { voices } = await (await fetch(`${server.url}/v1/audio/voices?model=replay:tts`)).json();
    assert.ok(voices.length > 0);
    const { models } = await (await fetch(`${server.url}/v1/models/loaded`)).json();
    assert.deepEqual(
      models.map(({ name, ref_count: leases }) => [name, leases]),
      [['replay', 0]],
    );
    const request = jsonBody({ model: 'replay:tts', input: 'x', voice: 'nobody' });
    const answer = await fetch(`${server.url}/v1/audio/speech`, request);
    assert.equal(answer.status, 400);
    assert.match((await answer.json()).detail, /nobody/);
  } finally {
    await server.stop();
    remove();
  }
});
