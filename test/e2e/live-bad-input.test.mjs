/** What hostile and careless clients send to live streams of a real server: it says what is wrong, and lives on. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { chances } from '../../tools/chances.mjs';
import { NO_MODELS, startServer } from './server.mjs';
import { openStream } from './stream-client.mjs';
import { leases, until } from './waiting.mjs';

const STT = '/v1/stt/ws?call_id=bad&sample_rate=16000&model=whisper:tiny.en';
const LISTENING = ['/v1/audio/stream', '/v1/audio/transcriptions/stream'];
const CONFIG = { type: 'config', model: 'whisper:tiny.en' };
const FRAME = Buffer.alloc(640);
const SOCKETS = 1_000;
/** At once; the rest follows as these go. */
const AT_ONCE = 50;

describe('bad input on live streams', { skip: NO_MODELS }, () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  const figure = async (name) => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return Number(line?.split(' ')[1]);
  };
  const nothingIsLeft = async () => {
    const left = async () => [
      await figure('vox_live_streams'),
      await figure('stt_active_connections'),
      await leases(server.url),
    ];
    await until('no stream, connection or lease is left', async () => (await left()).every((n) => n === 0));
  };

  it('10 000 frames in one burst: the oldest go, then the connection does', async () => {
    const stream = await openStream(server.url, STT);
    await stream.get('ready');
    for (let i = 0; i < 10_000; i++) stream.ws.send(FRAME);
    assert.deepEqual(await stream.closed, { code: 1008, reason: 'audio queue overflow' });
    assert.equal(stream.told.at(-1).type, 'error');
    await nothingIsLeft();
  });

  it('a message of 16 MiB, JSON of 10 MB: 1009', async () => {
    const large = [Buffer.alloc(16 * 2 ** 20), `{"type":"commit","x":"${'x'.repeat(1e7)}"}`];
    for (const path of [STT, ...LISTENING, '/v1/audio/speech/stream'])
      for (const message of large) {
        const stream = await openStream(server.url, path);
        stream.ws.send(message, () => {});
        assert.equal((await stream.closed).code, 1009, path);
      }
    await nothingIsLeft();
  });

  it(`${SOCKETS} sockets, dropped at random moments: nothing of them is left`, {
    timeout: 60_000,
  }, async () => {
    const chance = chances(5);
    const paths = [STT, ...LISTENING, '/v1/audio/speech/stream'];
    /** Opens one, does this and that, and is gone; the moment may be before it is open. */
    const visit = () =>
      new Promise((resolve) => {
        const path = paths[Math.floor(chance() * paths.length)];
        const ws = new WebSocket(server.url.replace('http', 'ws') + path);
        ws.on('error', () => {});
        ws.on('close', resolve);
        ws.on('open', () => {
          const steps = [
            () => path !== STT && ws.send(JSON.stringify({ ...CONFIG, model: '' })),
            () => ws.send(FRAME.subarray(0, Math.floor(chance() * 640))),
            () => ws.send(chance() < 0.5 ? '{"type":"commit"}' : '{"type":"end"}'),
            () => ws.send('{"type":"text","text":"Nobody will hear this."}'),
            () => chance() < 0.2 && ws.send('{'),
          ];
          for (const step of steps) if (ws.readyState === WebSocket.OPEN && chance() < 0.6) step();
        });
        setTimeout(() => (chance() < 0.7 ? ws.terminate() : ws.close()), chance() * 60);
      });
    let left = SOCKETS;
    const visitor = async () => {
      while (left-- > 0) await visit();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, visitor));
    await nothingIsLeft();
    // And it still listens.
    const stream = await openStream(server.url, STT);
    await stream.get('ready');
    stream.send({ type: 'commit' });
    assert.equal((await stream.get('final')).text, '');
    stream.ws.close();
    const problems = server.lines.filter((line) => /"level":(50|60)/.test(line));
    assert.deepEqual(problems, []);
  });
});
