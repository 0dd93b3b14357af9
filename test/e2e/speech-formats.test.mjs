/** Six formats on every speech route, streamed and whole: one valid stream each, and the same length as the WAV. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { sniff } from '../../packages/audio/dist/index.js';
import { replayHome } from './replay-home.mjs';
import { jsonBody, startServer, VOX } from './server.mjs';
import { until } from './waiting.mjs';

const run = promisify(execFile);
const ffmpeg = process.env.VOX_TEST_FFMPEG;
/** Several sentences, so that several pieces are made. */
const TEXT = 'This is the first of them. Here comes the second one! And is this the third?';

/** Format -> Content-Type, what the bytes are, and what stands at the start of a stream and nowhere else in it. */
const FORMATS = {
  wav: { type: 'audio/wav', container: 'wav', once: 'RIFF' },
  pcm: { type: 'audio/L16; rate=22050; channels=1', container: 'unknown' },
  mp3: { type: 'audio/mpeg', container: 'mp3' },
  opus: { type: 'audio/ogg', container: 'ogg-opus', once: 'OpusHead' },
  aac: { type: 'audio/aac', container: 'aac' },
  flac: { type: 'audio/flac', container: 'flac', once: 'fLaC' },
};
/** Seconds that an encoder adds before and after: two frames and its delay. */
const PADDING = { mp3: 0.11, opus: 0.03, aac: 0.15 };

describe('speech in six formats', { skip: ffmpeg ? false : 'no ffmpeg (VOX_TEST_FFMPEG)' }, () => {
  let fixture;
  let server;
  let folder;
  let seconds;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vox-speech-'));
    fixture = replayHome({ 'mouth:1': { kind: 'tts' } });
    server = await startServer({ home: fixture.home, env: { VOX_FFMPEG: ffmpeg } });
    const wav = await speak('/v1/audio/speech', 'wav', false);
    seconds = (wav.bytes.length - 44) / 2 / 22_050;
    assert.ok(seconds > 0.7, `${seconds}`);
  });
  after(async () => {
    await server?.stop();
    fixture?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function speak(path, response_format, stream) {
    const body = { model: 'mouth:1', input: TEXT, response_format, stream };
    const response = await fetch(`${server.url}${path}`, jsonBody(body));
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.equal(response.status, 200, bytes.toString());
    return { response, bytes };
  }

  /** Seconds that ffmpeg decodes, which stops at the first fault; `stated` is what it says of the file before. */
  async function decoded(bytes, format) {
    const path = join(folder, `heard.${format}`);
    writeFileSync(path, bytes);
    // The end of a WAV of unknown size is a fault to it.
    const strict = format === 'wav' ? [] : ['-xerror', '-err_detect', 'explode'];
    const raw = format === 'pcm' ? ['-f', 's16le', '-ar', '22050', '-ac', '1'] : [];
    const { stdout, stderr } = await run(
      ffmpeg,
      ['-v', 'info', ...strict, ...raw, '-i', path, '-f', 's16le', '-ac', '1', '-ar', '16000', '-'],
      { encoding: 'buffer', maxBuffer: 2 ** 24 },
    );
    const stated = /Duration: (\d+):(\d+):([\d.]+)/.exec(stderr.toString());
    return {
      heard: stdout.length / 32_000,
      stated: stated ? Number(stated[1]) * 3600 + Number(stated[2]) * 60 + Number(stated[3]) : undefined,
    };
  }

  const count = (bytes, text) => bytes.toString('latin1').split(text).length - 1;

  for (const path of ['/api/synthesize', '/v1/audio/speech'])
    for (const [format, { type, container, once }] of Object.entries(FORMATS))
      for (const stream of [true, false])
        it(`${path} ${format}, ${stream ? 'streamed' : 'whole'}`, async () => {
          const { response, bytes } = await speak(path, format, stream);
          const rate = format === 'pcm' && path.startsWith('/v1') ? 24_000 : 22_050;
          assert.equal(response.headers.get('content-type'), type.replace('22050', String(rate)));
          assert.equal(response.headers.get('content-length'), stream ? null : String(bytes.length));
          if (path === '/api/synthesize')
            assert.equal(
              response.headers.get('content-disposition'),
              `attachment; filename=speech.${format}`,
            );
          assert.equal(sniff(bytes), container);
          if (once !== undefined) assert.equal(count(bytes, once), 1, 'one stream, not several joined');
          const { heard, stated } = await decoded(bytes, format);
          const expected = format === 'pcm' ? (seconds * rate) / 22_050 : seconds;
          // A streamed MP3 can't say how much of it is padding; of a whole one nothing is left over.
          const padding = format === 'mp3' && !stream ? 0 : (PADDING[format] ?? 0);
          assert.ok(Math.abs(heard - expected) <= padding + 0.001, `${heard} s for ${expected} s`);
          if (['wav', 'mp3', 'flac'].includes(format) && !stream)
            assert.ok(
              Math.abs(stated - seconds) < 0.011 + (format === 'mp3' ? 0.06 : 0),
              `states ${stated} s`,
            );
        });

  it('sizes in the headers: unknown in a stream, true in a whole answer', async () => {
    const streamed = (await speak('/v1/audio/speech', 'wav', true)).bytes;
    assert.deepEqual([streamed.readUInt32LE(4), streamed.readUInt32LE(40)], [0xffffffff, 0xffffffff]);
    const whole = (await speak('/v1/audio/speech', 'wav', false)).bytes;
    assert.deepEqual([whole.readUInt32LE(4), whole.readUInt32LE(40)], [whole.length - 8, whole.length - 44]);
    // STREAMINFO's count of samples: 36 bits, of which the upper four are 0 here (RFC 9639, section 8.2).
    const samples = async (stream) =>
      (await speak('/v1/audio/speech', 'flac', stream)).bytes.readUInt32BE(22);
    assert.equal(await samples(true), 0);
    assert.equal(await samples(false), (whole.length - 44) / 2);
  });

  it('vox run writes each by the name of its file', async () => {
    for (const [format, { container }] of Object.entries(FORMATS)) {
      const path = join(folder, `said.${format}`);
      await run(process.execPath, [VOX, 'run', 'mouth:1', TEXT, '-o', path], {
        env: { ...process.env, VOX_HOST: server.url, VOX_HOME: fixture.home },
      });
      const bytes = readFileSync(path);
      assert.equal(sniff(bytes), container);
      if (format === 'wav') assert.equal(bytes.readUInt32LE(40), bytes.length - 44);
      if (format === 'flac') assert.equal(bytes.readUInt32BE(22), Math.round(seconds * 22_050));
      if (format === 'mp3') assert.ok(bytes.includes('Info'), 'a Xing frame');
    }
  });

  it('leaves nothing behind, also when the client goes in the middle', async () => {
    const abort = new AbortController();
    const body = { model: 'mouth:1', input: TEXT.repeat(50), response_format: 'flac', stream: false };
    const asked = fetch(`${server.url}/v1/audio/speech`, { ...jsonBody(body), signal: abort.signal });
    const files = () => readdirSync(join(fixture.home, 'tmp/uploads', String(server.pid)));
    await until('a file', () => files().length > 0);
    abort.abort();
    await assert.rejects(asked);
    await until('no file', () => files().length === 0);
  });
});
