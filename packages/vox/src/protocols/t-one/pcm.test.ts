import assert from 'node:assert/strict';
import { test } from 'node:test';
import { floatToInt16 } from '@vox-speech/audio';
import fc from 'fast-check';
import { ramp, serve, wav } from './serve.test.support.js';

const SAMPLES = 2_000;
const PCM = Buffer.from(floatToInt16(ramp(SAMPLES)));

/** Cuts `length` at these shares of it. */
function cuts(length: number, shares: readonly number[]): [number, number][] {
  const at = [0, ...shares.map((share) => Math.floor(share * length)).sort((a, b) => a - b), length];
  return at.slice(1).flatMap((to, index) => (to > (at[index] ?? 0) ? [[at[index] ?? 0, to]] : []));
}

const SHARES = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 });

test('WAVs of any length, and samples cut at any byte, arrive as they left', async (t) => {
  const { start, send, call, sessions } = await serve(t);
  await fc.assert(
    fc.asyncProperty(SHARES, async (shares) => {
      const [files, bare] = [await start(), await start()];
      for (const [from, to] of cuts(SAMPLES, shares)) await send(files, wav(ramp(to - from, from)));
      for (const [from, to] of cuts(PCM.length, shares)) {
        const headers = { 'content-type': 'audio/L16; rate=8000' };
        const body = new Uint8Array(PCM.subarray(from, to));
        const path = `/transcribe/streaming/chunk?state_id=${bare}`;
        assert.equal((await call(path, { body, headers })).status, 200);
      }
      for (const id of [files, bare]) {
        assert.deepEqual(sessions.heard.get(id)?.pcm, PCM);
        assert.deepEqual([...(sessions.heard.get(id)?.rates ?? [])], [8000]);
      }
    }),
    { numRuns: 15 },
  );
});

test('stereo, floats and other widths are decoded at their own rate', async (t) => {
  const { start, send, sessions } = await serve(t);
  const id = await start();
  const stereo = new Int16Array(200).fill(1000);
  const fields = { input_format: 'pcm16', sample_rate: '44100', channels: '2' };
  assert.equal((await send(id, new Blob([stereo]), fields)).status, 200);
  assert.deepEqual(sessions.heard.get(id)?.pcm, Buffer.from(new Int16Array(100).fill(1000).buffer));
  assert.deepEqual([...(sessions.heard.get(id)?.rates ?? [])], [44_100]);
  const cut = await send(id, new Blob([new Uint8Array(399)]), fields);
  assert.equal(cut.status, 400);
  assert.match(String(cut.body.detail), /399 bytes.*frames of 4 bytes/);
  const floats = await start();
  const made = new Blob([Float32Array.from([0.5, -0.5])]);
  await send(floats, made, { input_format: 'f32le', sample_rate: '16000' });
  assert.deepEqual(sessions.heard.get(floats)?.pcm, Buffer.from(new Int16Array([16_384, -16_384]).buffer));
});

test('a wrong rate and a WAV that ends in half a sample', async (t) => {
  const { start, send, sessions } = await serve(t);
  const id = await start();
  const wrong = await send(id, new Blob([PCM]), { input_format: 'pcm16', sample_rate: '7' });
  assert.equal(wrong.status, 400);
  assert.match(String(wrong.body.detail), /sample_rate must be a number from 1000/);
  const half = new Blob([wav(ramp(3)), new Uint8Array(1)]);
  assert.equal((await send(id, half)).status, 200);
  assert.equal(sessions.heard.get(id)?.pcm.length, 6);
});

test('encoded files go through the decoder at the rate that they state', async (t) => {
  const { start, send, sessions, runtime } = await serve(t);
  const id = await start();
  // STREAMINFO of 8000 Hz; the stand-in decoder gives back what it is given.
  const flac = new Uint8Array(100);
  flac.set([0x66, 0x4c, 0x61, 0x43, 0, 0, 0, 34]);
  flac.set([0x01, 0xf4, 0x00], 18);
  assert.equal((await send(id, new Blob([flac]))).status, 200);
  assert.deepEqual(runtime.asked.decodeStream, ['flac']);
  assert.deepEqual([...(sessions.heard.get(id)?.rates ?? [])], [8000]);
});
