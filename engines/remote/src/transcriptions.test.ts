import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { WavDecoder } from '@vox-speech/audio';
import type { TranscribeOptions } from '@vox-speech/contract';
import { transcribe } from './transcriptions.js';
import {
  type Asked,
  all,
  chunk,
  events,
  insist,
  json,
  modelOn,
  NEVER,
  nobody,
  SERVED,
  type StandIn,
  standIn,
} from './upstream.test-support.js';

const PCM = { samples: new Float32Array(32_000).fill(0.5), sampleRate: 16_000 };
const PLAIN: TranscribeOptions = { task: 'transcribe', words: false };

type Answers = StandIn['answer'];

const formOf = ({ body, headers }: Asked) =>
  new Response(new Uint8Array(body), {
    headers: { 'content-type': headers['content-type'] ?? '' },
  }).formData();

describe('a window that is sent away', () => {
  it('is a WAV in a form, with what was asked for', async (t) => {
    const up = await standIn(t, undefined, 'a-key');
    const model = modelOn(t, [up.upstream], { prompt: true });
    const options = { ...PLAIN, language: 'de', prompt: 'Names: Vox', temperature: 0.2 };
    assert.deepEqual(await all(transcribe(model, PCM, options, NEVER)), [
      { text: 'hello', startMs: 0, endMs: 2_000 },
    ]);
    const [asked] = up.asked;
    assert.ok(asked !== undefined);
    assert.equal(asked.path, '/v1/audio/transcriptions');
    const form = await formOf(asked);
    const file = form.get('file');
    assert.ok(file instanceof Blob);
    const wav = new WavDecoder();
    const samples = wav.push(new Uint8Array(await file.arrayBuffer()));
    assert.deepEqual([samples.length, samples[7], wav.header?.format.sampleRate], [32_000, 0.5, 16_000]);
    form.delete('file');
    assert.deepEqual(
      [...form],
      [
        ['model', SERVED],
        ['response_format', 'json'],
        ['language', 'de'],
        ['prompt', 'Names: Vox'],
        ['temperature', '0.2'],
      ],
    );
  });

  it('says nothing that the model does not take', async (t) => {
    const up = await standIn(t);
    const model = modelOn(t, [up.upstream], { chooseLanguage: false });
    await all(transcribe(model, PCM, { ...PLAIN, language: 'de', prompt: 'x' }, NEVER));
    const form = await formOf(up.asked[0] as Asked);
    assert.deepEqual([form.get('language'), form.get('prompt'), form.get('stream')], [null, null, null]);
  });

  it('has the words to expect in the field that the upstream reads', async (t) => {
    const up = await standIn(t);
    const asked = { ...PLAIN, hotwords: ['Vox', 'Silero VAD'] };
    for (const [field, fields] of [
      ['hotwords', { hotwords: ['Vox,Silero VAD'], 'keywords[]': [] }],
      ['keywords', { hotwords: [], 'keywords[]': ['Vox', 'Silero VAD'] }],
      [undefined, { hotwords: [], 'keywords[]': [] }],
    ] as const) {
      const model = modelOn(t, [up.upstream], field === undefined ? {} : { hotwords: field });
      await all(transcribe(model, PCM, asked, NEVER));
      const form = await formOf(up.asked.at(-1) as Asked);
      for (const [name, values] of Object.entries(fields)) assert.deepEqual(form.getAll(name), values, name);
    }
  });

  it('asks for probabilities where they are to be had: then without times, and not in a stream', async (t) => {
    const up = await standIn(t, (_, response) =>
      json(response, { text: 'hello', logprobs: [{ token: 'hello', logprob: -0.5 }] }),
    );
    const asked = { ...PLAIN, words: true, scores: true } as const;
    const form = async (parameters: object) => {
      const model = modelOn(t, [up.upstream], { words: true, streaming: true, ...parameters });
      const [segment] = await all(transcribe(model, PCM, asked, NEVER));
      return { fields: await formOf(up.asked.at(-1) as Asked), segment };
    };
    const scored = await form({ logprobs: true });
    const names = ['include[]', 'response_format', 'stream', 'timestamp_granularities[]'];
    assert.deepEqual(
      names.map((name) => scored.fields.get(name)),
      ['logprobs', 'json', null, null],
    );
    assert.deepEqual(scored.segment?.scores, [{ text: 'hello', logProbability: -0.5 }]);
    const plain = await form({});
    assert.deepEqual(
      [plain.fields.get('include[]'), plain.fields.get('response_format')],
      [null, 'verbose_json'],
    );
  });

  it('is translated on the route for that', async (t) => {
    const up = await standIn(t);
    const model = modelOn(t, [up.upstream], { translate: true });
    await all(transcribe(model, PCM, { ...PLAIN, task: 'translate' }, NEVER));
    assert.equal(up.asked[0]?.path, '/v1/audio/translations');
  });

  it('asks for words and segments where they are to be had, never in a stream', async (t) => {
    const words = [{ word: 'hello', start: 0.5, end: 1 }];
    const up = await standIn(t, (_, response) =>
      json(response, { text: 'hello', duration: '2.0', language: 'en', words }),
    );
    const model = modelOn(t, [up.upstream], { words: true, streaming: true });
    const [segment] = await all(transcribe(model, PCM, { ...PLAIN, words: true }, NEVER));
    assert.deepEqual(segment?.words, [{ text: 'hello', startMs: 500, endMs: 1_000 }]);
    const form = await formOf(up.asked[0] as Asked);
    assert.deepEqual(form.getAll('timestamp_granularities[]'), ['word', 'segment']);
    assert.deepEqual([form.get('response_format'), form.get('stream')], ['verbose_json', null]);
  });
});

