/** Real weights: what Piper says, over the WebSockets that listen. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { wordErrors } from '../../tools/words.mjs';
import { tryPrograms } from '../clients/environment.mjs';
import { BYTES_PER_MS, sendInRealTime, spokenPcm } from './live-speech.mjs';
import { NO_MODELS, speak, startServer } from './server.mjs';
import { snippets } from './snippets.mjs';
import { openStream } from './stream-client.mjs';
import { leases, until } from './waiting.mjs';

const run = promisify(execFile);
const SENTENCES = [
  'The quick brown fox jumps over the lazy dog near the garden wall.',
  'Please remember to water the plants before you leave the house this evening.',
];
const MODEL = 'whisper:tiny.en';
const TTS = 'piper:en-us-joe-medium';
/** Longer than any stream here waits for more, in ms. */
const SILENCE_MS = 1_600;

describe('streams that listen', { skip: NO_MODELS }, () => {
  let server;
  let pcm;
  let mp3;
  before(async () => {
    // The quickest of their kind are the defaults, which the example takes.
    server = await startServer({ env: { VOX_STT_MODEL: MODEL, VOX_TTS_MODEL: TTS } });
    pcm = await spokenPcm(server.url, SENTENCES, SILENCE_MS);
    mp3 = await speak(server.url, SENTENCES.join(' '), { response_format: 'mp3' }).catch(() => undefined);
  });
  after(() => server?.stop());

  const checkWords = (text) => {
    const { errors, words } = wordErrors(SENTENCES.join(' '), text);
    assert.ok(errors / words <= 0.1, `${errors} of ${words}: ${text}`);
  };
  const configured = async (path, config = {}) => {
    const stream = await openStream(server.url, path);
    stream.send({ type: 'config', model: MODEL, ...config });
    await stream.get('ready');
    return stream;
  };

  it('transcriptions/stream: a recording as fast as it can be sent, with times', async () => {
    const stream = await configured('/v1/audio/transcriptions/stream', { word_timestamps: true });
    for (let at = 0; at < pcm.length; at += 50_000) stream.ws.send(pcm.subarray(at, at + 50_000));
    stream.send({ type: 'end' });
    const done = await stream.get('done');
    checkWords(done.text);
    assert.ok(Math.abs(done.duration_ms - pcm.length / 32) < 2, `${done.duration_ms} ms`);
    assert.equal(done.segments.map(({ text }) => text).join(' '), done.text);
    let last = 0;
    for (const { start_ms: start, end_ms: end, words } of done.segments) {
      assert.ok(words.length > 0);
      for (const word of words) {
        assert.ok(word.start_ms >= last && word.end_ms >= word.start_ms, JSON.stringify(word));
        assert.ok(word.start_ms >= start - 20 && word.end_ms <= end + 20, JSON.stringify(word));
        last = word.start_ms;
      }
    }
    assert.ok(stream.told.filter(({ type }) => type === 'progress').length >= 1);
    assert.equal((await stream.closed).code, 1000);
  });

  it('transcriptions/stream: an MP3, cut anywhere', async (t) => {
    if (mp3 === undefined) return t.skip('no ffmpeg here');
    const stream = await configured('/v1/audio/transcriptions/stream', { input_format: 'mp3' });
    for (let at = 0; at < mp3.length; at += 777) stream.ws.send(mp3.subarray(at, at + 777));
    stream.send({ type: 'end' });
    checkWords((await stream.get('done')).text);
  });

  it('audio/stream: in real time, with the beginning and end of speech', async () => {
    const stream = await configured('/v1/audio/stream');
    await sendInRealTime(stream.ws, pcm);
    stream.send({ type: 'end' });
    assert.equal((await stream.closed).code, 1000);
    const finals = stream.told.filter(({ type, is_partial: partial }) => type === 'transcript' && !partial);
    checkWords(finals.map(({ text }) => text).join(' '));
    assert.ok(finals.length >= 2, 'the silence ends an utterance');
    for (const type of ['speech_started', 'speech_stopped']) {
      const times = stream.told
        .filter((message) => message.type === type)
        .map((message) => message.timestamp_ms);
      assert.equal(times.length, finals.length);
      assert.ok(
        times.every((time, i) => time >= (times[i - 1] ?? 0) && time <= pcm.length / 32),
        String(times),
      );
    }
  });

  it('audio/stream: words before the end of an utterance', async () => {
    const stream = await configured('/v1/audio/stream', { partials: true, partial_stride_ms: 300 });
    // Two seconds, over and over, without a pause: who goes on speaking is told some, however slow the machine is.
    const speech = pcm.subarray(0, 2_000 * BYTES_PER_MS);
    const told = async () => {
      await sendInRealTime(stream.ws, speech);
      return stream.told.some(({ is_partial: partial }) => partial);
    };
    await until('a partial', told, 60_000);
    stream.send({ type: 'end' });
    assert.equal((await stream.closed).code, 1000);
  });

  it('the example of docs/streams.md, as printed: speaks, and hears itself', async (t) => {
    const { bin, reason } = tryPrograms('websockets');
    if (reason) return t.skip(reason);
    const folder = mkdtempSync(join(tmpdir(), 'vox-streams-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const [program] = snippets('docs/streams.md', 'python', server.url);
    const { stdout } = await run(join(bin, 'python'), ['-c', program], { cwd: folder });
    assert.match(stdout, /"type":"done"/);
    assert.match(stdout, /best of times/i);
  });

  it('lets the model go at once when the client leaves in the middle', async () => {
    const stream = await configured('/v1/audio/stream');
    stream.ws.send(pcm.subarray(0, 96_000));
    await stream.get('speech_started');
    assert.ok((await leases(server.url)) > 0);
    const left = performance.now();
    stream.ws.terminate();
    await until('no lease is left', async () => (await leases(server.url)) === 0);
    console.log(`no lease after ${Math.round(performance.now() - left)} ms`);
  });
});
