import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Fetch } from './call.js';
import { VoxClient } from './client.js';
import { VoxClientError } from './errors.js';
import { nodeFetch } from './node.js';

async function start(context: TestContext, listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request) text += String(part);
  return text;
}

async function failure(promise: Promise<unknown>): Promise<VoxClientError> {
  try {
    await promise;
  } catch (error) {
    if (VoxClientError.is(error)) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'it did not fail' });
}

const FETCHES: readonly (readonly [string, Fetch | undefined])[] = [
  ['the global fetch', undefined],
  ['nodeFetch', nodeFetch],
];

for (const [name, fetch] of FETCHES) {
  test(`${name}: methods ask the routes that they should, with the key`, async (context) => {
    const asked: string[] = [];
    const baseUrl = await start(context, async (request, response) => {
      assert.equal(request.headers.authorization, 'Bearer secret');
      assert.equal(request.headers['x-api-key'], undefined);
      asked.push(`${request.method} ${request.url} ${await bodyOf(request)}`.trim());
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ status: 'ok', models: [{ name: 'a:b' }], voices: [{ id: 'v' }], unloaded: ['a:b'] }),
      );
    });
    const client = new VoxClient({ baseUrl: `${baseUrl}//`, apiKey: 'secret', fetch });
    assert.equal((await client.health()).status, 'ok');
    assert.equal((await client.list())[0]?.name, 'a:b');
    await client.show('whisper:base.en');
    await client.show('../etc');
    assert.equal((await client.ps())[0]?.name, 'a:b');
    await client.remove('a:b');
    assert.deepEqual(await client.stop('a:b'), ['a:b']);
    await client.stop();
    await client.search({ text: 'a b', language: 'en' });
    await client.describe('a:b');
    assert.equal((await client.voices('kokoro'))[0]?.id, 'v');
    assert.deepEqual(asked, [
      'GET /v1/health',
      'GET /v1/models',
      'GET /v1/models/whisper%3Abase.en',
      'GET /v1/models/..%2Fetc',
      'GET /v1/models/loaded',
      'DELETE /v1/models/a%3Ab',
      'POST /api/stop {"name":"a:b"}',
      'POST /api/stop {"all":true}',
      'GET /api/search?q=a+b&language=en',
      'GET /api/catalog/a%3Ab',
      'GET /api/voices?model=kokoro',
    ]);
  });

  test(`${name}: a file goes up as multipart, its fields before it`, async (context) => {
    let body = '';
    const baseUrl = await start(context, async (request, response) => {
      assert.match(request.headers['content-type'] ?? '', /^multipart\/form-data; boundary=/);
      body = await bodyOf(request);
      response.end(JSON.stringify({ text: 'hello', duration: 1 }));
    });
    const client = new VoxClient({ baseUrl, fetch });
    const file = new Blob(['RIFF-audio']);
    const transcript = await client.transcribe({
      model: 'm',
      file,
      filename: 'a.wav',
      language: 'en',
      words: true,
    });
    assert.equal(transcript.text, 'hello');
    const names = [...body.matchAll(/form-data; name="([^"]+)"/g)].map((match) => match[1]);
    assert.deepEqual(names, [
      'model',
      'language',
      'response_format',
      'timestamp_granularities[]',
      'timestamp_granularities[]',
      'file',
    ]);
    assert.match(body, /filename="a\.wav"[\s\S]*RIFF-audio/);
    assert.match(body, /name="response_format"\r\n\r\nverbose_json\r\n/);
    const raw = { format: 'f32le', sampleRate: 8000, channels: 2 } as const;
    const text = await client.transcribeAs('srt', { file, raw });
    assert.match(body, /name="input_format"\r\n\r\nf32le\r\n/);
    assert.match(body, /name="sample_rate"\r\n\r\n8000\r\n/);
    assert.match(body, /name="channels"\r\n\r\n2\r\n/);
    assert.match(body, /name="response_format"\r\n\r\nsrt\r\n/);
    assert.match(text, /hello/);
  });

  test(`${name}: diarize names known speakers by their recordings, and words to expect`, async (context) => {
    let body = '';
    const baseUrl = await start(context, async (request, response) => {
      body = await bodyOf(request);
      response.end(JSON.stringify({ text: 'A: hi', duration: 1, segments: [{ speaker: 'A' }] }));
    });
    const recording = new Blob(['voice'.repeat(4000)], { type: 'audio/flac' });
    const answer = await new VoxClient({ baseUrl, fetch }).diarize({
      file: new Blob(['x']),
      by: 'channel',
      keywords: ['Vox', 'Piper'],
      knownSpeakers: [{ name: 'Agent', recording }],
    });
    assert.equal(answer.segments[0]?.speaker, 'A');
    const fields = [...body.matchAll(/name="([^"]+)"\r\n\r\n([^\r]*)\r\n/g)].map(([, key, value]) => [
      key,
      value,
    ]);
    assert.deepEqual(fields, [
      ['model', ''],
      ['response_format', 'diarized_json'],
      ['keywords[]', 'Vox'],
      ['keywords[]', 'Piper'],
      ['diarize_by', 'channel'],
      ['known_speaker_names[]', 'Agent'],
      [
        'known_speaker_references[]',
        `data:audio/flac;base64,${Buffer.from('voice'.repeat(4000)).toString('base64')}`,
      ],
    ]);
  });

  test(`${name}: speech comes as it is made; leaving the loop ends the answer`, async (context) => {
    let closed: Promise<unknown> = Promise.resolve();
    const baseUrl = await start(context, async (request, response) => {
      assert.deepEqual(JSON.parse(await bodyOf(request)), {
        model: 'piper',
        input: 'hi',
        speed: 1.5,
        response_format: 'mp3',
      });
      closed = once(response, 'close');
      response.setHeader('content-type', 'audio/mpeg');
      response.write('first');
    });
    const client = new VoxClient({ baseUrl, fetch });
    const spoken = await client.speak({ model: 'piper', input: 'hi', speed: 1.5, format: 'mp3' });
    assert.equal(spoken.contentType, 'audio/mpeg');
    for await (const bytes of spoken.audio) {
      assert.equal(Buffer.from(bytes).toString(), 'first');
      break;
    }
    await closed;
  });

  test(`${name}: an answer that is cut short is an error, not a short file`, async (context) => {
    const baseUrl = await start(context, (_, response) => {
      response.write('first', () => response.destroy());
    });
    const spoken = await new VoxClient({ baseUrl, fetch }).speak({ input: 'hi' });
    const error = await failure(
      (async () => {
        for await (const _ of spoken.audio);
      })(),
    );
    assert.equal(error.code, 'broken_answer');
    assert.match(error.message, /cut short/);
  });

  test(`${name}: pull gives progress, and its end is success or an error`, async (context) => {
    const answers: Record<string, string[]> = {
      good: ['{"status":"pulling', ' good"}\n{"status":"success"}\n'],
      bad: ['{"status":"pulling bad"}\n{"status":"error","error":"wrong hash"}\n'],
      short: ['{"status":"pulling short"}\n'],
    };
    const baseUrl = await start(context, async (request, response) => {
      const { name: model } = JSON.parse(await bodyOf(request)) as { name: string };
      for (const part of answers[model] ?? []) response.write(part);
      response.end();
    });
    const client = new VoxClient({ baseUrl, fetch });
    const pull = async (model: string) => {
      const statuses: string[] = [];
      for await (const event of client.pull(model)) statuses.push(event.status);
      return statuses;
    };
    assert.deepEqual(await pull('good'), ['pulling good', 'success']);
    const bad = await failure(pull('bad'));
    assert.deepEqual([bad.code, bad.message], ['pull_failed', 'wrong hash']);
    assert.equal((await failure(pull('short'))).code, 'broken_answer');
  });

  test(`${name}: errors carry what the server said`, async (context) => {
    const answers: Record<string, [number, Record<string, string>, string]> = {
      '/v1/health': [429, { 'retry-after': '7' }, '{"detail":"queue is full"}'],
      '/v1/models': [
        400,
        {},
        '{"error":{"message":"speed is 9: 0.5 to 2 is allowed","type":"x","param":"speed","code":"invalid_request"}}',
      ],
      '/v1/models/loaded': [422, {}, '{"detail":[{"type":"t","loc":["body","name"],"msg":"required"}]}'],
      '/v1/models/x': [502, {}, '<html>bad gateway</html>'],
      '/api/voices': [200, {}, '<html>'],
    };
    const baseUrl = await start(context, (request, response) => {
      const [status, headers, body] = answers[request.url ?? ''] ?? [500, {}, ''];
      response.writeHead(status, headers).end(body);
    });
    const client = new VoxClient({ baseUrl, fetch });
    const full = await failure(client.health());
    assert.deepEqual(
      [full.status, full.code, full.retryAfter, full.message],
      [429, 'overloaded', 7, 'queue is full'],
    );
    const field = await failure(client.list());
    assert.deepEqual([field.code, field.param], ['invalid_request', 'speed']);
    assert.equal((await failure(client.ps())).message, 'body.name: required');
    const gateway = await failure(client.show('x'));
    assert.deepEqual([gateway.status, gateway.code], [502, 'source_failed']);
    assert.match(gateway.message, /GET .*\/v1\/models\/x was answered 502/);
    assert.equal((await failure(client.voices())).code, 'broken_answer');
  });

  test(`${name}: no server says how to start one`, async (context) => {
    const baseUrl = await start(context, () => undefined);
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const port = (gone.address() as AddressInfo).port;
    await new Promise((resolve) => gone.close(resolve));
    assert.ok(baseUrl);
    const error = await failure(new VoxClient({ baseUrl: `http://127.0.0.1:${port}`, fetch }).list());
    assert.deepEqual([error.status, error.code], [0, 'unreachable']);
    assert.match(
      error.message,
      /cannot connect to Vox server at http.*ECONNREFUSED.*\nStart the server with: vox serve/,
    );
  });

  test(`${name}: a signal ends a call that waits, with its own reason`, async (context) => {
    const baseUrl = await start(context, () => undefined);
    const stop = new AbortController();
    const reason = new Error('enough');
    const call = new VoxClient({ baseUrl, fetch }).transcribe(
      { file: new Blob(['x']) },
      { signal: stop.signal },
    );
    stop.abort(reason);
    await assert.rejects(call, (error) => error === reason);
  });

  test(`${name}: a signal ends an answer that comes in`, async (context) => {
    const baseUrl = await start(context, (_, response) => void response.write('first'));
    const stop = new AbortController();
    const reason = new Error('enough');
    const { audio } = await new VoxClient({ baseUrl, fetch }).speak({ input: 'x' }, { signal: stop.signal });
    await assert.rejects(
      async () => {
        for await (const _ of audio) stop.abort(reason);
      },
      (error) => error === reason,
    );
  });
}

test('nodeFetch takes an answer that comes before the upload has ended', async (context) => {
  let closed: Promise<unknown> = Promise.resolve();
  const baseUrl = await start(context, (request, response) => {
    closed = once(request.socket, 'close');
    request.once('data', () => {
      request.pause();
      response.writeHead(413).end('{"detail":"over the limit"}');
    });
  });
  const file = new Blob([new Uint8Array(64 * 1024 * 1024)]);
  const error = await failure(new VoxClient({ baseUrl, fetch: nodeFetch }).transcribe({ file }));
  assert.deepEqual([error.status, error.code, error.message], [413, 'too_large', 'over the limit']);
  // The server reads no more: only the client can end this.
  await closed;
});
