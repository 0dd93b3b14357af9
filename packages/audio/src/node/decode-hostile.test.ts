/** Files made to reach other files, the network, or more memory and time than an upload is worth. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Container, sniff } from '../sniff.js';
import { type DecodeOptions, decodeToPcm16 } from './decode.js';
import { ffmpeg, needsFfmpeg, temporaryFolder, voxError } from './testing/ffmpeg.test.support.js';

const LIMITS = { sampleRate: 16_000, maxSeconds: 60, maxBytes: 2 ** 24, timeoutMs: 30_000 };

function options(input: string, more: Partial<DecodeOptions> = {}): DecodeOptions {
  const { signal } = new AbortController();
  return { ffmpeg, input, output: `${input}.pcm`, ...LIMITS, signal, ...more };
}

/** Runs ffmpeg without any of our limits, to make a file. */
function make(...flags: string[]): void {
  const run = spawnSync(ffmpeg, ['-v', 'error', '-y', ...flags], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
}

const SINE = ['-f', 'lavfi', '-i', 'sine=duration=1'];
/** An ID3 tag that is longer than what is sniffed, so that its bytes alone say mp3. */
const LONG_TAG = `ID3\x04\0\0\0\x02\0\0${'\0'.repeat(32_768)}`;

test('what names other files or addresses is refused, however it is dressed', needsFfmpeg, async (t) => {
  const folder = await temporaryFolder(t);
  const secret = join(folder, 'secret.mp3');
  make(...SINE, secret);
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.mp3`;
  const playlist = (target: string) =>
    `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${target}\n#EXT-X-ENDLIST\n`;
  const texts: Record<string, string> = {
    'a playlist of a file': playlist(`file://${secret}`),
    'a playlist of /etc/passwd': playlist('file:///etc/passwd'),
    'a playlist of an address': playlist(url),
    'a concat list': `ffconcat version 1.0\nfile '${secret}'\n`,
    'a concat list of an address': `ffconcat version 1.0\nfile '${url}'\n`,
    'a session description': `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n`,
    'a DASH manifest': `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet><Representation id="1" bandwidth="1"><BaseURL>${url}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    'an address': url,
  };
  const input = join(folder, 'upload');
  const refused = (container?: Exclude<Container, 'unknown'>) =>
    assert.rejects(
      decodeToPcm16(options(input, container === undefined ? {} : { container })),
      voxError('unsupported_media'),
    );
  for (const [name, text] of Object.entries(texts)) {
    await writeFile(input, text);
    assert.equal(sniff(await readFile(input)), 'unknown', name);
    // Even where nobody sniffed.
    await refused();
    await writeFile(input, `${LONG_TAG}${text}`);
    assert.equal(sniff((await readFile(input)).subarray(0, 16_384)), 'mp3');
    await refused('mp3');
    await writeFile(input, `RIFF\x24\0\0\0WAVE${text}`);
    await refused('wav');
  }
  assert.equal(asked, 0);
});

test('an hour of silence in a small file cost no more than the limit', needsFfmpeg, async (t) => {
  const input = join(await temporaryFolder(t), 'bomb.flac');
  make('-f', 'lavfi', '-i', 'anullsrc=r=8000:cl=mono', '-t', '3600', '-c:a', 'flac', input);
  const packed = (await stat(input)).size;
  assert.ok(packed < 1_000_000, `${packed} bytes`);
  // A second more than allowed comes out, so that the reader sees the limit passed.
  const { bytes } = await decodeToPcm16(options(input, { maxSeconds: 10 }));
  assert.equal(bytes, 11 * 32_000);
  // And never more bytes than allowed, whatever the length.
  await assert.rejects(decodeToPcm16(options(input, { maxBytes: 100_000 })), voxError('too_large'));
  assert.ok((await stat(`${input}.pcm`)).size < 150_000);
});

test('a header that asks for gigabytes gets none', needsFfmpeg, async (t) => {
  const input = join(await temporaryFolder(t), 'a.m4a');
  make(...SINE, '-c:a', 'aac', input);
  const bytes = await readFile(input);
  // The table of sample sizes claims four thousand million entries.
  const table = bytes.indexOf('stsz') + 12;
  assert.ok(table > 12);
  bytes.writeUInt32BE(0xfffffff0, table);
  await writeFile(input, bytes);
  const outcome = await decodeToPcm16(options(input, { container: 'mp4' })).then(
    ({ bytes: written }) => written <= 33 * 2000,
    voxError('unsupported_media'),
  );
  assert.ok(outcome);
});
