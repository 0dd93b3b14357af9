/** Uploads that would take more time, memory or files than they may: refused within the limits, and nothing is left. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { replayHome, tone } from './replay-home.mjs';
import { startServer, upload } from './server.mjs';
import { until } from './waiting.mjs';

const ffmpeg = process.env.VOX_TEST_FFMPEG;

describe('limits of the media step', { skip: ffmpeg ? false : 'no ffmpeg (VOX_TEST_FFMPEG)' }, () => {
  let fixture;
  let folder;
  const servers = [];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vox-media-'));
    fixture = replayHome({ 'ears:1': { kind: 'stt', text: 'hello there' } });
  });
  after(async () => {
    for (const server of servers) await server.stop();
    fixture?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(program, ...args) {
    const server = await startServer({ home: fixture.home, env: { VOX_FFMPEG: program }, args });
    servers.push(server);
    return server;
  }
  const uploads = (server) => readdirSync(join(fixture.home, 'tmp/uploads', String(server.pid)));
  const listen = (server, bytes, options) => upload(server.url, bytes, { model: 'ears:1' }, options);
  /** A stand-in that takes for ever, as no real file made ffmpeg do; it notes its process id. */
  function slowStandIn() {
    const path = join(folder, 'slow-stand-in-for-ffmpeg');
    writeFileSync(path, `#!/bin/sh\necho $$ >> "${folder}/pids"\nexec sleep 600\n`);
    chmodSync(path, 0o755);
    writeFileSync(join(folder, 'pids'), '');
    return path;
  }
  const pids = () =>
    readFileSync(join(folder, 'pids'), 'utf8').trim().split('\n').filter(Boolean).map(Number);
  const runs = (pid) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it('an hour of silence in a megabyte', async () => {
    const server = await start(ffmpeg, '--max-duration', '60s');
    const path = join(folder, 'bomb.flac');
    const silence = ['-f', 'lavfi', '-i', 'anullsrc=r=8000:cl=mono', '-t', '3600'];
    await promisify(execFile)(ffmpeg, ['-v', 'error', ...silence, path]);
    const response = await listen(server, readFileSync(path));
    const { error } = await response.json();
    assert.equal(response.status, 413, error.message);
    assert.match(error.message, /longer than the limit of 60 seconds/);
    const raw = { model: 'ears:1', input_format: 'pcm16', sample_rate: 1000 };
    assert.equal((await upload(server.url, Buffer.alloc(200_000), raw)).status, 413);
    assert.deepEqual(uploads(server), []);
  });

  it('an upload that never ends', async () => {
    const server = await start(ffmpeg, '--max-upload', '1Mi');
    const boundary = 'b';
    const request = httpRequest(`${server.url}/v1/audio/transcriptions`, {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    });
    request.on('error', () => {});
    request.write(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nOggS`);
    let ended = false;
    const pump = () => {
      while (!ended && request.write(Buffer.alloc(65_536)));
    };
    request.on('drain', pump);
    pump();
    const [response] = await once(request, 'response');
    ended = true;
    assert.equal(response.statusCode, 413);
    request.destroy();
    await until('no upload', () => uploads(server).length === 0);
  });

  it('a decoder that does not come to an end', async () => {
    const server = await start(slowStandIn(), '--max-decode', '500ms');
    const response = await listen(server, Buffer.from('fLaC\0\0\0\x22'));
    const { error } = await response.json();
    assert.equal(response.status, 504, error.message);
    assert.match(error.message, /500 ms/);
    assert.deepEqual(pids().map(runs), [false]);
    assert.deepEqual(uploads(server), []);
  });

  it('a client that goes takes its decoder along; more files than places wait, and then are refused', async () => {
    const server = await start(slowStandIn(), '--threads', '1', '--max-queue', '1');
    const clients = new AbortController();
    const ask = () => {
      const answer = listen(server, Buffer.from('fLaC\0\0\0\x22'), { signal: clients.signal });
      answer.catch(() => {});
      return answer;
    };
    // A thread has two places.
    const decoded = [ask(), ask()];
    await until('two programs', () => pids().length === 2);
    // Of two more one may wait, and only the other is answered.
    const refused = await Promise.race([...decoded, ask(), ask()]);
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    // A WAV needs no decoder, so it need not wait for one.
    assert.equal((await listen(server, tone(1))).status, 200);
    assert.equal(pids().filter(runs).length, 2);
    clients.abort();
    await until('none', () => !pids().some(runs) && uploads(server).length === 0);
  });

  it('files that name other files or addresses', async () => {
    let asked = 0;
    const other = createServer((_, response) => {
      asked += 1;
      response.end();
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const url = `http://127.0.0.1:${other.address().port}/a.mp3`;
    const server = await start(ffmpeg);
    const texts = [
      `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n`,
      `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${url}\n#EXT-X-ENDLIST\n`,
      `ffconcat version 1.0\nfile '/etc/passwd'\n`,
      `ffconcat version 1.0\nfile '${url}'\n`,
      `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n`,
      url,
      'file:///etc/passwd',
    ];
    for (const text of texts)
      for (const head of ['', 'RIFF\x24\0\0\0WAVE', `ID3\x04\0\0\0\x02\0\0${'\0'.repeat(70_000)}`]) {
        const response = await listen(server, Buffer.from(head + text, 'latin1'), { name: 'list.m3u8' });
        const body = await response.text();
        assert.equal(response.status, 415, `${text}: ${body}`);
        assert.doesNotMatch(body, /root:/);
      }
    other.close();
    assert.equal(asked, 0);
    assert.deepEqual(uploads(server), []);
  });
});
