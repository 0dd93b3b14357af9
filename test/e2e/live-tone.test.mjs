/** A streaming model behind a real server: what is said over `/v1/stt/ws` comes back, several calls at once in one runner. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { floatToInt16 } from '../../packages/audio/dist/index.js';
import { BYTES_PER_MS, RATE, sendInRealTime } from './live-speech.mjs';
import { openStream } from './stream-client.mjs';
import { toneSpeech } from './tone-home.mjs';
import { startToneServer } from './tone-server.mjs';
import { until } from './waiting.mjs';

function sherpaIsThere() {
  try {
    createRequire(new URL('../../engines/sherpa/package.json', import.meta.url)).resolve('sherpa-onnx-node');
    return true;
  } catch {
    return false;
  }
}

/** PCM16 of texts and, between them, ms of silence. */
function pcmOf(...hears) {
  return Buffer.concat(
    hears.map((piece) => {
      if (typeof piece === 'number') return Buffer.alloc(piece * BYTES_PER_MS);
      return floatToInt16(toneSpeech(piece, RATE));
    }),
  );
}

describe('/v1/stt/ws on a streaming model', {
  skip: !sherpaIsThere() && 'sherpa-onnx-node is not installed',
}, () => {
  let server;
  before(async () => {
    server = await startToneServer();
  });
  after(async () => {
    await server?.stop();
  });

  it('four calls at once, two utterances each, and nobody hears another', async () => {
    const said = [
      ['привет мир', 'да'],
      ['молоко', 'нет и нет'],
      ['хорошо', 'ещё раз'],
      ['а я иду', 'домой'],
    ];
    await Promise.all(
      said.map(async ([first, second], at) => {
        const stream = await openStream(server.url, `/v1/stt/ws?call_id=tone-${at}&sample_rate=${RATE}`);
        await stream.get('ready');
        await sendInRealTime(stream.ws, pcmOf(600, first, 1500, second, 1500));
        stream.send({ type: 'commit' });
        const finals = () => stream.told.filter(({ type, text }) => type === 'final' && text !== '');
        await until(`two finals of call ${at}`, () => finals().length >= 2);
        assert.deepEqual(
          finals().map(({ text }) => text),
          [first, second],
        );
        assert.ok(stream.told.some(({ type, text }) => type === 'partial' && first.startsWith(text)));
        stream.ws.close();
      }),
    );
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const of = (part) =>
      Number(new RegExp(`^vox_live_batch_streams_${part}{[^}]*} (.+)$`, 'm').exec(metrics)?.[1]);
    assert.ok(of('sum') > of('count'), `${of('sum')} streams in ${of('count')} steps`);
  });
});
