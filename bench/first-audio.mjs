/**
 * A text to its first sound, by every way that speech leaves the server: chunked HTTP, server-sent events, Vox's WebSocket,
 * gRPC and Wyoming take turns on one voice. Connections are open before the clock starts; the first sound is the first sample,
 * not a header. Wanted: the slowest way at most 30 ms behind the fastest.
 */
import { WebSocket } from 'ws';
import { grpcClient } from './lib/grpc.mjs';
import { freePort } from './lib/procs.mjs';
import { options, report, target } from './lib/report.mjs';
import { alternate, median } from './lib/stats.mjs';
import { pull, serve } from './lib/vox.mjs';
import { wyoming } from './lib/wyoming.mjs';

const MODEL = 'piper:en-us-joe-medium';
const TEXT = 'The birch canoe slid on the planks. Glue the sheet to the wall.';
const WAV_HEADER = 44;
const flags = options({ runs: 15 });

pull(MODEL);
const ports = { grpc: await freePort(), wyoming: await freePort() };
const vox = await serve([
  ...['--grpc-port', String(ports.grpc), '--wyoming', String(ports.wyoming)],
  ...['--tts-model', MODEL],
]);
const grpc = grpcClient(ports.grpc);

function post(fields) {
  const body = JSON.stringify({
    model: MODEL,
    input: TEXT,
    voice: 'default',
    response_format: 'wav',
    ...fields,
  });
  return fetch(`${vox.base}/v1/audio/speech`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
}

async function overHttp() {
  const since = performance.now();
  let bytes = 0;
  let first;
  for await (const chunk of (await post({ stream: true })).body) {
    bytes += chunk.length;
    if (bytes > WAV_HEADER) first ??= performance.now() - since;
  }
  return first;
}

async function overEvents() {
  const since = performance.now();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  let first;
  for await (const chunk of (await post({ stream_format: 'sse' })).body) {
    text += decoder.decode(chunk, { stream: true });
    const events = text.split('\n\n');
    text = events.pop();
    for (const event of events) {
      const { type, audio } = event.includes('[DONE]') ? {} : JSON.parse(event.slice(event.indexOf('{')));
      if (type === 'speech.audio.delta') bytes += Buffer.from(audio, 'base64').length;
      if (bytes > WAV_HEADER) first ??= performance.now() - since;
    }
  }
  return first;
}

async function overWebSocket() {
  const socket = new WebSocket(`${vox.base.replace('http', 'ws')}/v1/audio/speech/stream`);
  let since;
  let first;
  socket.on('open', () => socket.send(JSON.stringify({ type: 'config', model: MODEL })));
  socket.on('message', (data, isBinary) => {
    if (isBinary) first ??= performance.now() - since;
    else if (JSON.parse(String(data)).type === 'ready') {
      since = performance.now();
      socket.send(JSON.stringify({ type: 'text', text: TEXT }));
      socket.send(JSON.stringify({ type: 'end' }));
    }
  });
  await new Promise((resolve, reject) => socket.once('close', resolve).once('error', reject));
  return first;
}

async function overGrpc() {
  const since = performance.now();
  let first;
  for await (const { audio } of grpc.stream('SynthesisService', 'Synthesize', { model: MODEL, input: TEXT }))
    if (audio.length > 0) first ??= performance.now() - since;
  return first;
}

const wyomingClient = await wyoming(ports.wyoming);

async function overWyoming() {
  const since = performance.now();
  wyomingClient.send('synthesize', { text: TEXT });
  let first;
  for (;;) {
    const { type, at } = await wyomingClient.next();
    if (type === 'audio-chunk') first ??= at - since;
    if (type === 'audio-stop') return first;
  }
}

const ways = Object.entries({
  'chunked HTTP': overHttp,
  'server-sent events': overEvents,
  'Vox WebSocket': overWebSocket,
  gRPC: overGrpc,
  Wyoming: overWyoming,
});
const times = Object.fromEntries(ways.map(([way]) => [way, []]));
// Each round begins with another way: what stands behind a pause, or behind a slow one, is not always the same.
for (let round = 0; round < flags.runs; round++) {
  const order = ways.map((_, i) => ways[(i + round) % ways.length]);
  const got = await alternate(Object.fromEntries(order), 1, round === 0 ? 3 : 0);
  for (const [way] of ways) times[way].push(...got[way]);
}
wyomingClient.close();
grpc.close();
await vox.stop();

const medians = Object.entries(times).map(([way, values]) => [way, median(values)]);
const fastest = Math.min(...medians.map(([, ms]) => ms));
const slowest = Math.max(...medians.map(([, ms]) => ms));
report(
  'A text to its first sound',
  Object.fromEntries([
    ...medians.map(([way, ms]) => [`${way}, median`, [ms, 'ms']]),
    ...medians.map(([way, ms]) => [`${way}, more than chunked HTTP`, [ms - medians[0][1], 'ms']]),
  ]),
  [target('slowest behind fastest, ms', slowest - fastest, '<=', 30)],
  flags,
);
