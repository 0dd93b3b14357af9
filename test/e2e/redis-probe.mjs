/** `node redis-probe.mjs URL`: keeps a session in a Redis as a server does; JSON of how that went. */
import { randomUUID } from 'node:crypto';
import { RedisStore } from '../../packages/vox/dist/sessions/resumable/redis.js';

const store = await RedisStore.open({
  url: process.argv[2],
  prefix: 's:',
  timeoutMs: 60_000,
  maxSessions: 10,
  maxBytes: 1_000,
});
const told = await keep().catch(({ code, message }) => ({ code, message, trouble: store.trouble() }));
process.stdout.write(JSON.stringify(told));
await store.close();

async function keep() {
  const id = randomUUID();
  await store.create(id, { model: 'a:1' });
  const { token } = await store.claim(id);
  await store.append(id, { pcm: Buffer.from('abc'), sampleRate: 8_000 }, token);
  const [element] = await store.elements(id, 0);
  return { kept: String(element.pcm) === 'abc' };
}
