/** However audio is cut, what a session by id says is what the recording says: phrases, words and times. */
import assert from 'node:assert/strict';
import { cut, RATE, randoms } from './session-speech.mjs';

const SEED = Number(process.env.VOX_TEST_SEED ?? 7);
/** Sessions at once: more would be refused, as a machine of two processors can't hear them in real time. */
const AT_ONCE = 10;

/** How often the property is tried: `VOX_TEST_SPLITS`, 200 as was promised, else so often. */
export const splitsOf = (usually) => Number(process.env.VOX_TEST_SPLITS ?? usually);

/**
 * Sends plain samples in random pieces of half a sample to 5 s, a session for each of `splits`. Returns the recording's phrases.
 * @param decoder absent = the model's own
 * @param rate of the samples, in Hz
 */
export async function heardAsWhole(client, sound, splits, { decoder, rate = RATE } = {}) {
  const wishes = decoder === undefined ? {} : { decoder };
  const { phrases, audio_duration } = await client.transcribe(sound, wishes, rate);
  const random = randoms(SEED);
  const waiting = Array.from({ length: splits }, (_, at) => [at, cut(sound, random, rate)]);
  const one = async ([at, pieces]) => {
    const id = await client.create(wishes);
    const told = [];
    for (const [seq, pcm] of pieces.entries())
      told.push(...(await client.append(id, pcm, seq, rate)).phrases);
    const last = await client.finalize(id, { new_only: 'true' });
    const whole = await client.finalize(id);
    const which = `split ${at} of seed ${SEED}, ${pieces.length} pieces`;
    assert.equal(whole.audio_duration, audio_duration, which);
    assert.deepEqual([...told, ...last.phrases], whole.phrases, which);
    same(whole.phrases, phrases, which);
  };
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await one(next);
    }),
  );
  return phrases;
}

/** The same words, and each time within 10 ms. */
function same(found, wanted, which) {
  assert.deepEqual(timeless(found), timeless(wanted), which);
  const [a, b] = [found, wanted].map((phrases) =>
    phrases
      .flatMap((phrase) => [phrase, ...phrase.words])
      .flatMap(({ start_time, end_time }) => [start_time, end_time]),
  );
  for (const [at, time] of a.entries())
    assert.ok(Math.abs(time - b[at]) <= 0.0101, `${which}: ${time} s, and ${b[at]} s in the recording`);
}

const timeless = (phrases) => phrases.map(({ text, words }) => [text, words.map((word) => word.text)]);
