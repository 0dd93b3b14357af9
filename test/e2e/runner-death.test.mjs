/** A runner that dies costs its own requests, never the server. Scripted engine, real processes. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { replayHome, tone } from './replay-home.mjs';
import { jsonBody, startServer, upload } from './server.mjs';
import { until } from './waiting.mjs';

describe('runners', () => {
  let server;
  let fixture;
  before(async () => {
    fixture = replayHome({
      'ears:1': { kind: 'stt', text: 'hello', delayMs: 1_000 },
      'mouth:1': { kind: 'tts', crashOn: 'Boom.', lastWords: 'out of cheese' },
      'mouth:slow': { kind: 'tts', delayMs: 60_000 },
    });
    server = await startServer({ home: fixture.home, args: ['--max-queue', '3'] });
  });
  after(async () => {
    await server?.stop();
    fixture?.remove();
  });

  const ps = async () => (await (await fetch(`${server.url}/api/ps`)).json()).models;
  const listen = (options) => upload(server.url, tone(1), { model: 'ears:1' }, options);
  const say = (model, input, extra = {}) =>
    fetch(`${server.url}/v1/audio/speech`, { ...jsonBody({ model, input }), ...extra });

  it('killed under load: only its requests fail, with the reason, and the next is answered', async () => {
    assert.equal((await listen()).status, 200);
    const requests = [1, 2, 3, 4].map(() => listen());
    const ears = async () => (await ps()).find((m) => m.name === 'ears');
    await until('all four', async () => (await ears()).ref_count === 4);
    process.kill((await ears()).pid, 'SIGKILL');
    for (const request of requests) {
      const response = await request;
      const { error } = await response.json();
      assert.equal(response.status, 500);
      assert.equal(error.code, 'runner_crashed');
      assert.match(error.message, /SIGKILL/);
    }
    assert.equal((await listen()).status, 200);
  });

  it('says the last words of a runner that crashed, then backs off when it keeps crashing', async () => {
    const first = await say('mouth:1', 'Boom.');
    assert.equal(first.status, 500);
    assert.match((await first.json()).error.message, /out of cheese/);
    await say('mouth:1', 'Boom.');
    const third = await say('mouth:1', 'Fine.');
    assert.equal(third.status, 503);
    assert.ok(Number(third.headers.get('retry-after')) >= 1);
  });

  it('frees the lease at once when the client goes away', async () => {
    const gone = new AbortController();
    const request = say('mouth:slow', 'Hello.', { signal: gone.signal }).catch(() => {});
    await until(
      'its lease',
      async () => (await ps()).some((m) => m.tag === 'slow' && m.ref_count === 1),
      3000,
    );
    gone.abort();
    await request;
    await until(
      'no lease',
      async () => (await ps()).some((m) => m.tag === 'slow' && m.ref_count === 0),
      1000,
    );
  });

  it('removes the upload of a client that goes away while sending', async () => {
    const sending = request(`${server.url}/v1/audio/transcriptions`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
    }).on('error', () => {});
    sending.write('--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n');
    sending.write(Buffer.alloc(65_536));
    const uploads = () => readdirSync(join(fixture.home, 'tmp/uploads', String(server.pid))).length;
    await until('the upload', () => uploads() === 1, 3000);
    sending.destroy();
    await until('no upload', () => uploads() === 0, 1000);
  });

  it('queues up to the limit, then answers 429 with Retry-After', async () => {
    // Four run at once (what the engine says it gains from), three wait.
    const statuses = await Promise.all(
      Array.from({ length: 9 }, async () => {
        const response = await listen();
        await response.arrayBuffer();
        return { status: response.status, retry: response.headers.get('retry-after') };
      }),
    );
    assert.equal(statuses.filter((s) => s.status === 200).length, 7);
    for (const refused of statuses.filter((s) => s.status !== 200)) {
      assert.equal(refused.status, 429);
      assert.ok(Number(refused.retry) >= 1);
    }
  });

  it('unloads when told, and when the keep-alive is over', async () => {
    await listen();
    assert.ok((await ps()).some((m) => m.name === 'ears'));
    const stopped = await fetch(`${server.url}/api/stop`, jsonBody({ name: 'ears:1' }));
    assert.equal(stopped.status, 200);
    assert.ok(!(await ps()).some((m) => m.name === 'ears'));
    await upload(server.url, tone(1), { model: 'ears:1', keep_alive: '0' });
    await until('no runner', async () => !(await ps()).some((m) => m.name === 'ears'), 2000);
  });
});
