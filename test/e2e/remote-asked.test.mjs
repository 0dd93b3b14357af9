/**
 * What a client asks reaches a server with a GPU: words to expect, from every dialect, and the voice of a recording. The
 * servers are stand-ins for vLLM and vLLM-Omni: they prove what is sent, nothing about what a model makes of it.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startVllmStandIn } from '../stand-ins/vllm/index.mjs';
import { replayHome, tone } from './replay-home.mjs';
import { jsonBody, startServer, upload } from './server.mjs';
import { openStream } from './stream-client.mjs';
import { until } from './waiting.mjs';

const LIST = ['Ödön von Horváth', 'Vox'];

/** A model that a server is said to have. */
function remoteModel(home, reference, kind, parameters) {
  const [name, tag] = reference.split(':');
  const folder = join(home, 'models/manifests', name);
  mkdirSync(folder, { recursive: true });
  const manifest = {
    schemaVersion: 1,
    reference,
    kind,
    family: name,
    engine: 'remote',
    description: 'on a stand-in',
    license: { id: 'Apache-2.0' },
    languages: ['en'],
    needs: kind === 'stt' ? ['silero-vad:v5'] : [],
    parameters,
    files: [],
    origin: 'test',
    recipe: 'test',
    companion: false,
    pulledAt: '2026-01-01T00:00:00.000Z',
  };
  writeFileSync(join(folder, `${tag}.json`), JSON.stringify(manifest));
}

describe('what is asked, on servers', () => {
  const { home, remove } = replayHome({});
  let ears;
  let mouth;
  let server;
  before(async () => {
    ears = await startVllmStandIn({ model: 'ears', text: 'heard' });
    mouth = await startVllmStandIn({ model: 'mouth' });
    const hears = { wire: 'openai-transcriptions', served: 'ears' };
    remoteModel(home, 'ears:vllm', 'stt', { ...hears, hotwords: 'hotwords' });
    remoteModel(home, 'ears:prompted', 'stt', { ...hears, prompt: true });
    remoteModel(home, 'ears:plain', 'stt', hears);
    remoteModel(home, 'mouth:clone', 'tts', {
      ...{ wire: 'openai-speech', served: 'mouth', voices: 'tone', streaming: true },
      ...{ cloning: true, cloningNeedsText: true },
    });
    server = await startServer({ home, env: { VOX_UPSTREAMS: `${ears.url},mouth:clone=${mouth.url}` } });
  });
  after(async () => {
    await server?.stop();
    await ears?.close();
    await mouth?.close();
    remove();
  });
  const asked = () => ears.stats().requests.at(-1).fields;

  it('words to expect go with each window, as the server takes them', async () => {
    const rows = [
      ['ears:vllm', LIST.join(','), undefined, undefined],
      ['ears:prompted', undefined, `A talk. ${LIST.join(', ')}`, undefined],
      ['ears:plain', undefined, undefined, ['prompt', 'keywords']],
    ];
    for (const [model, hotwords, prompt, warned] of rows) {
      const fields = { model, keywords: JSON.stringify(LIST) };
      const more = model === 'ears:vllm' ? {} : { prompt: 'A talk.' };
      const answer = await upload(server.url, tone(2), { ...fields, ...more });
      const body = await answer.json();
      assert.deepEqual([answer.status, body.text], [200, 'heard'], JSON.stringify(body));
      assert.deepEqual([asked().hotwords, asked().prompt], [hotwords, prompt], model);
      assert.deepEqual(
        body.warnings?.map(({ option }) => option),
        warned,
      );
    }
  });

  it('and with live speech; who takes none says so once', async () => {
    for (const [model, hotwords, warned] of [
      ['ears:vllm', LIST.join(','), []],
      ['ears:plain', undefined, ['hotwords']],
    ]) {
      const query = new URLSearchParams({ call_id: 'c', sample_rate: '16000', vad: 'energy', model });
      const live = await openStream(
        server.url,
        `/v1/stt/ws?${query}&hotwords=${encodeURIComponent(LIST.join(','))}`,
      );
      await live.get('ready');
      for (let at = 0; at < 2; at++) {
        live.ws.send(tone(2).subarray(44));
        live.ws.send(JSON.stringify({ type: 'commit' }));
        await until('a final', () => live.told.filter(({ type }) => type === 'final').length > at);
      }
      live.ws.close();
      const finals = live.told.filter(({ type }) => type === 'final');
      for (const { text } of finals) assert.equal(text.trim(), 'heard');
      const warnings = live.told.flatMap((message) => message.warnings ?? []);
      assert.deepEqual(
        warnings.map(({ option }) => option),
        warned,
        model,
      );
      assert.equal(asked().hotwords, hotwords, model);
    }
  });

  it('a voice made as OpenAI makes it is spoken with by its recording and its words', async () => {
    const post = async (path, fields) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields))
        if (Buffer.isBuffer(value)) form.append(name, new Blob([value]), 'a.wav');
        else form.append(name, value);
      const answer = await fetch(`${server.url}/v1/audio/${path}`, { method: 'POST', body: form });
      assert.equal(answer.status, 200, await answer.clone().text());
      return answer.json();
    };
    const consent = await post('voice_consents', { recording: tone(2), name: 'Ada', language: 'en-US' });
    const sample = { audio_sample: tone(2), name: 'Ada', reference_text: 'One two.' };
    const voice = await post('voices', { ...sample, consent: consent.id });
    const say = { model: 'mouth:clone', input: 'Hello.', voice: { id: voice.id }, response_format: 'pcm' };
    const answer = await fetch(`${server.url}/v1/audio/speech`, jsonBody(say));
    assert.equal(answer.status, 200);
    assert.ok((await answer.arrayBuffer()).byteLength > 10_000);
    const { fields } = mouth.stats().requests.at(-1);
    assert.deepEqual([fields.voice, fields.ref_text], [undefined, 'One two.']);
    assert.match(fields.ref_audio, /^data:audio\/wav;base64,UklGR/);
  });
});
