/** What a scraper of the original STT server reads, by its own metrics library: it misses nothing of ours. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { replayHome } from '../e2e/replay-home.mjs';
import { startServer } from '../e2e/server.mjs';
import { openStream } from '../e2e/stream-client.mjs';
import { tryPrograms } from './environment.mjs';

const run = promisify(execFile);
const SCRIPT = join(dirname(fileURLToPath(import.meta.url)), 'prometheus_checks.py');
const PATH = '/v1/stt/ws?call_id=scraped&sample_rate=16000&vad=energy';

test("every series of the original's client library, with its type, and when it began to count", async (t) => {
  const { bin, reason } = tryPrograms('prometheus');
  if (reason) return t.skip(reason);
  const place = replayHome({ 'mock:said': { kind: 'stt', text: 'All is well.' } });
  const server = await startServer({ home: place.home });
  t.after(() => server.stop().finally(place.remove));
  const stream = await openStream(server.url, PATH);
  await stream.get('ready');
  stream.ws.send(Buffer.alloc(640));
  stream.send({ type: 'commit' });
  await stream.get('final');
  stream.ws.close(1000);
  await stream.closed;
  const wrong = await openStream(server.url, '/v1/stt/ws?call_id=scraped');
  await wrong.closed;
  let text = '';
  // The server sees the end of a connection a moment after the client.
  for (let i = 0; i < 100 && !/stt_close_total\{code="1000"\} 1/.test(text); i++)
    text = await (await fetch(`${server.url}/metrics`)).text();
  const reading = run(join(bin, 'python'), [SCRIPT]);
  reading.child.stdin.end(text);
  const { wanted, missing, created, wrong: times } = JSON.parse((await reading).stdout);
  assert.ok(wanted > 40, String(wanted));
  assert.deepEqual(missing, []);
  assert.ok(created >= 12, String(created));
  assert.deepEqual(times, []);
});
