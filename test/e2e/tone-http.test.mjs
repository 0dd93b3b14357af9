/**
 * A streaming model over the T-one routes: however audio is cut, what a session says is what the recording says; and what a
 * client may do wrong. `VOX_TEST_SPLITS=200 VOX_TEST_LONG_MINUTES=59` is what was
 * promised; by default it is less of both.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { NO_SHERPA, pcmOf, RATE, SAID, SOUND } from './session-speech.mjs';
import { toneClient } from './tone-client.mjs';
import { startToneServer } from './tone-server.mjs';
import { heardAsWhole, splitsOf } from './tone-splits.mjs';

const SPLITS = splitsOf(16);
/** Minutes of the longest piece: the fixture hears a hundred in one. Four are dozens of slices and several elements of what is kept. */
const LONG_MINUTES = Number(process.env.VOX_TEST_LONG_MINUTES ?? 4);
const texts = (phrases) => phrases.map(({ text }) => text);

describe('a streaming model over the T-one routes', { skip: NO_SHERPA }, () => {
  let server;
  let client;
  before(async () => {
    server = await startToneServer();
    client = toneClient(server.url);
  });
  after(async () => {
    client?.close();
    await server?.stop();
  });

  const chunk = (id, pcm, query = '', type = `audio/L16; rate=${RATE}`) =>
    client.once(`/transcribe/streaming/chunk?state_id=${id}${query}`, pcm, type);

  it(`${SPLITS} random splits, from one sample on: phrases, words and times as of the recording`, async () => {
    const phrases = await heardAsWhole(client, SOUND, SPLITS);
    assert.deepEqual(texts(phrases), SAID);
    assert.ok(phrases.every(({ text, words }) => words.map((word) => word.text).join(' ') === text));
  });

  it('is measured as live streams are', async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const finals = /^vox_live_end_to_final_seconds_count\{model="t-one:fixture"\} (\d+)$/m.exec(metrics)?.[1];
    assert.equal(Number(finals), SPLITS * SAID.length);
  });

  it('pieces out of order, numbers that are none, another rate, an odd one: said, and the session goes on', async () => {
    const [first, second] = [SOUND.subarray(0, 64_000), SOUND.subarray(64_000)];
    const [swapped, doubled] = [await client.create(), await client.create()];
    await Promise.all([client.append(swapped, second, 1), client.append(swapped, first, 0)]);
    for (const [seq, piece] of [first, second].entries()) {
      const answers = await Promise.all([0, 1].map(() => client.append(doubled, piece, seq)));
      assert.deepEqual(answers[0], answers[1]);
    }
    for (const id of [swapped, doubled]) assert.deepEqual(texts((await client.finalize(id)).phrases), SAID);
  });

  it(`a piece of ${LONG_MINUTES} minutes: answered, others meanwhile too, and memory stays small`, async () => {
    const id = await client.create();
    const speech = pcmOf(900, SAID[0], 1500);
    const wav = muLawWav(speech, LONG_MINUTES * 60 * RATE);
    let over = false;
    let heardOf = 0;
    const long = chunk(id, wav, '&seq=0', 'audio/wav').finally(() => {
      over = true;
    });
    // A session of somebody else, which is over long before.
    const other = heardAsWhole(client, SOUND, 1).then(() => assert.equal(over, false));
    while (!over) {
      assert.equal((await fetch(`${server.url}/v1/health`)).status, 200);
      if (!over) heardOf++;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await other;
    const { status, body } = await long;
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.audio_duration, LONG_MINUTES * 60);
    assert.deepEqual(texts(body.phrases), [SAID[0], SAID[0]]);
    const [, second] = body.phrases;
    assert.ok(Math.abs(second.end_time - (LONG_MINUTES * 60 - 1.5)) < 0.1, JSON.stringify(second));
    assert.ok(heardOf >= 10, `${heardOf} answers to others while it was heard`);
    const peak =
      Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1024;
    assert.ok(peak < 450, `${Math.round(peak)} MB`);
  });
});

/** A WAV of a byte a sample, which is decoded: speech, silence, and the same speech at the end. */
function muLawWav(pcm, samples) {
  const wav = Buffer.alloc(44 + samples, 0xff);
  wav.write('RIFF');
  wav.writeUInt32LE(36 + samples, 4);
  wav.write('WAVEfmt ', 8);
  for (const [at, value, bytes] of [
    [16, 16, 4],
    [20, 7, 2],
    [22, 1, 2],
    [24, RATE, 4],
    [28, RATE, 4],
    [32, 1, 2],
    [34, 8, 2],
  ])
    wav.writeUIntLE(value, at, bytes);
  wav.write('data', 36);
  wav.writeUInt32LE(samples, 40);
  for (let at = 0; at < pcm.length / 2; at++) {
    const byte = muLaw(pcm.readInt16LE(2 * at));
    wav[44 + at] = byte;
    wav[44 + samples - pcm.length / 2 + at] = byte;
  }
  return wav;
}

/** G.711. */
function muLaw(sample) {
  const sign = sample < 0 ? 0x80 : 0;
  const value = Math.min(32_635, Math.abs(sample)) + 132;
  const exponent = Math.max(0, 24 - Math.clz32(value));
  return ~(sign | (exponent << 4) | ((value >> (exponent + 3)) & 15)) & 0xff;
}
