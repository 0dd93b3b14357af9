import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type LiveOptions,
  type Rolling,
  type UtteranceListener,
  type UtteranceStream,
  VoxError,
} from '@vox-speech/contract';
import {
  detector,
  detectorsOf,
  numberAt,
  RATE,
  STT,
  sayNumbers,
  speechOf,
} from '../fake-model.test-support.js';
import { joined, LIVE, LiveBench, silence } from './live.test-support.js';
import { RelayedEngine } from './relayed-engine.js';
import type { Clock } from './stream.js';

/** What the fake upstream was told, one for each context that was opened. */
class Context implements UtteranceStream {
  readonly listener: UtteranceListener;
  heard: Float32Array = new Float32Array(0);
  finished = false;
  closed = false;
  #said = 0;
  readonly #flush: (context: Context) => void;

  constructor(listener: UtteranceListener, flush: (context: Context) => void) {
    this.listener = listener;
    this.#flush = flush;
  }

  get numbers(): string[] {
    return speechOf(this.heard).map(({ start }) => String(numberAt(this.heard, start)));
  }

  /** A word is said when the silence after it is heard. */
  push(samples: Float32Array): boolean {
    this.heard = joined(this.heard, samples);
    const over = speechOf(this.heard).filter(({ end }) => end < this.heard.length).length;
    this.#say(this.numbers.slice(0, over));
    return true;
  }

  finish(): void {
    this.finished = true;
    this.#flush(this);
  }

  done(): void {
    if (this.closed) return;
    this.#say(this.numbers);
    const tokens = this.numbers.length;
    const usage = { promptTokens: 10, completionTokens: tokens, totalTokens: 10 + tokens };
    this.listener.done(this.numbers.join(' '), usage);
  }

  close(): void {
    this.closed = true;
  }

