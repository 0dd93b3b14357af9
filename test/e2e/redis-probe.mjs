/** Keeps a session in a Redis as a server does. */
import { randomUUID } from 'node:crypto';
import { RedisStore } from '../../packages/vox/dist/sessions/resumable/redis.js';

/** What a server says that keeps a session there: `kept`, or its error. */
export async function probe(url) {
  const limits = { prefix: 's:', timeoutMs: 60_000, maxSessions: 10, maxBytes: 1_000 };
  const store = await RedisStore.open({ ...limits, url });
  const told = await keep(store).catch(({ code, message }) => ({ code, message, trouble: store.trouble() }));
  await store.close();
  return told;
}

async function keep(store) {
  const id = randomUUID();
  await store.create(id, { model: 'a:1' });
  const { token } = await store.claim(id);
  await store.append(id, { pcm: Buffer.from('abc'), sampleRate: 8_000 }, token);
  const [element] = await store.elements(id, 0);
  return { kept: String(element.pcm) === 'abc' };
}
