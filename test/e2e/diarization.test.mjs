/** Speakers told apart in real speech, by channel and by voice. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { wordErrors } from '../../tools/words.mjs';
import { diarizationHome } from './diarization-home.mjs';
import { NO_MODELS, NO_SHARED_AUDIO, SHARED_AUDIO, startServer, upload } from './server.mjs';
import { channelsAsWav, later, leaking, samplesOf } from './stereo.mjs';

const RATE = 16_000;
const clip = (name) => samplesOf(join(SHARED_AUDIO, name));
const { home, reason: NO_VOICES } = NO_SHARED_AUDIO ? { reason: NO_SHARED_AUDIO } : await diarizationHome();

/** What each voice of two-speakers-stereo.wav says, as faster-whisper's own test has it. */
const LEFT =
  'He began a confused complaint against the wizard, who had vanished behind the curtain on the left.';
const RIGHT = 'The horizon seems extremely distant.';
const KENNEDY =
  'And so my fellow Americans ask not what your country can do for you ask what you can do for your country.';
const AUSTEN = 'Unless to be rather cold hearted and rather selfish is to be ill disposed.';
const READER = 'Ever tried. Ever failed. No matter. Try again. Fail again. Fail better.';

/** Words that each speaker is wrong by, and says. */
function told(body, expected) {
  const said = new Map();
  for (const { speaker, text } of body.segments) said.set(speaker, `${said.get(speaker) ?? ''} ${text}`);
  assert.deepEqual([...said.keys()].sort(), Object.keys(expected).sort(), body.text);
  let errors = 0;
  let words = 0;
  for (const [speaker, text] of Object.entries(expected)) {
    const found = wordErrors(text, said.get(speaker));
    errors += found.errors;
    words += found.words;
  }
  return { errors, words };
}

describe('speakers told apart', { skip: NO_MODELS || NO_SHARED_AUDIO }, () => {
  let server;
  /** One reader, then another. */
  const call = (first = 'jfk.wav') => {
    const left = clip(first);
    return [left, later(clip('beckett.wav'), left.length)];
  };
  const ask = async (bytes, fields = {}, options = {}) => {
    const request = { model: 'whisper:base', response_format: 'diarized_json', ...fields };
    const answer = await upload(server.url, bytes, request, options);
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    return JSON.parse(text);
  };
  before(async () => {
    server = await startServer(home === undefined ? {} : { home });
  });
  after(() => server?.stop());

  it('two voices at once on two channels: each says its own words, in the order they began', async (t) => {
    const body = await ask(readFileSync(join(SHARED_AUDIO, 'two-speakers-stereo.wav')));
    const { errors, words } = told(body, { A: LEFT, B: RIGHT });
    t.diagnostic(`two-speakers-stereo.wav: ${errors} of ${words} words wrong`);
    assert.ok(errors / words <= 0.1, body.text);
    const starts = body.segments.map(({ start }) => start);
    assert.deepEqual(
      starts,
      [...starts].sort((a, b) => a - b),
    );
    assert.equal(body.duration, 5);
  });

  it('what leaks quietly to the other channel is not said twice', async (t) => {
    const [left, right] = call();
    // 8 % is -22 dB; 100 ms is an echo of a call.
    const leaky = [leaking(left, right, 0.08, RATE / 10), leaking(right, left, 0.08, RATE / 10)];
    const { errors, words } = told(await ask(channelsAsWav(leaky, RATE)), { A: KENNEDY, B: READER });
    t.diagnostic(`a call with echo: ${errors} of ${words} words wrong`);
    assert.ok(errors / words <= 0.1, `${errors} of ${words}`);
  });

  it('a compressed call keeps its channels', {
    skip: !process.env.VOX_TEST_FFMPEG && 'no ffmpeg',
  }, async () => {
    const flags = ['-hide_banner', '-loglevel', 'error', '-i', 'pipe:0', '-f', 'flac', 'pipe:1'];
    const flac = execFileSync(process.env.VOX_TEST_FFMPEG, flags, {
      input: readFileSync(join(SHARED_AUDIO, 'two-speakers-stereo.wav')),
    });
    const { errors, words } = told(await ask(flac, {}, { name: 'call.flac' }), { A: LEFT, B: RIGHT });
    assert.ok(errors / words <= 0.1, `${errors} of ${words}`);
  });

  it('by channel takes more than one', async () => {
    const fields = { model: 'whisper:base', response_format: 'diarized_json', diarize_by: 'channel' };
    const answer = await upload(server.url, channelsAsWav([clip('jfk.wav')], RATE), fields);
    assert.equal(answer.status, 400);
    assert.equal((await answer.json()).error.param, 'diarize_by');
  });

  describe('by voice', { skip: NO_VOICES }, () => {
    const mono = () => {
      const [left, right] = call('austen-2.wav');
      return leaking(left, right, 1, 0);
    };

    it('one channel, two speakers one after the other', async (t) => {
      const body = await ask(channelsAsWav([mono()], RATE));
      const { errors, words } = told(body, { A: AUSTEN, B: READER });
      t.diagnostic(`two readers in one channel: ${errors} of ${words} words wrong`);
      assert.ok(errors / words <= 0.1, body.text);
    });

    it('a known speaker has a name, by voice (a copy on two channels is no call) and by channel; others have letters', async () => {
      // The reader of beckett.wav reads two-cities.wav too.
      const reference = channelsAsWav([clip('two-cities.wav').subarray(RATE, 9 * RATE)], RATE);
      const known = {
        'known_speaker_names[]': ['Reader'],
        'known_speaker_references[]': [`data:audio/wav;base64,${reference.toString('base64')}`],
      };
      const copied = channelsAsWav([mono(), mono().map((one) => one / 2)], RATE);
      told(await ask(copied, known), { A: AUSTEN, Reader: READER });
      told(await ask(channelsAsWav(call('austen-2.wav'), RATE), known), { A: AUSTEN, Reader: READER });
    });

    it('recordings of known speakers that are no use are named', async () => {
      const cut = (seconds) => channelsAsWav([clip('jfk.wav').subarray(0, seconds * RATE)], RATE);
      for (const [bytes, why] of [
        [cut(1), /\[0\] lasts 1\.0 s/],
        [cut(10.8), /\[0\] is longer than 10 s/],
        [Buffer.from('not audio at all'), /\[0\] can't be read as audio/],
      ]) {
        const answer = await upload(server.url, channelsAsWav([mono()], RATE), {
          model: 'whisper:base',
          response_format: 'diarized_json',
          'known_speaker_names[]': ['X'],
          'known_speaker_references[]': [`data:audio/wav;base64,${bytes.toString('base64')}`],
        });
        const { error } = await answer.json();
        assert.equal(answer.status, 400, error.message);
        assert.equal(error.param, 'known_speaker_references');
        assert.match(error.message, why);
      }
    });
  });
});
