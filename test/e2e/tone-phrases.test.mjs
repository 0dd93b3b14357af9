/**
 * T-one's rules of phrases on both engines, in a recording and in a session by id: 0.6 s of silence, 60 s at most, at the lateness of
 * the published weights. `VOX_TEST_SPLITS=200` is what was promised; by default it is less.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { NO_SHERPA, pcmOf, RATE, SAID, SOUND } from './session-speech.mjs';
import { toneClient } from './tone-client.mjs';
import { NO_ONNX } from './tone-home.mjs';
import { startToneServer } from './tone-server.mjs';
import { heardAsWhole, splitsOf } from './tone-splits.mjs';

const SPLITS = splitsOf(4);
/** Of the published weights: it may not shorten the longest phrase. */
const LATE = { lateMs: 330 };
/** Seconds. */
const LONGEST = 60;
/** 72 s without a pause; it begins between two chunks, and a word lies across the minute. */
const SPEECH = Array.from({ length: 145 }, (_, at) => ['молоко', 'мир', 'да', 'хорошо'][at % 4]).join(' ');
const LONG = pcmOf(1140, SPEECH, 1500, 'да', 420);
/** The words that are said: no other is likely. */
const WORDS = [...new Set(SAID.flatMap((text) => text.split(' ')))];
const ARPA = [
  `\\data\\\nngram 1=${WORDS.length + 3}\n\n\\1-grams:`,
  '-1\t</s>',
  '-99\t<s>',
  '-3\t<unk>',
  ...WORDS.map((word) => `-1\t${word}`),
  '\n\\end\\\n',
].join('\n');

/** The sound's samples, each repeated as often as another rate needs. */
function atRate(pcm, rate) {
  const samples = new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length / 2);
  const made = Int16Array.from(
    { length: Math.floor((samples.length * rate) / RATE) },
    (_, at) => samples[Math.floor((at * RATE) / rate)],
  );
  return Buffer.from(made.buffer);
}

for (const [engine, skip, search, decoders] of [
  ['sherpa', NO_SHERPA, undefined, [undefined]],
  ['onnx', NO_ONNX, ARPA, ['greedy', 'beam']],
])
  describe(`phrases of T-one on ${engine}`, { skip }, () => {
    let server;
    let client;
    before(async () => {
      server = await startToneServer(search, LATE);
      client = toneClient(server.url);
    });
    after(async () => {
      client?.close();
      await server?.stop();
    });

    for (const decoder of decoders)
      it(`${SPLITS} random splits${decoder ? ` by ${decoder}` : ''}: as of the recording`, async () => {
        const phrases = await heardAsWhole(client, SOUND, SPLITS, { decoder });
        assert.deepEqual(
          phrases.map(({ text }) => text),
          SAID,
        );
      });

    for (const rate of [16_000, 44_100])
      it(`the same at ${rate} Hz`, async () => {
        const phrases = await heardAsWhole(client, atRate(SOUND, rate), 2, { decoder: decoders[0], rate });
        assert.equal(phrases.length, SAID.length);
      });

    it('speech without a pause is cut after 60 s, and nothing of it is lost', async () => {
      const phrases = await heardAsWhole(client, LONG, 2, { decoder: decoders[0] });
      const [first, second, last] = phrases;
      assert.equal(phrases.length, 3);
      assert.equal(first.text + second.text, SPEECH);
      assert.equal(last.text, 'да');
      const { start_time: start, end_time: end } = first;
      assert.ok(Math.abs(end - start - LONGEST) < 0.031, `${start} to ${end} s`);
      assert.ok(second.start_time - end < 0.061, `${end} s, then ${second.start_time} s`);
    });
  });
