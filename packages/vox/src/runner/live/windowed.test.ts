import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LiveOptions, Pcm, TranscribeOptions } from '@vox-speech/contract';
import { detector, detectorsOf, listener, sayNumbers } from '../fake-model.test-support.js';
import { joined, LIVE, LiveBench, settle, silence } from './live.test-support.js';
import { DecodeTurns } from './turns.js';
import { WindowedEngine } from './windowed-engine.js';

type Hook = (pcm: Pcm, options: TranscribeOptions, signal: AbortSignal) => Promise<string | undefined>;

/** The fake model reads numbers from the samples; the trial's noise is no number. */
function bench(hook: Hook = async () => undefined): LiveBench {
  return new LiveBench(
    (clock) =>
      new WindowedEngine(listener(hook), detectorsOf(detector), new DecodeTurns(2, () => true), 2, clock),
  );
}

const with_ = (endpointing: Partial<LiveOptions['endpointing']>): LiveOptions => ({
  ...LIVE,
  endpointing: { ...LIVE.endpointing, ...endpointing },
});

describe('a live stream on an offline model', () => {
  it('shows utterances while they grow, and says each one once, with times on the clock of the stream', async () => {
    const live = bench();
    live.hub.listen(1, LIVE);
    await live.send(
      1,
      joined(silence(1), sayNumbers([1, 2, 3, 4, 5]), silence(1), sayNumbers([6, 7]), silence(1)),
    );
    const finals = live.of('final');
    assert.deepEqual(
      finals.map(({ text, utterance, reason }) => [text, utterance, reason]),
      [
        ['1 2 3 4 5', 1, 'silence'],
        ['6 7', 2, 'silence'],
      ],
    );
    // 1 s of silence; five words of 600 ms each; 1 s; the last word's own 200 ms of silence are none of it.
    assert.ok(Math.abs((finals[0]?.startMs ?? 0) - 1_000) <= 20, String(finals[0]?.startMs));
    assert.ok(Math.abs((finals[0]?.endMs ?? 0) - 3_800) <= 20, String(finals[0]?.endMs));
    assert.ok(Math.abs((finals[1]?.words?.[0]?.startMs ?? 0) - 5_000) <= 20);
    const partials = live.of('partial').filter(({ utterance }) => utterance === 1);
    assert.ok(partials.length >= 4, `${partials.length} partials`);
    assert.ok(partials.every(({ text }) => '1 2 3 4 5'.startsWith(text)));
    assert.deepEqual(
      live
        .events()
        .map(({ type }) => type)
        .filter((type) => type.startsWith('speech')),
      ['speech-started', 'speech-stopped', 'speech-started', 'speech-stopped'],
    );
    // The whole was decoded in the pause, so the final is there at the next tick.
    assert.ok((finals[0]?.timing.endpointToFinalMs ?? 99) <= 20);
  });

  it('says the same whatever the size of the packets', async () => {
    const audio = joined(silence(0.5), sayNumbers([1, 2, 3]), silence(0.8), sayNumbers([4]), silence(1));
    for (const packetMs of [7, 20, 100, 1000]) {
      const live = bench();
      live.hub.listen(1, LIVE);
      await live.send(1, audio, packetMs);
      await live.clock.advance(12_000);
      assert.deepEqual(
        live.of('final').map(({ text, startMs, endMs }) => [text, startMs, endMs]),
        [
          ['1 2 3', 500, 2_100],
          ['4', 3_100, 3_500],
        ],
      );
    }
  });

  it('gives a client that stops sending in the middle of speech its final', async () => {
    const live = bench();
    live.hub.listen(1, LIVE);
    await live.send(1, sayNumbers([1, 2, 3]).subarray(0, 25_600));
    assert.equal(live.of('final').length, 0);
    await live.clock.advance(1_000);
    assert.deepEqual(
      live.of('final').map(({ text, reason }) => [text, reason]),
      [['1 2 3', 'silence']],
    );
  });

  it('answers every commit with one final, and the end with the rest', async () => {
    const live = bench();
    live.hub.listen(1, LIVE);
    live.hub.control('commit', 1);
    await live.send(1, sayNumbers([1, 2]));
    live.hub.control('commit', 1);
    live.hub.control('commit', 1);
    await live.send(1, sayNumbers([3]));
    live.hub.control('finish', 1);
    await live.clock.advance(100);
    assert.deepEqual(
      live.of('final').map(({ text, utterance, reason }) => [text, utterance, reason]),
      [
        ['', 1, 'commit'],
        ['1 2', 2, 'commit'],
        ['', 3, 'commit'],
        ['3', 4, 'end'],
      ],
    );
    const last = live.last();
    assert.ok(last?.type === 'end' && last.live?.utterances === 4 && last.live.audioMs === 1_800);
  });

  it('never takes back what it called stable, in the final neither', async () => {
    // Each decode of a growing utterance hears its first word differently; the final one is alone with "nine".
    let call = 0;
    const live = bench(async ({ samples }) => {
      call++;
      const words = Math.floor(samples.length / 9_600);
      return samples.length < 3_000
        ? ''
        : [call > 8 ? 'nine' : 'one', ...Array(words).fill('more')].join(' ');
    });
    live.hub.listen(1, LIVE);
    await live.send(1, joined(sayNumbers([1, 2, 3, 4, 5, 6, 7, 8]), silence(1)));
    let promised = '';
    for (const event of live.events()) {
      if (event.type !== 'partial' && event.type !== 'final') continue;
      assert.ok(event.text.startsWith(promised), `${event.text} after ${promised}`);
      if (event.type === 'partial') promised = event.text.slice(0, event.stable);
    }
    assert.ok(promised.startsWith('one'), promised);
    assert.ok((live.of('final')[0]?.timing.revisedShare ?? 0) >= 0);
  });

  it('decodes a long speech in pieces, and no word is lost or doubled', async () => {
    const longest = { samples: 0 };
    const live = bench(async ({ samples }) => {
      longest.samples = Math.max(longest.samples, samples.length);
      return undefined;
    });
    live.hub.listen(1, LIVE);
    const numbers = Array.from({ length: 40 }, (_, index) => index + 1);
    await live.send(1, joined(sayNumbers(numbers), silence(1)));
    assert.deepEqual(
      live
        .of('final')
        .map(({ text }) => text)
        .join(' '),
      numbers.join(' '),
    );
    assert.ok(longest.samples < 10 * 16_000, `${longest.samples / 16_000} s at once`);
  });

  it('cuts an utterance that is too long, without losing a word', async () => {
    const live = bench();
    live.hub.listen(1, with_({ maxUtteranceMs: 5_000 }));
    const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
    await live.send(1, joined(sayNumbers(numbers), silence(1)));
    const finals = live.of('final');
    assert.equal(finals.map(({ text }) => text).join(' '), numbers.join(' '));
    assert.ok(finals.length >= 3 && finals.slice(0, -1).every(({ reason }) => reason === 'length'));
  });

  it('keeps its clock over dropped audio, and ends the utterance that it tore', async () => {
    const live = bench();
    live.hub.listen(1, LIVE);
    await live.send(1, sayNumbers([1, 2]));
    live.hub.skip(1, 32_000);
    await live.send(1, joined(sayNumbers([3]), silence(1)));
    const finals = live.of('final');
    assert.deepEqual(
      finals.map(({ text }) => text),
      ['1 2', '3'],
    );
    assert.ok(Math.abs((finals[1]?.startMs ?? 0) - 3_200) <= 20, String(finals[1]?.startMs));
  });

  it('manual: only a commit ends an utterance', async () => {
    const live = bench();
    live.hub.listen(1, with_({ detector: 'manual' }));
    await live.send(1, joined(sayNumbers([1]), silence(2), sayNumbers([2]), silence(2)));
    assert.equal(live.of('final').length, 0);
    live.hub.control('commit', 1);
    await live.clock.advance(100);
    assert.deepEqual(
      live.of('final').map(({ text }) => text),
      ['1 2'],
    );
  });

  it('silero: the detector is borrowed while there is sound, and the words are the same', async () => {
    const live = bench();
    live.hub.listen(1, with_({ detector: 'silero' }));
    await live.send(1, joined(silence(0.5), sayNumbers([1, 2]), silence(1)));
    assert.deepEqual(
      live.of('final').map(({ text }) => text),
      ['1 2'],
    );
  });

  it('never decodes twice at once for one stream; a cancelled one is done with at once', async () => {
    let running = 0;
    let most = 0;
    let aborted = 0;
    const release: (() => void)[] = [];
    const live = bench(async ({ samples }, _options, signal) => {
      if (samples.length > 90_000) return undefined;
      most = Math.max(most, ++running);
      signal.addEventListener('abort', () => aborted++, { once: true });
      await new Promise<void>((resolve) => release.push(resolve));
      running--;
      return undefined;
    });
    live.hub.listen(1, LIVE);
    await live.send(1, joined(sayNumbers([1, 2, 3, 4]), silence(0.3)));
    assert.equal(running, 1);
    live.hub.control('commit', 1);
    await live.clock.advance(100);
    assert.equal(most, 1);
    assert.equal(live.hub.cancel(1), true);
    assert.equal(live.hub.size, 0);
    assert.equal(aborted, 1);
    const last = live.last();
    assert.ok(last?.type === 'error' && last.error.code === 'cancelled');
    const said = live.said.length;
    for (const go of release) go();
    await settle();
    await live.clock.advance(500);
    assert.equal(live.of('final').length, 0);
    assert.ok(live.said.slice(said).every(({ type }) => type !== 'live'));
  });

  it('a decode that fails costs its own stream', async () => {
    const live = bench(async ({ samples }) => {
      if (Math.abs(samples.find((sample) => Math.abs(sample) > 0.05) ?? 0) > 0.15)
        throw new Error('model fell over');
      return undefined;
    });
    live.hub.listen(1, LIVE);
    live.hub.listen(2, LIVE);
    await live.send(1, joined(sayNumbers([90]), silence(1)));
    await live.send(2, joined(sayNumbers([2]), silence(1)));
    const last = live.last(1);
    assert.ok(last?.type === 'error' && last.error.code === 'internal');
    assert.deepEqual(
      live.of('final', 2).map(({ text }) => text),
      ['2'],
    );
  });

  it('tells what was taken, and how much a stream costs', async () => {
    const live = bench();
    live.hub.listen(1, LIVE);
    await live.send(1, silence(2));
    const taken = live.said.flatMap((message) => (message.type === 'taken' ? message.bytes : []));
    assert.equal(
      taken.reduce((sum, bytes) => sum + bytes, 0),
      64_000,
    );
    const loads = live.said.filter((message) => message.type === 'load');
    assert.ok(loads.length >= 1 && loads.every(({ streams }) => streams === 1));
  });
});
