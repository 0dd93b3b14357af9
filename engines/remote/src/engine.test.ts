import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Model, ModelFiles, Rolling, Segment, Upstream } from '@vox-speech/contract';
import { WebSocketServer } from 'ws';
import engine from './index.js';
import { all, insist, json, NEVER, nobody, SERVED, standIn } from './upstream.test-support.js';

type Parameters = ModelFiles['parameters'];

async function load(
  t: TestContext,
  upstreams: readonly Upstream[],
  parameters: Parameters,
  rolling?: Rolling,
): Promise<Model> {
  const files = { reference: 'test:model', family: 'test', directory: '', companions: {} };
  const model = await engine.load(
    { ...files, parameters: { served: SERVED, ...parameters } },
    {
      threads: 1,
      device: 'auto',
      remote: { upstreams, stallMs: 5_000, ...(rolling === undefined ? {} : { rolling }) },
    },
  );
  t.after(() => model.close());
  return model;
}

const PCM = { samples: new Float32Array(48_000), sampleRate: 16_000 };
const PLAIN = { task: 'transcribe', words: false } as const;

function hear({ transcribe }: Model, signal = NEVER): Promise<Segment[]> {
  assert.ok(transcribe !== undefined);
  return all(transcribe(PCM, PLAIN, signal));
}

describe('the remote engine', () => {
  it('can run everywhere', () => {
    assert.deepEqual(engine.probe(), { available: true });
  });

  it('says no more of a recogniser than is known', async (t) => {
    const up = await standIn(t);
    const wire = 'openai-transcriptions';
    const { info } = await load(t, [up.upstream], { wire });
    assert.deepEqual(info, {
      kind: 'stt',
      family: 'test',
      sampleRate: 16_000,
      languages: [],
      voices: [],
      maxWindowMs: 30_000,
      canTranslate: false,
      canDetectLanguage: true,
      canTimeWords: false,
      canPrompt: false,
      concurrency: 16,
    });
    const told = { translate: true, words: true, prompt: true, languages: 'en,de', windowSeconds: 60 };
    const more = (await load(t, [up.upstream], { wire, chooseLanguage: false, ...told })).info;
    assert.deepEqual(
      [more.canTranslate, more.canTimeWords, more.canPrompt, more.languages, more.maxWindowMs],
      [true, true, true, ['en', 'de'], 60_000],
    );
    assert.equal(more.canChooseLanguage, false);
    const biased = (await load(t, [up.upstream], { wire, hotwords: 'keywords' })).info;
    assert.deepEqual([info.canBias, biased.canBias], [undefined, true]);
    await assert.rejects(load(t, [up.upstream], { wire, hotwords: 'yes' }), {
      code: 'model_broken',
      message: /parameters\.hotwords must be one of hotwords, keywords/,
    });
  });

  it('loads while no upstream is up, and works as soon as one is', async (t) => {
    const up = await standIn(t);
    up.health = 503;
    const model = await load(t, [await nobody(t), up.upstream], { wire: 'openai-transcriptions' });
    await assert.rejects(hear(model), { code: 'upstream_unavailable' });
    up.health = 200;
    assert.equal((await insist(() => hear(model)))[0]?.text, 'hello');
  });

  it('knows voices by its entry, or by asking', async (t) => {
    const up = await standIn(t, (_, response) => json(response, { voices: ['vivian'] }));
    const asked = await load(t, [up.upstream], { wire: 'openai-speech', cloning: true });
    assert.deepEqual(asked.info.voices, [{ id: 'vivian', name: 'vivian' }]);
    assert.deepEqual([asked.info.kind, asked.info.sampleRate, asked.info.cloning], ['tts', 24_000, true]);
    const gone = await nobody(t);
    const named = await load(t, [gone], { wire: 'openai-speech', voices: 'alloy, nova', sampleRate: 44_100 });
    assert.deepEqual(
      named.info.voices.map(({ id }) => id),
      ['alloy', 'nova'],
    );
    await assert.rejects(load(t, [gone], { wire: 'openai-speech' }), { code: 'upstream_unavailable' });
  });

  it('refuses an entry that it can make nothing of', async (t) => {
    const faults: [Parameters, RegExp][] = [
      [{ wire: 'smoke signals' }, /parameters.wire must be one of vllm-realtime/],
      [{ wire: 'openai-speech', served: ' ' }, /parameters.served/],
      [{ wire: 'openai-speech', sampleRate: 4 }, /parameters.sampleRate must be a number from/],
      [{ wire: 'openai-speech', streaming: 'yes' }, /parameters.streaming must be true or false/],
    ];
    for (const [parameters, message] of faults)
      await assert.rejects(load(t, [{ url: 'http://127.0.0.1:1' }], parameters), {
        code: 'model_broken',
        message,
      });
    await assert.rejects(load(t, [], { wire: 'openai-speech' }), {
      code: 'upstream_unavailable',
      message: /VOX_UPSTREAMS/,
    });
  });
});

describe('a realtime model', () => {
  /** A stand-in for vLLM's `/v1/realtime` that counts samples and says so when the utterance is over. */
  const counting = async (t: TestContext, answers: boolean) => {
    const up = await standIn(t);
    const sockets = new WebSocketServer({ server: up.server, path: '/v1/realtime' });
    let ended = (): void => {};
    const over = new Promise<void>((resolve) => {
      ended = resolve;
    });
    let begun = (): void => {};
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    sockets.on('connection', (socket) => {
      let samples = 0;
      socket.on('close', ended);
      socket.send('{"type":"session.created","id":"sess-1"}');
      socket.on('message', (data) => {
        const message = JSON.parse(String(data));
        if (message.type === 'input_audio_buffer.append')
          samples += Buffer.from(message.audio, 'base64').length / 2;
        if (message.type !== 'input_audio_buffer.commit') return;
        begun();
        if (message.final && answers)
          socket.send(JSON.stringify({ type: 'transcription.done', text: ` ${samples} samples` }));
      });
    });
    return { upstream: up.upstream, over, started };
  };
  const ROLLING = { segmentMs: 10_000, overlapMs: 800, limitMs: 20_000 };

  it('hears files too, window by window', async (t) => {
    const { upstream } = await counting(t, true);
    const model = await load(t, [upstream], { wire: 'vllm-realtime' }, ROLLING);
    assert.deepEqual([model.info.rolling, model.info.maxWindowMs], [ROLLING, 20_000]);
    assert.equal(model.info.canChooseLanguage, false);
    assert.equal(typeof model.openUtterance, 'function');
    assert.deepEqual(await hear(model), [{ text: '48000 samples', startMs: 0, endMs: 3_000 }]);
  });

  it('is left at once when a file is cancelled', async (t) => {
    const { upstream, started, over } = await counting(t, false);
    const model = await load(t, [upstream], { wire: 'vllm-realtime' });
    const abort = new AbortController();
    const heard = assert.rejects(hear(model, abort.signal), {
      code: 'cancelled',
    });
    await started;
    abort.abort();
    await heard;
    await over;
  });
});