  #say(numbers: readonly string[]): void {
    for (const number of numbers.slice(this.#said))
      this.listener.delta(`${this.#said++ === 0 ? '' : ' '}${number}`);
  }
}

interface Upstream {
  readonly live: LiveBench;
  readonly contexts: Context[];
}

/** @param flushMs what the upstream takes from the end of the audio to its last word */
function upstream(flushMs: number, rolling?: Rolling): Upstream {
  const contexts: Context[] = [];
  const live = new LiveBench((clock: Clock) => {
    const model = {
      info: { ...STT, canTimeWords: false, ...(rolling === undefined ? {} : { rolling }) },
      memory: () => ({ bytes: 1 }),
      openUtterance: (_: unknown, listener: UtteranceListener) => {
        const context = new Context(listener, (one) => void clock.after(flushMs, () => one.done()));
        contexts.push(context);
        return context;
      },
      close: async () => {},
    };
    return new RelayedEngine(model, detectorsOf(detector));
  });
  return { live, contexts };
}

const MANUAL: LiveOptions = {
  ...LIVE,
  partialMs: 0,
  endpointing: { ...LIVE.endpointing, detector: 'manual', maxUtteranceMs: 3_600_000 },
};

/** The texts shown, each the beginning of the next. */
function growing(live: LiveBench): string[] {
  const shown = live.of('partial').map(({ text, stable }) => {
    assert.equal(stable, text.length);
    return text;
  });
  for (const [at, text] of shown.entries())
    assert.ok(text.startsWith(shown[at - 1] ?? ''), `${shown[at - 1]} | ${text}`);
  return shown;
}

describe('a live stream on a model that hears elsewhere', () => {
  it('passes on what is spoken, and shows each word as it comes back', async () => {
    const { live, contexts } = upstream(100);
    live.hub.listen(1, LIVE);
    await live.send(
      1,
      joined(silence(1), sayNumbers([11, 22, 33]), silence(1), sayNumbers([44]), silence(1)),
    );
    const finals = live.of('final');
    assert.deepEqual(
      finals.map(({ text, reason, usage }) => [text, reason, usage?.completionTokens]),
      [
        ['11 22 33', 'silence', 3],
        ['44', 'silence', 1],
      ],
    );
    assert.equal(contexts.length, 2);
    assert.deepEqual(
      live.of('partial').map(({ text }) => text),
      ['11', '11 22', '11 22 33', '44'],
    );
  });

  it('answers commits in order while the upstream is still busy with the one before', async () => {
    const { live } = upstream(2_000);
    live.hub.listen(1, MANUAL);
    await live.send(1, sayNumbers([11, 22]));
    live.hub.control('commit', 1);
    await live.send(1, sayNumbers([33]));
    live.hub.control('commit', 1);
    live.hub.control('commit', 1);
    await live.clock.advance(3_000);
    assert.deepEqual(
      live.of('final').map(({ text, utterance }) => [utterance, text]),
      [
        [1, '11 22'],
        [2, '33'],
        [3, ''],
      ],
    );
    const order = live
      .events()
      .map((event) => `${event.type} ${'utterance' in event ? event.utterance : ''}`);
    assert.ok(order.indexOf('partial 2') > order.indexOf('final 1'));
  });

  it('goes on in a new context in a pause, hears all but the pause once, and waits for nothing', async () => {
    const { live, contexts } = upstream(7_000, { segmentMs: 2_000, overlapMs: 800, limitMs: 60_000 });
    live.hub.listen(1, MANUAL);
    const numbers = Array.from({ length: 20 }, (_, at) => 100 + 7 * at);
    const audio = sayNumbers(numbers, () => 0.6);
    await live.send(1, audio);
    live.hub.control('commit', 1);
    await live.clock.advance(8_000);
    assert.ok(contexts.length >= 5, `${contexts.length} contexts`);
    const heard = contexts.reduce((sum, context) => sum + context.heard.length, 0);
    // The last 200 ms of each pause are the beginning of what comes next, too.
    assert.equal(heard, audio.length + 0.2 * RATE * (contexts.length - 1));
    const [final] = live.of('final');
    assert.equal(final?.text, numbers.join(' '));
    assert.equal(final?.usage?.completionTokens, 20);
    assert.equal(final?.usage?.promptTokens, 10 * contexts.length);
    growing(live);
    assert.ok(contexts.every(({ closed }) => closed));
  });

  it('without a pause both contexts hear the same bit, and no word is doubled or lost', async () => {
    const { live, contexts } = upstream(300, { segmentMs: 2_000, overlapMs: 1_200, limitMs: 3_500 });
    live.hub.listen(1, MANUAL);
    const numbers = Array.from({ length: 20 }, (_, at) => 100 + 7 * at);
    await live.send(
      1,
      sayNumbers(numbers, () => 0.05),
    );
    live.hub.control('commit', 1);
    await live.clock.advance(8_000);
    assert.ok(contexts.length >= 3, `${contexts.length} contexts`);
    assert.ok(contexts.every(({ heard }) => heard.length <= 3.5 * RATE));
    assert.equal(live.of('final')[0]?.text, numbers.join(' '));
    growing(live);
  });

  it('takes no more audio while too many contexts are busy with their last words, and loses none', async () => {
    const { live, contexts } = upstream(30_000, { segmentMs: 500, overlapMs: 200, limitMs: 1_200 });
    live.hub.listen(1, MANUAL);
    const numbers = Array.from({ length: 30 }, (_, at) => 100 + 7 * at);
    await live.send(1, sayNumbers(numbers));
    const ending = contexts.filter(({ finished }) => finished).length;
    assert.ok(ending <= 9, `${ending} at once`);
    const taken = (): number =>
      live.said.reduce((sum, message) => sum + (message.type === 'taken' ? (message.bytes[0] ?? 0) : 0), 0);
    assert.ok(taken() < 2 * 18 * RATE);
    live.hub.control('commit', 1);
    await live.clock.advance(200_000);
    assert.equal(live.of('final')[0]?.text, numbers.join(' '));
  });

  it('goes on when the upstream finds its context full by itself', async () => {
    const { live, contexts } = upstream(100, { segmentMs: 60_000, overlapMs: 700, limitMs: 70_000 });
    live.hub.listen(1, MANUAL);
    await live.send(1, sayNumbers([111, 222, 333]));
    contexts[0]?.done();
    await live.send(1, sayNumbers([444, 555]));
    live.hub.control('commit', 1);
    await live.clock.advance(1_000);
    assert.equal(live.of('final')[0]?.text, '111 222 333 444 555');
  });

  it('gives up on an upstream that ends each context before it has heard anything new', async () => {
    const { live, contexts } = upstream(100, { segmentMs: 60_000, overlapMs: 700, limitMs: 70_000 });
    live.hub.listen(1, MANUAL);
    await live.send(1, sayNumbers([111, 222, 333]));
    contexts[0]?.done();
    contexts[1]?.done();
    contexts[2]?.done();
    const last = live.last(1);
    assert.equal(last?.type === 'error' ? last.error.code : '', 'upstream_failed');
    assert.equal(contexts.length, 2);
    assert.ok(contexts.every(({ closed }) => closed));
  });

  it('ends everything there at once when it is cancelled, and says what went wrong there', async () => {
    const { live, contexts } = upstream(5_000, { segmentMs: 1_000, overlapMs: 200, limitMs: 2_000 });
    live.hub.listen(1, MANUAL);
    live.hub.listen(2, MANUAL);
    await live.send(1, sayNumbers([11, 22, 33, 44]));
    const ones = contexts.length;
    live.hub.cancel(1);
    assert.ok(ones >= 2 && contexts.every(({ closed }) => closed));
    await live.send(2, sayNumbers([11]));
    contexts.at(-1)?.listener.failed(new VoxError('upstream_failed', 'the upstream broke off'));
    const last = live.last(2);
    assert.equal(last?.type === 'error' ? last.error.code : '', 'upstream_failed');
    assert.ok(contexts.at(-1)?.closed);
  });
});
