import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeWav, floatToInt16 } from '@vox-speech/audio';
import type { Pcm, SynthesizeOptions } from '@vox-speech/contract';
import { discoverVoices, synthesize } from './speech.js';
import { all, events, json, modelOn, NEVER, standIn, until } from './upstream.test-support.js';

const PLAIN: SynthesizeOptions = { voice: 'default', speed: 1 };
const SPEECH = { wire: 'openai-speech' };
/** A ramp, so that no sample is like its neighbour. */
const SAMPLES = Float32Array.from({ length: 24_000 }, (_, i) => Math.fround(((i % 1000) - 500) / 1024));
const RAW = Buffer.from(floatToInt16(SAMPLES));

function joined(pieces: readonly Pcm[]): number[] {
  return pieces.flatMap(({ samples }) => [...samples]);
}

const SAME = [...SAMPLES.map((sample) => Math.round(sample * 32_768) / 32_768)];

describe('speech from elsewhere', () => {
  it('comes as it is made, cut at odd bytes', async (t) => {
    let more = (): void => {};
    const up = await standIn(t, async (_, response) => {
      response.writeHead(200, { 'content-type': 'audio/pcm' });
      response.write(RAW.subarray(0, 1001));
      await new Promise<void>((resolve) => {
        more = resolve;
      });
      response.end(RAW.subarray(1001));
    });
    const spoken = synthesize(modelOn(t, [up.upstream], SPEECH), 'vivian', 'Hello.', PLAIN, NEVER);
    const first = await spoken.next();
    assert.ok(!first.done && first.value.samples.length === 500, 'before the rest is made');
    more();
    assert.deepEqual(joined([first.value, ...(await all(spoken))]), SAME);
    assert.deepEqual(JSON.parse(String(up.asked[0]?.body)), {
      model: 'test/model',
      input: 'Hello.',
      response_format: 'pcm',
      stream_format: 'audio',
      voice: 'vivian',
    });
  });

  it('is whole at other speeds, and in the language asked for', async (t) => {
    const up = await standIn(t, (_, response) => {
      response.writeHead(200, { 'content-type': 'audio/wav' });
      response.end(encodeWav(SAMPLES, 24_000));
    });
    const model = modelOn(t, [up.upstream], { ...SPEECH, languages: 'en, de', task: 'CustomVoice' });
    const options = { voice: 'ryan', speed: 1.5, language: 'de' };
    assert.deepEqual(joined(await all(synthesize(model, 'vivian', 'Hallo.', options, NEVER))), SAME);
    assert.deepEqual(JSON.parse(String(up.asked[0]?.body)), {
      model: 'test/model',
      input: 'Hallo.',
      speed: 1.5,
      response_format: 'wav',
      language: 'German',
      task_type: 'CustomVoice',
      voice: 'ryan',
    });
  });

  it('is told how to speak where it can be', async (t) => {
    const up = await standIn(t, (_, response) => void response.end(RAW));
    for (const instructions of [true, false]) {
      const model = modelOn(t, [up.upstream], { ...SPEECH, instructions });
      await all(synthesize(model, 'a', 'Hello.', { ...PLAIN, instructions: 'Softly.' }, NEVER));
      const sent = JSON.parse(String(up.asked.at(-1)?.body));
      assert.equal(sent.instructions, instructions ? 'Softly.' : undefined);
    }
  });

  it('is brought to the rate of the model, by the header of a WAV or of the answer', async (t) => {
    const types = ['audio/pcm;rate=24000', 'audio/wav'];
    for (const type of types) {
      const up = await standIn(t, (_, response) => {
        response.writeHead(200, { 'content-type': type });
        response.end(type === 'audio/wav' ? encodeWav(SAMPLES, 24_000) : RAW);
      });
      const model = modelOn(t, [up.upstream], { ...SPEECH, sampleRate: 48_000 });
      const pieces = await all(synthesize(model, undefined, 'Hello.', PLAIN, NEVER));
      assert.equal(joined(pieces).length, 48_000, type);
      assert.ok(pieces.every(({ sampleRate }) => sampleRate === 48_000));
      assert.equal(JSON.parse(String(up.asked[0]?.body)).voice, undefined);
    }
  });

  it('is understood in events', async (t) => {
    const up = await standIn(t, (_, response) => {
      for (const piece of [RAW.subarray(0, 999), RAW.subarray(999)])
        events(response, { type: 'speech.audio.delta', audio: piece.toString('base64') });
      events(response, { type: 'speech.audio.done', usage: {} });
      response.end();
    });
    const model = modelOn(t, [up.upstream], SPEECH);
    assert.deepEqual(joined(await all(synthesize(model, 'a', 'Hello.', PLAIN, NEVER))), SAME);
  });

  it('has the voice of a recording', async (t) => {
    const up = await standIn(t, (_, response) => void response.end(RAW));
    const model = modelOn(t, [up.upstream], { ...SPEECH, cloning: true });
    const reference = { samples: SAMPLES, sampleRate: 24_000, text: 'What I said.' };
    await all(synthesize(model, 'vivian', 'Hello.', { ...PLAIN, reference }, NEVER));
    const { voice, ref_audio, ref_text } = JSON.parse(String(up.asked[0]?.body));
    assert.deepEqual([voice, ref_text], [undefined, 'What I said.']);
    const [head, data] = String(ref_audio).split(',');
    assert.equal(head, 'data:audio/wav;base64');
    assert.deepEqual(Buffer.from(data ?? '', 'base64'), Buffer.from(encodeWav(SAMPLES, 24_000)));
  });
});

