/** Real weights, both ways: what Piper says, Whisper writes down. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { wordErrors, wordsOf } from '../../tools/words.mjs';
import { NO_MODELS, speak, startServer, upload } from './server.mjs';
import { pcmAsWav } from './wav.mjs';

const SENTENCES = [
  'The quick brown fox jumps over the lazy dog near the garden wall.',
  'Please remember to water the plants before you leave the house this evening.',
];

describe('speech there and back', { skip: NO_MODELS }, () => {
  let server;
  let wav;
  before(async () => {
    server = await startServer();
    wav = await speak(server.url, SENTENCES.join(' '));
  });
  after(() => server?.stop());

  it('writes down what was spoken', async () => {
    const { text } = await (await upload(server.url, wav)).json();
    const { errors, words } = wordErrors(SENTENCES.join(' '), text);
    assert.ok(errors / words <= 0.1, `${errors} of ${words}: ${text}`);
  });

  it('gives a WAV whose sizes are right', () => {
    assert.equal(wav.toString('latin1', 0, 4), 'RIFF');
    assert.equal(wav.readUInt32LE(4), wav.length - 8);
    assert.equal(wav.readUInt32LE(40), wav.length - 44);
    assert.equal(wav.readUInt32LE(24), 22050);
  });

  it('times words within the audio, in order', async () => {
    const fields = { response_format: 'verbose_json', 'timestamp_granularities[]': ['word', 'segment'] };
    const body = await (await upload(server.url, wav, fields)).json();
    assert.equal(body.task, 'transcribe');
    assert.equal(body.language, 'english');
    assert.ok(Math.abs(body.duration - (wav.length - 44) / 2 / 22050) < 0.05);
    assert.ok(body.words.length >= 24);
    let last = 0;
    for (const { word, start, end } of body.words) {
      assert.ok(
        start >= last - 0.001 && end >= start && end <= body.duration + 0.1,
        `${word} ${start} ${end}`,
      );
      last = start;
    }
    assert.deepEqual(wordsOf(body.segments.map((s) => s.text).join(' ')), wordsOf(body.text));
  });

  it('writes as its prompt and its keywords are written, without a warning', async () => {
    // Spelled as no model would by itself.
    const prompt = 'the quick-brown fox jumped. the lazy-dog slept near the garden-wall.';
    const say = (fields) =>
      upload(server.url, wav, { model: 'whisper:tiny.en', ...fields }).then((answer) => answer.json());
    const plain = await say({});
    assert.match(plain.text, /quick brown fox/i);
    assert.match(plain.text, /lazy dog/i);
    for (const fields of [{ prompt }, { 'keywords[]': ['quick-brown', 'lazy-dog', 'garden-wall'] }]) {
      const { text, warnings } = await say(fields);
      assert.equal(warnings, undefined);
      assert.match(text, /quick-brown|lazy-dog|garden-wall/i, text);
    }
  });

  it('says how likely each token and each segment was', async () => {
    const { text, logprobs, warnings } = await (
      await upload(server.url, wav, { 'include[]': 'logprobs' })
    ).json();
    assert.equal(warnings, undefined);
    assert.ok(logprobs.length >= 24);
    for (const { token, logprob } of logprobs) assert.ok(logprob <= 0 && Number.isFinite(logprob), token);
    const spelled = Buffer.concat(logprobs.map(({ bytes }) => Buffer.from(bytes))).toString('utf8');
    assert.equal(spelled.trim(), text);
    const { segments } = await (await upload(server.url, wav, { response_format: 'verbose_json' })).json();
    assert.ok(segments.length > 0);
    for (const { avg_logprob: mean } of segments) assert.ok(mean < 0 && mean > -1, `${mean}`);
  });

  it('renders text, srt and vtt', async () => {
    const body = async (response_format) => {
      const response = await upload(server.url, wav, { response_format });
      return { type: response.headers.get('content-type'), text: await response.text() };
    };
    const text = await body('text');
    assert.match(text.type, /^text\/plain/);
    assert.ok(text.text.includes('fox'));
    assert.match((await body('srt')).text, /^1\n00:00:0\d,\d{3} --> 00:00:\d\d,\d{3}\n/);
    assert.match((await body('vtt')).text, /^WEBVTT\n\n00:0/);
  });

  it('speaks in every format, and each is heard alike', async () => {
    for (const response_format of ['pcm', 'mp3', 'opus', 'aac', 'flac']) {
      const bytes = await speak(server.url, SENTENCES[0], { response_format });
      const file = response_format === 'pcm' ? pcmAsWav(bytes, 24_000) : bytes;
      const { text } = await (await upload(server.url, file, {}, { name: 'upload.bin' })).json();
      assert.ok(wordErrors(SENTENCES[0], text).errors <= 1, `${response_format}: ${text}`);
    }
  });

  it('speaks faster when asked', async () => {
    const [slow, fast] = [
      await speak(server.url, SENTENCES[0], { speed: 0.8 }),
      await speak(server.url, SENTENCES[0], { speed: 1.6 }),
    ];
    const ratio = (slow.length - 44) / (fast.length - 44);
    // Twice the speed is not half the length: the pauses around the sentence stay as they are.
    assert.ok(ratio > 1.4 && ratio < 2.4, `${ratio}`);
  });

  it('hears nothing in silence and noise', async () => {
    const rate = 16_000;
    for (const level of [0, 0.001, 0.05, 0.3]) {
      const samples = Int16Array.from({ length: 5 * rate }, () =>
        Math.round((Math.random() * 2 - 1) * level * 32_767),
      );
      const { text } = await (await upload(server.url, pcmAsWav(Buffer.from(samples.buffer), rate))).json();
      assert.equal(text, '', `noise of ${level}`);
    }
  });
});