describe('a streamed answer', () => {
  const hear = async (t: TestContext, ...data: unknown[]) => {
    const up = await standIn(t, (_, response) => {
      events(response, ...data);
      response.end();
    });
    const model = modelOn(t, [up.upstream], { streaming: true });
    return { up, segments: await all(transcribe(model, PCM, PLAIN, NEVER)) };
  };

  it("is understood in vLLM's shape", async (t) => {
    const prefix = ['language', ' English', '<asr_text>'].map((token) => chunk(token));
    const { up, segments } = await hear(t, ...prefix, chunk(' Good'), chunk(' day.', 'stop'), '[DONE]');
    assert.deepEqual(segments, [{ text: 'Good day.', startMs: 0, endMs: 2_000, language: 'en' }]);
    assert.equal((await formOf(up.asked[0] as Asked)).get('stream'), 'true');
  });

  it("is understood in OpenAI's shape", async (t) => {
    const { segments } = await hear(
      t,
      { type: 'transcript.text.delta', delta: 'Good' },
      { type: 'transcript.text.done', text: 'Good day.' },
    );
    assert.deepEqual(segments, [{ text: 'Good day.', startMs: 0, endMs: 2_000 }]);
  });

  it('may come whole after all', async (t) => {
    const up = await standIn(t);
    const model = modelOn(t, [up.upstream], { streaming: true });
    assert.equal((await all(transcribe(model, PCM, PLAIN, NEVER)))[0]?.text, 'hello');
  });
});

