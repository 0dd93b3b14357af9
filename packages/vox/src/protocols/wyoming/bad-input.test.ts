import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { until } from '../../transport/waiting.test.support.js';
import { type Client, serve } from './serve.test.support.js';

const FORMAT = { rate: 16_000, width: 2, channels: 1 };

/** What is sent, the code of the error, and what its text says. Each is the end of the connection. */
const ROWS: [string, (client: Client) => unknown, string, RegExp][] = [
  [
    'a huge header',
    (c) => c.raw('{"type":"').raw('x'.repeat(1_100_000)),
    'invalid_request',
    /header of an event may have/,
  ],
  ['HTTP', (c) => c.raw('POST / HTTP/1.1\r\nHost: x\r\n\r\n'), 'invalid_request', /no JSON/],
  [
    'a negative length',
    (c) => c.raw('{"type":"x","payload_length":-1}\n'),
    'invalid_request',
    /payload_length/,
  ],
  [
    'no rate',
    (c) => c.send('audio-start', { width: 2, channels: 1 }),
    'invalid_request',
    /^rate must be a whole number/,
  ],
  [
    'a width of 5',
    (c) => c.send('audio-start', { ...FORMAT, width: 5 }),
    'invalid_request',
    /width must be 1, 2, 3 or 4 bytes, not 5/,
  ],
  [
    'no channels',
    (c) => c.send('audio-start', { ...FORMAT, channels: 0 }),
    'invalid_request',
    /channels must be 1 to 32/,
  ],
  [
    'a payload without a format',
    (c) => c.send('audio-chunk', {}, Buffer.alloc(2)),
    'invalid_request',
    /rate must be/,
  ],
  [
    'a chunk of another format',
    (c) => c.send('audio-start', FORMAT).send('audio-chunk', { ...FORMAT, rate: 8000 }, Buffer.alloc(2)),
    'invalid_request',
    /those of its audio-start/,
  ],
  [
    'an unknown model',
    (c) => c.send('transcribe', { name: 'nope' }).send('audio-start', FORMAT),
    'model_unknown',
    /nope/,
  ],
  [
    'a voice as recogniser',
    (c) => c.send('transcribe', { name: 'piper:joe' }).send('audio-start', FORMAT),
    'wrong_kind',
    /piper:joe/,
  ],
  [
    'a name that is a number',
    (c) => c.send('transcribe', { name: 7 }),
    'invalid_request',
    /name must be a text, not 7/,
  ],
  [
    'an unknown sensitivity',
    (c) => c.send('transcribe', { vad_sensitivity: 'max' }),
    'invalid_request',
    /default, relaxed, aggressive/,
  ],
  [
    'names that are no texts',
    (c) => c.send('transcribe', { transcript_names: [1] }),
    'invalid_request',
    /transcript_names/,
  ],
  [
    'a context that is a text',
    (c) => c.send('transcribe', { context: 'x' }),
    'invalid_request',
    /context must be an object/,
  ],
  [
    'a context a hundred thousand deep',
    (c) =>
      c.raw(`{"type":"transcribe","data":{"context":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}}\n`),
    'invalid_request',
    /nested too deep/,
  ],
  ['no text', (c) => c.send('synthesize', {}), 'invalid_request', /text is missing/],
  [
    'an unknown text format',
    (c) => c.send('synthesize', { text: 'a', text_format: 'html' }),
    'invalid_request',
    /text or ssml/,
  ],
  [
    'broken SSML',
    (c) => c.send('synthesize', { text: 'a <', text_format: 'ssml' }),
    'invalid_request',
    /no SSML/,
  ],
  [
    'a voice that is a text',
    (c) => c.send('synthesize', { text: 'a', voice: 'joe' }),
    'invalid_request',
    /voice must be an object/,
  ],
  [
    'a language that nobody speaks',
    (c) => c.send('synthesize', { text: 'a', voice: { language: 'xx-YY' } }),
    'invalid_request',
    /vox search/,
  ],
  [
    'an unknown speaker',
    (c) => c.send('synthesize', { text: 'a', voice: { name: 'piper:joe', speaker: 'x' } }),
    'invalid_request',
    /default, af_nova/,
  ],
  [
    'a chunk of no stream',
    (c) => c.send('synthesize-chunk', { text: 'a' }),
    'invalid_request',
    /synthesize-start/,
  ],
  ['the end of no stream', (c) => c.send('synthesize-stop'), 'invalid_request', /synthesize-start/],
  [
    'two streams',
    (c) => c.send('synthesize-start').send('synthesize-start'),
    'invalid_request',
    /synthesize-stop/,
  ],
  [
    'too much text',
    (c) => c.send('synthesize-start').send('synthesize-chunk', { text: 'a'.repeat(101) }),
    'too_large',
    /too much/,
  ],
  [
    'too much SSML',
    (c) =>
      c.send('synthesize-start', { text_format: 'ssml' }).send('synthesize-chunk', { text: 'a'.repeat(101) }),
    'too_large',
    /100 characters/,
  ],
  ['an unknown program', (c) => c.send('select-program', { name: 'nope' }), 'model_unknown', /nope/],
  ['no program', (c) => c.send('select-program', {}), 'invalid_request', /name is missing/],
];

describe('Wyoming: bad input', () => {
  for (const [name, send, code, text] of ROWS)
    it(`answers ${name} with an error, and closes`, async (t) => {
      const { connect, runtime } = await serve(t);
      const client = await connect();
      send(client);
      const events = await client.upTo();
      assert.deepEqual(
        events.map(({ type }) => type),
        ['error'],
      );
      assert.equal(events[0]?.data.code, code);
      assert.match(String(events[0]?.data.text), text);
      for (const { request } of runtime.asked.listen) assert.ok(request.signal.aborted);
      for (const { request } of runtime.asked.speakStream) assert.ok(request.signal.aborted);
    });

  it('hides what a fault of ours says', async (t) => {
    const { connect, runtime } = await serve(t);
    const client = await connect();
    runtime.list = async () => {
      throw new Error('/root/secret');
    };
    const [error] = await client.send('describe').upTo();
    assert.equal(error?.data.code, 'internal');
    assert.doesNotMatch(String(error?.data.text), /secret/);
  });

  it('tells what fails in the middle, and closes', async (t) => {
    const { connect, runtime } = await serve(t);
    const client = (await connect()).send('transcribe', {}).send('audio-start', FORMAT);
    await until('what must happen', () => runtime.asked.listen.length === 1);
    runtime.asked.listen[0]?.listener.onError(new VoxError('runner_crashed', 'the process died'));
    assert.deepEqual(
      (await client.upTo()).map(({ data }) => data),
      [{ text: 'the process died', code: 'runner_crashed' }],
    );
    const speaking = (await connect()).send('synthesize-start');
    await until('what must happen', () => runtime.asked.speakStream.length === 1);
    runtime.asked.speakStream[0]?.fail(new VoxError('runner_crashed', 'it died too'));
    assert.deepEqual(
      (await speaking.upTo()).map(({ data }) => data),
      [{ text: 'it died too', code: 'runner_crashed' }],
    );
  });

  it('is alive afterwards', async (t) => {
    const { connect } = await serve(t, { maxConnections: 1 });
    for (let round = 0; round < 5; round++) {
      const client = (await connect()).raw('nonsense\n');
      assert.equal((await client.upTo())[0]?.type, 'error');
      client.socket.destroy();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal((await (await connect()).send('describe').next())?.type, 'info');
  });
});
