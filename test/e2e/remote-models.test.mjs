/** Models that run elsewhere, by the command line: pulled without a download, listed, shown; no GPU and no vLLM needed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { wordErrors } from '../../tools/words.mjs';
import { startVllmStandIn } from '../stand-ins/vllm/index.mjs';
import { RATE, spokenPcm } from './live-speech.mjs';
import { homeWith, newHome } from './remote-home.mjs';
import { NO_MODELS, startServer, upload, VOX } from './server.mjs';
import { openStream } from './stream-client.mjs';
import { pcmAsWav } from './wav.mjs';

const SERVED = 'Qwen/Qwen3-ASR-1.7B';
const SENTENCE = 'The quick brown fox jumps over the lazy dog near the garden wall.';
const VOICE = 'qwen3-tts:0.6b';
const VOICE_SERVED = 'Qwen/Qwen3-TTS-12Hz-0.6B-CustomVoice';

async function vox(home, args, env = {}) {
  const child = spawn(process.execPath, [VOX, ...args], {
    env: { ...process.env, VOX_HOME: home, VOX_HOST: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, output };
}

describe('models that run elsewhere', () => {
  it('a pull without an upstream succeeds, and says what starts one; list, show and search say remote', async () => {
    const home = newHome();
    // Nothing listens on port 9 of this machine, and were it so, it would not be vLLM.
    const env = { VOX_UPSTREAMS: 'http://127.0.0.1:9', VOX_UPSTREAM_KEY: 'hunter2' };
    const pulled = await vox(home, ['pull', VOICE], env);
    assert.equal(pulled.code, 0, pulled.output);
    assert.match(pulled.output, new RegExp(`${VOICE_SERVED} is expected at http://127.0.0.1:9`));
    assert.match(pulled.output, /does not answer now/);
    assert.match(pulled.output, /start it with: vllm serve \S+ --omni --port 8091/);
    assert.match(pulled.output, /success/);
    // Pulled once more it is there, and is looked for again.
    assert.match((await vox(home, ['pull', VOICE], env)).output, /does not answer now/);

    assert.match((await vox(home, ['list'], env)).output, /^qwen3-tts:0\.6b\s+tts\s+remote\s/m);
    const [listed] = JSON.parse((await vox(home, ['list', '--json'], env)).output).models;
    assert.deepEqual([listed.size_bytes, listed.remote], [0, true]);
    const shown = (await vox(home, ['show', VOICE], env)).output;
    assert.deepEqual(JSON.parse(shown).config.remote, {
      wire: 'openai-speech',
      served: VOICE_SERVED,
      launch: `vllm serve ${VOICE_SERVED} --omni --port 8091 --trust-remote-code --enforce-eager`,
      upstreams: ['http://127.0.0.1:9'],
    });
    assert.doesNotMatch(shown, /hunter2/);
    assert.match(
      (await vox(home, ['search', 'voxtral'], env)).output,
      /^voxtral-stt:realtime-4b\s+stt\s+remote\s/m,
    );
    // One that was not pulled is described by the catalog.
    const other = JSON.parse((await vox(home, ['show', 'voxtral:realtime-4b'])).output);
    assert.deepEqual(other.remote.upstreams, ['http://127.0.0.1:8000']);
    assert.equal((await vox(home, ['rm', VOICE])).code, 0);
    assert.match((await vox(home, ['list'])).output, /No models/);
  });

  it('a pull finds the server that serves it', async () => {
    const upstream = createServer((_request, response) => {
      response.end(JSON.stringify({ object: 'list', data: [{ id: VOICE_SERVED, object: 'model' }] }));
    });
    await new Promise((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${upstream.address().port}`;
      const { output } = await vox(newHome(), ['pull', VOICE, '--json'], {
        VOX_UPSTREAMS: `${VOICE}=${url}`,
      });
      const statuses = output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).status);
      assert.deepEqual(statuses.slice(-2), [`${url} serves ${VOICE_SERVED} now`, 'success']);
    } finally {
      upstream.close();
    }
  });

  it('a recogniser brings the detector', { skip: NO_MODELS }, async () => {
    const home = homeWith('silero-vad:v5');
    const { code, output } = await vox(home, ['pull', 'voxtral:realtime-4b']);
    assert.equal(code, 0, output);
    const manifest = JSON.parse(
      readFileSync(join(home, 'models/manifests/voxtral-stt/realtime-4b.json'), 'utf8'),
    );
    assert.deepEqual([manifest.engine, manifest.files, manifest.needs], ['remote', [], ['silero-vad:v5']]);
  });

  it('STT_BACKEND=qwen3 needs no pull', async () => {
    const home = newHome();
    const env = {
      VOX_COMPAT: 'stt-ws',
      VOX_BIND: '127.0.0.1',
      STT_BACKEND: 'qwen3',
      STT_VLLM_MODEL: 'me/ears',
    };
    const server = await startServer({ home, env, cwd: home });
    try {
      const { models } = await (await fetch(`${server.url}/api/list`)).json();
      assert.deepEqual(
        models.map(({ name, remote }) => [name, remote]),
        [['remote:me-ears', true]],
      );
      assert.ok(existsSync(join(home, 'models/manifests/remote/me-ears.json')));
      const shown = await (await fetch(`${server.url}/v1/models/remote:me-ears`)).json();
      assert.deepEqual(
        [shown.config.remote.served, shown.config.remote.wire],
        ['me/ears', 'openai-transcriptions'],
      );
    } finally {
      await server.stop();
    }
  });

  it('a recording is heard upstream, and here with a warning once that fails', {
    skip: NO_MODELS,
  }, async () => {
    const vllm = await startVllmStandIn({ model: SERVED, text: 'words from the server', apiKey: 'hunter2' });
    const home = homeWith('silero-vad:v5', 'whisper:tiny.en');
    const speaker = await startServer();
    const pcm = await spokenPcm(speaker.url, [SENTENCE], 900).finally(() => speaker.stop());
    const clip = pcmAsWav(pcm, RATE);
    const server = await startServer({
      home,
      env: {
        VOX_STT_MODEL: SERVED,
        VOX_UPSTREAMS: vllm.url,
        VOX_UPSTREAM_KEYS: 'hunter2',
        VOX_UPSTREAM_FALLBACK: 'whisper:tiny.en',
        VOX_UPSTREAM_STALL: '2s',
      },
    });
    const hear = async () => {
      const fields = { model: '', response_format: 'verbose_json' };
      const answer = await upload(server.url, clip, fields);
      return { status: answer.status, ...(await answer.json()) };
    };
    try {
      const there = await hear();
      assert.equal(there.status, 200, JSON.stringify(there));
      assert.match(there.text, /words from the server/);
      assert.equal(there.warnings, undefined);
      const [loaded] = (await (await fetch(`${server.url}/api/ps`)).json()).models;
      assert.deepEqual([loaded.name, loaded.device, loaded.vram_bytes], ['qwen3-asr', 'remote', 0]);
      // Live, by the neural detector, which another engine runs than the model.
      const live = await openStream(server.url, `/v1/stt/ws?call_id=e2e&sample_rate=${RATE}&vad=silero`);
      await live.get('ready');
      for (let at = 0; at < pcm.length; at += RATE) live.ws.send(pcm.subarray(at, at + RATE));
      const { text, reason } = await live.get('final');
      assert.deepEqual([text.trim(), reason], ['words from the server', 'silence']);
      live.ws.close();
      await vllm.set({ stall: true });
      for (const _ of [1, 2]) {
        const here = await hear();
        assert.equal(here.status, 200, JSON.stringify(here));
        assert.ok(wordErrors(SENTENCE, here.text).errors <= 1, here.text);
        assert.match(here.warnings[0].message, /^whisper:tiny\.en took over: /);
        await vllm.close();
      }
      assert.ok(!server.lines.some((line) => line.includes('hunter2')));
    } finally {
      await server.stop();
      await vllm.close();
    }
  });
});
