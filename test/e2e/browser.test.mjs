/** The client package in a real browser, as ES modules and as documented, with real weights; and the API's own pages. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ROOT } from '../../tools/files.mjs';
import { wordErrors } from '../../tools/words.mjs';
import { NO_CHROMIUM, startChromium } from './chromium.mjs';
import { NO_MODELS, speak, startServer } from './server.mjs';
import { snippets } from './snippets.mjs';

const SENTENCE = 'Please remember to water the plants before you leave the house this evening.';
const STT = 'whisper:tiny.en';
const TTS = 'piper:en-us-joe-medium';
const KEY = 'sesame';
const heard = (text) => {
  const { errors, words } = wordErrors(SENTENCE, text);
  assert.ok(errors / words <= 0.15, text);
};

/** An empty page at `/`, the documented one at `/index.html`, and the client's modules under `/client`. */
async function servePages(documented) {
  const server = createServer(async ({ url }, response) => {
    const html = { '/': '<!doctype html><title>Empty</title><link rel="icon" href="data:,">' }[url];
    if (html ?? url === '/index.html')
      return response.setHeader('content-type', 'text/html').end(html ?? documented());
    const module = await readFile(join(ROOT, 'packages/client/dist', basename(url))).catch(() => undefined);
    if (module === undefined) response.statusCode = 404;
    response.setHeader('content-type', 'text/javascript').end(module);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: server.address().port,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('in a browser', { skip: NO_MODELS || NO_CHROMIUM }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vox-browser-'));
  const clip = join(folder, 'clip.wav');
  let pages;
  let server;
  let browser;
  let page;
  before(async () => {
    pages = await servePages(() =>
      // The documentation's server has no key; this one has.
      snippets('docs/client.md', 'html', `${server.url}', apiKey: '${KEY}`)[0].replace(
        '<title>',
        '<link rel="icon" href="data:,"><title>',
      ),
    );
    server = await startServer({
      env: { VOX_API_KEY: KEY, VOX_CORS_ORIGINS: `http://app.example:${pages.port}` },
    });
    writeFileSync(clip, await speak(server.url, SENTENCE, {}, KEY));
    browser = await startChromium([
      '--host-resolver-rules=MAP app.example 127.0.0.1, MAP other.example 127.0.0.1',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${clip}`,
      '--autoplay-policy=no-user-gesture-required',
    ]);
    page = await browser.openPage();
    await page.goTo(`http://app.example:${pages.port}/`);
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
    await pages?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Calls a function in the page with a client of the server as its first parameter. */
  const withClient = (work, { key = KEY, at = page } = {}, ...values) =>
    at.call(
      `async (baseUrl, apiKey, ...values) => {
        const { VoxClient, VoxClientError } = await import('/client/index.js');
        globalThis.client = new VoxClient({ baseUrl, apiKey });
        globalThis.failure = async (promise) => {
          const error = await promise.then(() => undefined, (error) => error);
          return VoxClientError.is(error) ? [error.status, error.code, error.message] : [String(error)];
        };
        return (${work})(globalThis.client, ...values);
      }`,
      server.url,
      key,
      ...values,
    );

  it('a page of an allowed origin asks for health and models', async () => {
    const [health, models] = await withClient(async (client) => [await client.health(), await client.list()]);
    assert.equal(health.status, 'ok');
    assert.ok(models.some(({ name }) => name === STT));
  });

  it('speaks, and transcribes what was spoken', async () => {
    const { type, head, text, words } = await withClient(
      async (client, model, voice, input) => {
        const speech = await client.speak({ model: voice, input, whole: true });
        const parts = [];
        for await (const part of speech.audio) parts.push(part);
        globalThis.wav = new Blob(parts, { type: speech.contentType });
        const head = await globalThis.wav.slice(0, 4).text();
        const transcript = await client.transcribe({ model, file: globalThis.wav, words: true });
        return { type: speech.contentType, head, ...transcript };
      },
      {},
      STT,
      TTS,
      SENTENCE,
    );
    assert.deepEqual([type, head], ['audio/wav', 'RIFF']);
    heard(text);
    assert.ok(words.length >= 12 && words.every(({ start, end }) => end >= start));
  });

  it('listens to a ReadableStream: partials, then the whole', async () => {
    const { messages, cancelled } = await withClient(
      async (client, model) => {
        const bytes = new Uint8Array(await globalThis.wav.arrayBuffer());
        const sampleRate = new DataView(bytes.buffer).getUint32(24, true);
        const messages = [];
        const partials = () => messages.filter(({ is_partial }) => is_partial).length;
        // A tenth of a second at a time, as fast as it was spoken; over again where a busy machine had no time for a partial.
        const step = 2 * Math.round(sampleRate / 10);
        let at = 44;
        let rounds = 1;
        let cancelled = false;
        const audio = new ReadableStream({
          async pull(controller) {
            await new Promise((resolve) => setTimeout(resolve, 100));
            controller.enqueue(bytes.subarray(at, at + step));
            at += step;
            if (at < bytes.length) return;
            if (partials() > 0 || rounds === 4) return controller.close();
            rounds++;
            at = 44;
          },
          cancel() {
            cancelled = true;
          },
        });
        for await (const one of client.listen({ model, audio, sampleRate, partials: true }))
          messages.push(one);
        return { messages, cancelled };
      },
      {},
      STT,
    );
    const transcripts = messages.filter(({ type }) => type === 'transcript');
    assert.ok(transcripts.filter(({ is_partial }) => is_partial).length >= 1, JSON.stringify(messages));
    const whole = transcripts.filter(({ is_partial }) => !is_partial);
    assert.match(whole[0].text, /water the plants before you leave/i);
    assert.equal(cancelled, false);
  });

  it('follows the pull of a model', async () => {
    const progress = await withClient(
      async (client, model) => {
        const all = [];
        for await (const one of client.pull(model)) all.push(one.status);
        return all;
      },
      {},
      STT,
    );
    assert.equal(progress[0], `pulling ${STT}`);
    assert.equal(progress.at(-1), 'success');
  });

  it('a signal ends what is under way, with its own reason, and the microphone goes off', async () => {
    const [listened, off, spoken, transcribed] = await withClient(
      async (client, model, voice) => {
        const stop = new AbortController();
        const options = { signal: stop.signal };
        let off;
        const switchedOff = new Promise((resolve) => {
          off = resolve;
        });
        const silence = new ReadableStream({
          start: (controller) => controller.enqueue(new Uint8Array(3200)),
          cancel: () => off('off'),
        });
        const heard = client.listen({ model, audio: silence }, options).next();
        const speech = client.speakStream({ model: voice, text: 'A first sentence. And one more.' }, options);
        await speech.next();
        const waiting = client.transcribe({ model, file: globalThis.wav }, options);
        stop.abort(new Error('enough'));
        const rest = (async () => {
          for await (const _ of speech);
        })();
        return [
          await globalThis.failure(heard),
          await switchedOff,
          await globalThis.failure(rest),
          await globalThis.failure(waiting),
        ];
      },
      {},
      STT,
      TTS,
    );
    assert.deepEqual(
      [listened, off, spoken, transcribed],
      [['Error: enough'], 'off', ['Error: enough'], ['Error: enough']],
    );
  });

  it('a wrong key is told, on streams too', async () => {
    const wrong = (key) =>
      withClient(
        async (client) => [
          await globalThis.failure(client.list()),
          await globalThis.failure(client.listen({ audio: [] }).next()),
        ],
        { key },
      );
    for (const key of ['wrong', 'wrong key'])
      assert.deepEqual(
        (await wrong(key)).map(([status, code]) => [status, code]),
        [
          [401, 'unauthorized'],
          [401, 'unauthorized'],
        ],
      );
  });

  it('a page of another origin learns how it could be allowed', async () => {
    const other = await browser.openPage();
    const origin = `http://other.example:${pages.port}`;
    await other.goTo(`${origin}/`);
    const refused = await withClient(
      async (client) => [
        await globalThis.failure(client.list()),
        await globalThis.failure(client.listen({ audio: [] }).next()),
      ],
      { at: other },
    );
    for (const [status, code, message] of refused) {
      assert.deepEqual([status, code], [0, 'unreachable']);
      assert.ok(message.includes(`VOX_CORS_ORIGINS=${origin}`), message);
    }
  });

  it('the documented page listens to a microphone, and speaks', async () => {
    const documented = await browser.openPage();
    await documented.goTo(`http://127.0.0.1:${pages.port}/index.html`);
    const click = (id) => documented.call((one) => document.querySelector(one).click(), id);
    const said = () => document.querySelector('#said').textContent;
    await click('#listen');
    await documented.until(() => /plants/i.test(document.querySelector('#said').textContent));
    await click('#stop');
    await documented.until(() => /\(stopped\)$/.test(document.querySelector('#said').textContent));
    assert.match(await documented.call(said), /water the plants/i);
    await documented.call(() => {
      const play = HTMLMediaElement.prototype.play;
      HTMLMediaElement.prototype.play = function () {
        this.addEventListener('ended', () => {
          globalThis.played = this.duration;
        });
        return play.call(this);
      };
    });
    await click('#speak');
    assert.ok((await documented.until(() => globalThis.played)) > 1);
    assert.deepEqual(documented.troubles, []);
  });

  for (const [path, there] of [
    ['/docs', () => document.querySelectorAll('.opblock').length],
    ['/redoc', () => document.querySelectorAll('[data-section-id]').length],
  ])
    it(`${path} draws every route, and the console stays silent`, async () => {
      const viewer = await browser.openPage();
      await viewer.goTo(`${server.url}${path}`);
      await viewer.until(there);
      const { paths } = await (await fetch(`${server.url}/openapi.json`)).json();
      const operations = Object.values(paths).flatMap(Object.keys).length;
      assert.ok((await viewer.call(there)) >= operations, `${operations} operations`);
      const picture = await viewer.picture();
      assert.ok(picture.length > 20_000, `a picture of ${picture.length} bytes shows nothing`);
      if (process.env.VOX_TEST_PICTURES)
        writeFileSync(join(process.env.VOX_TEST_PICTURES, `${basename(path)}.png`), picture);
      assert.deepEqual(viewer.troubles, []);
    });
});
