/** What the openai SDK for JavaScript, unchanged and pinned, raises when things go wrong. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI, { toFile } from 'openai';
import { troubledServer } from './trouble.mjs';

describe('the errors of the openai client for JavaScript', () => {
  let vox;
  let client;
  before(async () => {
    vox = await troubledServer();
    client = new OpenAI({ baseURL: `${vox.url}/v1`, apiKey: 'any', maxRetries: 0 });
  });
  after(() => vox?.stop());

  const listen = async (fields = {}, bytes = vox.clip, options = {}) =>
    client.audio.transcriptions.create(
      { model: 'ears:1', file: await toFile(bytes, 'speech.wav'), ...fields },
      options,
    );
  const say = (fields, options) =>
    client.audio.speech.create({ model: 'mouth:1', voice: 'default', input: 'Hi.', ...fields }, options);
  const raises = async (work, kind, status, more = {}) => {
    const error = await work.then(
      () => assert.fail('nothing was raised'),
      (thrown) => thrown,
    );
    assert.ok(error instanceof kind, `${error.constructor.name}: ${error.message}`);
    assert.equal(error.status, status);
    assert.ok(error.message.length > 5 && typeof error.type === 'string', error.message);
    for (const [key, value] of Object.entries(more)) assert.equal(error[key], value, key);
    assert.ok(error.requestID, 'the request id is in the error');
    return error;
  };
  const { BadRequestError, NotFoundError, RateLimitError, InternalServerError, APIError } = OpenAI;

  it('400, 404, 405, 413, 415', async () => {
    const invalid = { code: 'invalid_request', type: 'invalid_request_error' };
    await raises(say({ speed: 9 }), BadRequestError, 400, { ...invalid, param: 'speed' });
    await raises(say({ model: 'ears:1' }), BadRequestError, 400, { code: 'wrong_kind', param: 'model' });
    await raises(listen({ language: 'klingon' }), BadRequestError, 400, { ...invalid, param: 'language' });
    await raises(listen({ stream: true, response_format: 'srt' }), BadRequestError, 400, {
      param: 'stream',
    });
    await raises(listen({}, Buffer.alloc(0)), BadRequestError, 400, { code: 'empty_audio', param: 'file' });
    await raises(client.models.retrieve('ears:2'), NotFoundError, 404, { code: 'model_not_found' });
    await raises(client.post('/audio/nothing', { body: {} }), NotFoundError, 404, { code: 'not_found' });
    await raises(client.get('/audio/speech'), APIError, 405, { code: 'method_not_allowed' });
    await raises(listen({}, Buffer.alloc(3 << 20)), APIError, 413, { code: 'too_large', param: 'file' });
    await raises(listen({}, Buffer.from('no sound at all'.repeat(9))), APIError, 415, {
      code: 'unsupported_media',
    });
  });

  it('429 with the seconds to wait, for a document and for events', async () => {
    for (const stream of [false, true]) {
      const error = await raises(listen({ model: 'ears:busy', stream }), RateLimitError, 429, {
        code: 'rate_limit_exceeded',
        type: 'rate_limit_error',
      });
      assert.ok(Number(error.headers.get('retry-after')) >= 1);
    }
  });

  it('500 with the last words of what crashed, then 503 while it may not start again', async () => {
    const boom = () => say({ model: 'mouth:mortal', input: 'Boom.' });
    const error = await raises(boom(), InternalServerError, 500, { code: 'runner_crashed' });
    assert.match(error.message, /out of cheese/);
    await raises(boom(), InternalServerError, 500);
    const later = await raises(boom(), InternalServerError, 503, {
      code: 'restarting',
      type: 'server_error',
    });
    assert.ok(Number(later.headers.get('retry-after')) >= 1);
  });

  it('an error after the first event', async () => {
    let text = '';
    await assert.rejects(
      async () => {
        const stream = await listen({ model: 'ears:mortal', stream: true }, vox.fatal);
        for await (const event of stream) text += event.delta;
      },
      (error) => error instanceof APIError && /out of cheese/.test(error.message),
    );
    assert.equal(text, 'first half');
  });

  it('its timeout and its abort free the place at once', async () => {
    const sleepy = { model: 'ears:sleepy' };
    await assert.rejects(listen(sleepy, vox.clip, { timeout: 500 }), OpenAI.APIConnectionTimeoutError);
    const abort = new AbortController();
    const asked = listen(sleepy, vox.clip, { signal: abort.signal });
    const gone = assert.rejects(asked, OpenAI.APIUserAbortError);
    while ((await vox.leases('ears:sleepy')) === 0) await sleep(20);
    abort.abort();
    await gone;
    while ((await vox.leases('ears:sleepy')) > 0) await sleep(20);
  });

  it('its own retries get through once there is room', async () => {
    const statuses = [];
    const patient = new OpenAI({
      baseURL: `${vox.url}/v1`,
      apiKey: 'any',
      maxRetries: 2,
      fetch: async (url, init) => {
        // It asks for `data:,` too, to see what kind of fetch this is.
        if (!String(url).startsWith(vox.url)) return fetch(url, init);
        init.body.set('model', statuses.length === 0 ? 'ears:busy' : 'ears:1');
        const answer = await fetch(url, init);
        statuses.push(answer.status);
        return answer;
      },
    });
    const answer = await patient.audio.transcriptions.create({
      model: 'ears:1',
      file: await toFile(vox.clip, 'speech.wav'),
    });
    assert.equal(answer.text, 'hello there');
    assert.deepEqual(statuses, [429, 200]);
  });
});