describe('speech that fails', () => {
  it('goes elsewhere before the first sample, and not after it', async (t) => {
    for (const spoken of [false, true]) {
      let calls = 0;
      const answer: Parameters<typeof standIn>[1] = (_, response) => {
        if (++calls > 1) return void response.end(RAW);
        if (!spoken) return json(response, { error: 'boom' }, 500);
        response.write(RAW.subarray(0, 1000));
        setTimeout(() => response.destroy(), 20);
      };
      const ups = [await standIn(t, answer), await standIn(t, answer)];
      const model = modelOn(
        t,
        ups.map(({ upstream }) => upstream),
        SPEECH,
      );
      const made = all(synthesize(model, 'a', 'Hello.', PLAIN, NEVER));
      if (spoken) await assert.rejects(made, { code: 'upstream_failed' });
      else assert.deepEqual(joined(await made), SAME);
      assert.equal(calls, spoken ? 1 : 2);
    }
  });

  it('says what is wrong with the answer', async (t) => {
    const answers: Record<string, Parameters<typeof standIn>[1]> = {
      'not with audio': (_, response) => json(response, { detail: 'nothing' }),
      'without any audio': (_, response) => void response.end(),
      'ends before its data chunk': (_, response) =>
        void response.end(encodeWav(SAMPLES, 24_000).subarray(0, 40)),
      'midst of its answer: boom': (_, response) => {
        events(response, { type: 'speech.audio.error', error: { message: 'boom' } });
        response.end();
      },
      'closed in the midst': (_, response) => {
        events(response, { type: 'speech.audio.delta', audio: '' });
        response.end();
      },
    };
    for (const [message, answer] of Object.entries(answers)) {
      const up = await standIn(t, answer);
      const model = modelOn(t, [up.upstream], SPEECH);
      await assert.rejects(
        all(synthesize(model, 'a', 'Hello.', PLAIN, NEVER)),
        { code: 'upstream_failed', message: new RegExp(message) },
        message,
      );
    }
  });

  it('is not made on when the listener has left', async (t) => {
    const up = await standIn(t, (_, response) => void response.write(RAW));
    for await (const piece of synthesize(modelOn(t, [up.upstream], SPEECH), 'a', 'Hello.', PLAIN, NEVER)) {
      assert.ok(piece.samples.length > 0);
      break;
    }
    await up.asked[0]?.left;
  });

  it('waits for a slow listener without taking the upstream for stalled, or its audio into memory', async (t) => {
    const PIECE = Buffer.alloc(2 ** 20);
    let written = 0;
    const up = await standIn(t, async (asked, response) => {
      let gone = false;
      void asked.left.then(() => {
        gone = true;
      });
      while (written < 64 && !gone) {
        written++;
        if (!response.write(PIECE))
          await Promise.race([new Promise((resolve) => response.once('drain', resolve)), asked.left]);
      }
    });
    const model = modelOn(t, [up.upstream], SPEECH, 200);
    const spoken = synthesize(model, 'a', 'Hello.', PLAIN, NEVER);
    await spoken.next();
    let before = -1;
    await until('the upstream is held back', () => {
      const held = written === before && written > 0;
      before = written;
      return held;
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.ok(written < 64, `${written} MiB were taken`);
    assert.equal((await spoken.next()).done, false);
    await spoken.return(undefined);
  });
});

describe('voices', () => {
  it('are those that the upstream lists, if it has a list', async (t) => {
    const lists = [
      { voices: ['vivian', 'ryan', 'ryan'], uploaded_voices: [] },
      { voices: [{ id: 'vivian' }, { name: 'ryan' }] },
    ];
    for (const list of lists) {
      const up = await standIn(t, (_, response) => json(response, list));
      const voices = await discoverVoices(modelOn(t, [up.upstream], SPEECH), NEVER);
      assert.deepEqual(
        voices.map(({ id }) => id),
        ['vivian', 'ryan'],
      );
    }
    const without = await standIn(t, (_, response) => json(response, { detail: 'Not Found' }, 404));
    assert.deepEqual(await discoverVoices(modelOn(t, [without.upstream], SPEECH), NEVER), []);
  });
});
