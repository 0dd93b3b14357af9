/** The openai SDK for JavaScript, unchanged and pinned, against a real server. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import OpenAI, { toFile } from 'openai';
import { wordErrors } from '../../tools/words.mjs';
import { NO_MODELS, speak, startServer } from '../e2e/server.mjs';
import { channelsAsWav, later, samplesOfBytes } from '../e2e/stereo.mjs';

const SENTENCE = 'Please remember to water the plants before you leave the house this evening.';
const STT = 'whisper:tiny.en';
const TTS = 'piper:en-us-joe-medium';

describe('the openai client for JavaScript', { skip: NO_MODELS }, () => {
  let server;
  let client;
  let wav;
  const file = () => toFile(wav, 'speech.wav');
  const heard = (text) => {
    const { errors, words } = wordErrors(SENTENCE, text);
    assert.ok(errors / words <= 0.1, text);
  };
  before(async () => {
    server = await startServer({ env: { VOX_API_KEY: 'sesame' } });
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'sesame', maxRetries: 0 });
    const spoken = await client.audio.speech.create({
      model: TTS,
      voice: 'default',
      input: SENTENCE,
      response_format: 'wav',
    });
    wav = Buffer.from(await spoken.arrayBuffer());
  });
  after(() => server?.stop());

  for (const format of ['json', 'text', 'srt', 'vtt', 'verbose_json'])
    it(`transcribes as ${format}`, async () => {
      const answer = await client.audio.transcriptions.create({
        model: STT,
        file: await file(),
        response_format: format,
        ...(format === 'verbose_json' ? { timestamp_granularities: ['word', 'segment'] } : {}),
      });
      const text = typeof answer === 'string' ? answer : answer.text;
      if (format === 'srt') assert.match(text, /^1\n00:00:0\d,\d{3} --> /);
      else if (format === 'vtt') assert.match(text, /^WEBVTT\n\n00:00:0/);
      else heard(text);
      if (format !== 'verbose_json') return;
      assert.equal(answer.language, 'english');
      assert.ok(answer.words.length >= 12 && answer.segments.length >= 1 && answer.duration > 3);
    });

  it('gets a transcript as events', async () => {
    const stream = await client.audio.transcriptions.create({ model: STT, file: await file(), stream: true });
    let text = '';
    let done;
    for await (const event of stream) {
      if (event.type === 'transcript.text.delta') text += event.delta;
      else done = event;
    }
    heard(text);
    assert.equal(done.type, 'transcript.text.done');
    assert.equal(done.text, text);
  });

  it('hears who said what on the two channels of a call, whole and as events', async () => {
    const samples = samplesOfBytes(wav);
    const rate = wav.readUInt32LE(24);
    const call = channelsAsWav([samples, later(samples, samples.length)], rate);
    const request = { model: 'gpt-4o-transcribe-diarize', response_format: 'diarized_json' };
    const give = () => toFile(call, 'call.wav');
    const answer = await client.audio.transcriptions.create({ ...request, file: await give() });
    assert.equal(answer.task, 'transcribe');
    assert.deepEqual([...new Set(answer.segments.map(({ speaker }) => speaker))], ['A', 'B']);
    const [first, second] = answer.text.split('\n');
    heard(first.replace(/^A: /, ''));
    heard(second.replace(/^B: /, ''));
    const stream = await client.audio.transcriptions.create({ ...request, file: await give(), stream: true });
    const events = [];
    for await (const event of stream) events.push(event);
    const segments = events.filter(({ type }) => type === 'transcript.text.segment');
    assert.deepEqual(segments, answer.segments);
    const deltas = events.filter(({ type }) => type === 'transcript.text.delta');
    assert.equal(deltas.map(({ delta }) => delta).join(''), answer.text);
    assert.equal(events.at(-1).text, answer.text);
  });

  it('sends the newer fields, and reads what comes of them', async () => {
    // Its types know neither keywords nor languages yet; its encoder takes any field.
    const answer = await client.audio.transcriptions.create({
      model: 'whisper:base',
      file: await file(),
      keywords: ['Vox', 'Ada, Countess'],
      languages: ['de', 'en'],
      include: ['logprobs'],
      chunking_strategy: { type: 'server_vad', prefix_padding_ms: 300, silence_duration_ms: 400 },
    });
    heard(answer.text);
    assert.deepEqual(answer.languages, [{ code: 'en' }]);
    assert.equal(answer.warnings, undefined);
    assert.ok(
      answer.logprobs
        .map(({ token }) => token)
        .join('')
        .includes(answer.text),
    );
    assert.ok(answer.logprobs.every(({ logprob }) => logprob <= 0));
    assert.equal(answer.usage.type, 'duration');
  });

  for (const format of ['json', 'verbose_json', 'text', 'srt', 'vtt'])
    it(`translates as ${format}`, async () => {
      const answer = await client.audio.translations.create({
        model: 'whisper:base',
        file: await file(),
        response_format: format,
      });
      if (format === 'srt' || format === 'vtt') assert.match(answer, / --> /);
      else heard(typeof answer === 'string' ? answer : answer.text);
      if (format === 'verbose_json') assert.equal(answer.language, 'english');
    });

  it('gets speech as events that hold the audio', async () => {
    const request = { model: TTS, voice: { id: 'default' }, input: 'One.', response_format: 'pcm' };
    const answer = await client.audio.speech.create({ ...request, stream_format: 'sse' });
    const lines = (await answer.text()).split('\n\n').filter(Boolean);
    assert.equal(lines.pop(), 'data: [DONE]');
    const events = lines.map((line) => JSON.parse(line.replace(/^data: /, '')));
    assert.equal(events.pop().type, 'speech.audio.done');
    const audio = Buffer.concat(events.map((event) => Buffer.from(event.audio, 'base64')));
    // A voice says nothing twice alike, so the bytes are not compared; test/e2e/contract-openai.test.mjs counts them.
    assert.ok(audio.length > 10_000 && audio.length % 2 === 0, `${audio.length}`);
  });

  const MAGIC = { wav: 'RIFF', mp3: undefined, opus: 'OggS', aac: undefined, flac: 'fLaC', pcm: undefined };
  for (const [format, magic] of Object.entries(MAGIC))
    it(`speaks as ${format}, streamed`, async () => {
      const answer = await client.audio.speech.create({
        model: 'tts-1',
        voice: 'alloy',
        input: 'One.',
        response_format: format,
      });
      let bytes = Buffer.alloc(0);
      for await (const chunk of answer.body) bytes = Buffer.concat([bytes, chunk]);
      assert.ok(bytes.length > 2_000, `${bytes.length}`);
      if (magic) assert.equal(bytes.toString('latin1', 0, 4), magic);
    });

  it('lists models and asks for one', async () => {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.ok(ids.includes(STT) && ids.includes(TTS));
    assert.equal((await client.models.retrieve(STT)).object, 'model');
  });

  it('raises what it has a class for', async () => {
    const ask = (fields) =>
      file().then((given) => client.audio.transcriptions.create({ model: STT, file: given, ...fields }));
    await assert.rejects(ask({ model: 'no:such' }), (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.equal(error.code, 'model_not_found');
      return /vox search|did you mean/.test(error.message);
    });
    await assert.rejects(ask({ response_format: 'poem' }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      return error.param === 'response_format';
    });
    const stranger = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'wrong', maxRetries: 0 });
    await assert.rejects(stranger.models.list(), (error) => error instanceof OpenAI.AuthenticationError);
  });

  it('gives up after its timeout, and when it is told to', async () => {
    const long = 'This sentence is said again and again, until nobody listens any more. '.repeat(40);
    const request = { model: TTS, voice: 'default', input: long, response_format: 'wav', stream: false };
    await assert.rejects(
      client.audio.speech.create(request, { timeout: 300 }),
      (error) => error instanceof OpenAI.APIConnectionTimeoutError,
    );
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 200);
    await assert.rejects(
      client.audio.speech.create(request, { signal: abort.signal }),
      (error) => error instanceof OpenAI.APIUserAbortError,
    );
    // The lease came back: the next one is answered.
    assert.ok((await speak(server.url, 'One.', {}, 'sesame')).length > 2_000);
  });
});