describe('an upstream that fails', () => {
  /** Two upstreams of which the first one asked fails so. */
  const failing = async (t: TestContext, fail: Answers) => {
    let first = true;
    const answer: Answers = (asked, response) => {
      if (!first) return json(response, { text: 'from the other' });
      first = false;
      return fail(asked, response);
    };
    return [await standIn(t, answer), await standIn(t, answer)] as const;
  };
  const cases: Record<string, Answers> = {
    'with 500': (_, response) => json(response, { error: { message: 'boom' } }, 500),
    'with 404, for the model is gone': (_, response) => json(response, { error: 'no such model' }, 404),
    'with 429': (_, response) => json(response, {}, 429),
    'by closing': (_, response) => void response.destroy(),
    'by silence': () => {},
    'in the stream, before a word': (_, response) => {
      events(response, chunk(''), { error: { message: 'boom' } });
      response.end();
    },
  };
  for (const [name, fail] of Object.entries(cases)) {
    it(`${name} is passed over for another one`, async (t) => {
      const ups = await failing(t, fail);
      const model = modelOn(
        t,
        ups.map(({ upstream }) => upstream),
        { streaming: true },
        300,
      );
      assert.equal((await all(transcribe(model, PCM, PLAIN, NEVER)))[0]?.text, 'from the other');
      assert.deepEqual([ups[0].asked.length, ups[1].asked.length], [1, 1]);
    });
  }

  it('after the first word is not asked again elsewhere', async (t) => {
    const ups = await failing(t, (_, response) => {
      events(response, chunk(' Good'));
      setImmediate(() => response.destroy());
    });
    const model = modelOn(
      t,
      ups.map(({ upstream }) => upstream),
      { streaming: true },
    );
    await assert.rejects(all(transcribe(model, PCM, PLAIN, NEVER)), {
      code: 'upstream_failed',
      message: /broke the connection off/,
    });
    assert.equal(ups[0].asked.length + ups[1].asked.length, 1);
  });

  it('because of what it is asked is not asked again elsewhere', async (t) => {
    const ups = await failing(t, (_, response) =>
      json(response, { error: { message: 'Maximum clip duration exceeded' } }, 400),
    );
    const model = modelOn(
      t,
      ups.map(({ upstream }) => upstream),
    );
    await assert.rejects(all(transcribe(model, PCM, PLAIN, NEVER)), {
      code: 'invalid_request',
      message: /answered 400: Maximum clip duration exceeded/,
    });
    assert.equal(ups[0].asked.length + ups[1].asked.length, 1);
  });

  it('says so: refused, silent, silent in its midst', async (t) => {
    const refused = modelOn(t, [await nobody(t)]);
    await assert.rejects(all(transcribe(refused, PCM, PLAIN, NEVER)), {
      code: 'upstream_unavailable',
      message: /refused the connection/,
    });
    const silent = await standIn(t, () => {});
    await assert.rejects(all(transcribe(modelOn(t, [silent.upstream], {}, 100), PCM, PLAIN, NEVER)), {
      code: 'upstream_stalled',
      message: /said nothing for 0.1 s/,
    });
    const slow = await standIn(t, (_, response) => events(response, chunk(' Good')));
    const model = modelOn(t, [slow.upstream], { streaming: true }, 100);
    await assert.rejects(all(transcribe(model, PCM, PLAIN, NEVER)), { code: 'upstream_stalled' });
  });

  it('is asked again when it is back', async (t) => {
    const up = await standIn(t);
    up.health = 500;
    const model = modelOn(t, [up.upstream]);
    await assert.rejects(all(transcribe(model, PCM, PLAIN, NEVER)), { code: 'upstream_unavailable' });
    up.health = 200;
    const segments = await insist(() => all(transcribe(model, PCM, PLAIN, NEVER)));
    assert.equal(segments[0]?.text, 'hello');
  });

  it('is no bother while a stream goes on slowly', async (t) => {
    const up = await standIn(t, async (_, response) => {
      for (let i = 0; i < 8; i++) {
        events(response, chunk(' more'));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      events(response, '[DONE]');
      response.end();
    });
    const model = modelOn(t, [up.upstream], { streaming: true }, 250);
    assert.equal((await all(transcribe(model, PCM, PLAIN, NEVER)))[0]?.text, 'more '.repeat(8).trim());
  });
});

describe('cancelling', () => {
  it('reaches the upstream, before its answer and in its midst', async (t) => {
    for (const begin of [false, true]) {
      const abort = new AbortController();
      const up = await standIn(t, (_, response) => {
        if (begin) events(response, chunk(' Good'));
        setImmediate(() => abort.abort());
      });
      const model = modelOn(t, [up.upstream], { streaming: true }, 60_000);
      await assert.rejects(all(transcribe(model, PCM, PLAIN, abort.signal)), { code: 'cancelled' });
      await up.asked[0]?.left;
      assert.equal(up.asked.length, 1);
    }
  });

  it('ends the search for an upstream that answers nothing', async (t) => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const abort = new AbortController();
    const model = modelOn(t, [{ url: `http://127.0.0.1:${port}` }]);
    const heard = assert.rejects(all(transcribe(model, PCM, PLAIN, abort.signal)), { code: 'cancelled' });
    await once(server, 'connection');
    abort.abort();
    await heard;
  });

  it('does nothing at all where it came first', async (t) => {
    const up = await standIn(t);
    const model = modelOn(t, [up.upstream]);
    await assert.rejects(all(transcribe(model, PCM, PLAIN, AbortSignal.abort())), { code: 'cancelled' });
    assert.equal(up.asked.length, 0);
  });
});
