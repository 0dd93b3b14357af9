/** Bad input gets a clear error that names the field and the fix; the server stays as it was. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { replayHome, tone } from './replay-home.mjs';
import { jsonBody, startServer, upload } from './server.mjs';

describe('bad input', () => {
  let server;
  let fixture;
  before(async () => {
    fixture = replayHome({
      'ears:1': { kind: 'stt', text: 'hello there' },
      'mouth:1': { kind: 'tts' },
    });
    server = await startServer({
      home: fixture.home,
      args: ['--max-upload', '200000', '--max-duration', '5s'],
    });
  });
  after(async () => {
    await server?.stop();
    fixture?.remove();
  });

  const speech = (fields) =>
    fetch(`${server.url}/v1/audio/speech`, jsonBody({ model: 'mouth:1', input: 'Hi.', ...fields }));
  const listen = (fields, bytes = tone(1)) => upload(server.url, bytes, { model: 'ears:1', ...fields });
  const expectError = async (response, status, pattern, param) => {
    const body = await response.json();
    assert.equal(response.status, status, JSON.stringify(body));
    assert.match(body.error.message, pattern);
    assert.equal(body.detail, body.error.message);
    if (param) assert.equal(body.error.param, param);
  };
  const uploads = () => readdirSync(join(fixture.home, 'tmp/uploads', String(server.pid)));

  it('an unknown model, a wrong kind, one that is not pulled', async () => {
    await expectError(await listen({ model: 'wisper:tiny.en' }), 404, /wisper:tiny\.en/, 'model');
    await expectError(await listen({ model: 'mouth:1' }), 400, /not an STT model/, 'model');
    await expectError(await speech({ model: 'ears:1' }), 400, /not a TTS model/, 'model');
    await expectError(await listen({ model: 'whisper:tiny.en' }), 404, /vox pull whisper:tiny\.en/, 'model');
  });

  it('an empty, a truncated and a non-audio upload', async () => {
    await expectError(await listen({}, Buffer.alloc(0)), 400, /empty|No audio/i, 'file');
    await expectError(await listen({}, tone(1).subarray(0, 30)), 415, /./);
    await expectError(await listen({}, tone(1).subarray(0, 44)), 400, /./);
    await expectError(
      await listen({}, Buffer.from('<html><body>not audio</body></html>'.repeat(50))),
      415,
      /not audio/,
      'file',
    );
    await expectError(await upload(server.url, undefined, { model: 'ears:1' }), 400, /file/, 'file');
  });

  it('an upload over the size limit and audio over the time limit', async () => {
    await expectError(await listen({}, tone(12)), 413, /limit|at most|large/i);
    await expectError(await listen({}, tone(5.9)), 413, /second|long/i);
    assert.deepEqual(uploads(), []);
  });

  it('fields with values that are not allowed', async () => {
    await expectError(await listen({ response_format: 'docx' }), 400, /json.*srt/s, 'response_format');
    await expectError(await listen({ language: 'klingon' }), 400, /language/, 'language');
    await expectError(await listen({ 'timestamp_granularities[]': 'word' }), 400, /verbose_json/);
    await expectError(await speech({ response_format: 'midi' }), 400, /wav/, 'response_format');
    await expectError(await speech({ voice: 'nobody' }), 400, /nobody/, 'voice');
    await expectError(await speech({ speed: 9 }), 400, /0\.25 to 4/, 'speed');
    await expectError(await speech({ input: '  ' }), 400, /input/, 'input');
    await expectError(await speech({ input: 7 }), 400, /input/, 'input');
  });

  it('names that climb out of the store', async () => {
    const secret = join(fixture.home, 'secret.json');
    writeFileSync(secret, '{"layers":[],"config":{}}');
    for (const name of [
      '..%2f..%2fsecret:json',
      '%2e%2e',
      '..',
      '%2Fetc%2Fpasswd',
      'a%00b',
      '..%5c..%5csecret',
      'models/../../secret',
    ]) {
      for (const method of ['GET', 'DELETE']) {
        const response = await fetch(`${server.url}/v1/models/${name}`, { method });
        assert.ok([400, 404, 405].includes(response.status), `${method} ${name}: ${response.status}`);
      }
    }
    for (const name of ['../../secret:json', '/etc/passwd', '..:..', 'a/../b:c']) {
      const shown = await fetch(`${server.url}/api/show`, jsonBody({ name }));
      assert.equal(shown.status, 400, name);
      const deleted = await fetch(`${server.url}/api/delete`, { ...jsonBody({ name }), method: 'DELETE' });
      assert.equal(deleted.status, 400, name);
    }
    assert.ok(existsSync(secret));
  });

  it('a header of 10 MB and a million fields', async () => {
    assert.match(
      await raw(server.url, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(10_000_000)}\r\n\r\n`),
      /^HTTP\/1\.1 400 /,
    );
    const boundary = 'b';
    const field = `--${boundary}\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n`;
    const response = await fetch(`${server.url}/v1/audio/transcriptions`, {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: field.repeat(100_000),
    }).catch(() => ({ status: 400 }));
    assert.ok([400, 413].includes(response.status), String(response.status));
  });

  it('a Host and an Origin of somebody else', async () => {
    assert.match(
      await raw(server.url, 'GET /v1/models HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'),
      /^HTTP\/1\.1 403 /,
    );
    const response = await fetch(`${server.url}/v1/models`, { headers: { origin: 'https://evil.example' } });
    assert.equal(response.status, 403);
  });

  it('leaves nothing behind, and goes on serving', async () => {
    assert.deepEqual(uploads(), []);
    const { text } = await (await listen({})).json();
    assert.equal(text, 'hello there');
    assert.equal((await speech({ response_format: 'wav' })).status, 200);
  });
});

/** Sends bytes as they are; resolves with what came back when the server closes or falls silent. */
function raw(url, bytes) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setTimeout(2000, () => socket.destroy());
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}
