/** Turns on a scripted core: whatever it says, what is told of each item adds up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveEvent } from '@vox-speech/contract';
import fc from 'fast-check';
import type { TurnEvent } from './item.js';
import { SemanticTurns, soundsOver } from './semantic-turns.js';
import { final, partial, started, stopped } from './serve.test.support.js';
import { ManualTurns, ServerTurns, type TurnContext, type Turns } from './turns.js';

/** Turns with a clock of their own. */
function listen(make: (context: TurnContext) => Turns) {
  const told: TurnEvent[] = [];
  const timers: { at: number; call: () => void }[] = [];
  let now = 0;
  const clock = { sentMs: 0 };
  const turns = make({
    tell: (event) => void told.push(event),
    language: 'en',
    sentMs: () => clock.sentMs,
    after(ms, call) {
      const timer = { at: now + ms, call };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer) >>> 0, 1);
    },
  });
  const wait = (ms: number): void => {
    now += ms;
    for (const timer of timers.splice(0))
      if (timer.at <= now) timer.call();
      else timers.push(timer);
  };
  const texts = (): string[] => told.flatMap((one) => (one.type === 'completed' ? [one.heard.text] : []));
  return { turns, told, wait, texts, clock };
}

const server = (context: TurnContext) =>
  new ServerTurns(context, null, { prefixPaddingMs: 300, silenceMs: 500 });
const semantic = (context: TurnContext) => new SemanticTurns(context, null, { pauseMs: 500, waitMs: 4_000 });
const manual = (context: TurnContext) => new ManualTurns(context, null);

const word = fc.constantFrom('one', 'two', 'three.', 'four', 'five?', 'six');
/** Utterances as a core says them: the stable words of each hypothesis begin all that follow, the final too. */
const utterance = fc.record({
  words: fc.array(word, { maxLength: 8 }),
  hypotheses: fc.array(fc.record({ stable: fc.nat(8), tail: fc.array(word, { maxLength: 3 }) }), {
    maxLength: 5,
  }),
  act: fc.constantFrom('none', 'none', 'none', 'commit', 'clear', 'wait', 'early'),
});

function script(spoken: readonly { words: string[]; hypotheses: { stable: number; tail: string[] }[] }[]) {
  return spoken.map(({ words, hypotheses }, i): LiveEvent[] => {
    const stables = hypotheses.map(({ stable }) => Math.min(stable, words.length)).sort((a, b) => a - b);
    return stables.map((stable, n) => {
      const certain = words.slice(0, stable).join(' ');
      const text = [...words.slice(0, stable), ...(hypotheses[n]?.tail ?? [])].join(' ');
      return partial(i + 1, text, certain.length);
    });
  });
}

for (const [name, make] of Object.entries({ server, semantic, manual }))
  test(`${name}: deltas joined are the transcript; items are committed in a row, and completed once`, () => {
    fc.assert(
      fc.property(fc.array(utterance, { maxLength: 8 }), (spoken) => {
        const { turns, told, wait, clock } = listen(make);
        const partials = script(spoken);
        let number = 0;
        let at = 0;
        for (const [i, { words, act }] of spoken.entries()) {
          number++;
          at += 1_000;
          clock.sentMs = at + 900;
          const own = (event: LiveEvent): LiveEvent =>
            'utterance' in event ? { ...event, utterance: number } : event;
          turns.hear(started(number, at));
          for (const event of partials[i] ?? []) turns.hear(own(event));
          const reason = act === 'commit' || act === 'clear' ? 'commit' : 'silence';
          if (act === 'commit') turns.commit();
          if (act === 'clear') turns.clear();
          turns.hear(stopped(number, at + 800, reason));
          // The next may begin before this one has its final.
          if (act === 'early') turns.hear(started(number + 1, at + 850));
          turns.hear(final(number, words.join(' '), reason, { startMs: at, endMs: at + 800 }));
          if (act === 'early')
            turns.hear(final(++number, 'more', 'silence', { startMs: at + 850, endMs: at + 900 }));
          if (act === 'wait') wait(10_000);
        }
        turns.commit();
        turns.hear(final(number + 1, '', 'commit', { startMs: at + 900, endMs: at + 900 }));
        assert.equal(turns.due, 0);
        check(told);
      }),
      { numRuns: 300 },
    );
  });

/** What holds for any dialogue. */
function check(told: readonly TurnEvent[]): void {
  let previous: string | null = null;
  const said = new Map<string, string>();
  const committed: string[] = [];
  const done: string[] = [];
  for (const event of told) {
    if (event.type === 'delta') said.set(event.item, (said.get(event.item) ?? '') + event.text);
    if (event.type === 'delta') assert.ok(!done.includes(event.item), 'no text after the transcript');
    if (event.type === 'partial')
      assert.equal(event.text.slice(0, event.stable), said.get(event.item) ?? '', 'the stable part was told');
    if (event.type === 'committed') {
      assert.equal(event.previous, previous);
      previous = event.item;
      committed.push(event.item);
    }
    if (event.type === 'completed') {
      assert.equal(event.heard.text, said.get(event.item) ?? '');
      done.push(event.item);
    }
  }
  assert.deepEqual(done, committed);
  assert.equal(new Set(done).size, done.length);
}

test('semantic_vad: a sentence is over at once, a thought that trails off waits for more, and not for ever', () => {
  const { turns, told, wait, texts, clock } = listen(semantic);
  clock.sentMs = 60_000;
  turns.hear(started(1, 1_000));
  turns.hear(final(1, 'I would like', 'silence', { endMs: 2_000 }));
  wait(3_400);
  assert.deepEqual(texts(), []);
  turns.hear(started(2, 3_000));
  wait(5_000);
  assert.deepEqual(texts(), [], 'nobody is interrupted');
  turns.hear(final(2, 'a coffee, please.', 'silence', { endMs: 4_000 }));
  assert.deepEqual(texts(), ['I would like a coffee, please.']);
  turns.hear(started(3, 6_000));
  turns.hear(final(3, 'And then...', 'silence', { endMs: 7_000 }));
  assert.equal(texts().length, 1);
  wait(3_500);
  assert.deepEqual(texts()[1], 'And then...', 'four seconds of silence, of which half a second had passed');
  turns.hear(started(4, 12_000));
  turns.hear(final(4, 'Hm', 'silence', { endMs: 13_000 }));
  // A recording that is sent faster than it is spoken: its own clock counts.
  turns.hear(started(5, 17_500));
  assert.deepEqual(texts()[2], 'Hm');
  const spoken = told.flatMap((one) => ('atMs' in one ? [[one.type, one.atMs]] : []));
  assert.deepEqual(spoken.slice(0, 3), [
    ['started', 700],
    ['stopped', 4_500],
    ['started', 5_700],
  ]);
});

test('what sounds over', () => {
  for (const text of ['', 'Yes.', 'Really?', 'He said "no."', '好。', 'Go!)'])
    assert.ok(soundsOver(text), text);
  for (const text of ['and', 'so,', 'well...', 'well…', 'etc.,']) assert.ok(!soundsOver(text), text);
});

test('a final that contradicts what was told is whole all the same, and nothing is told twice', () => {
  const { turns, told } = listen(server);
  turns.hear(started(1, 0));
  turns.hear(partial(1, 'I scream', 8));
  turns.hear(final(1, 'Ice cream.'));
  const deltas = told.flatMap((one) => (one.type === 'delta' ? [one.text] : []));
  assert.deepEqual(deltas, ['I scream']);
  const last = told.at(-1);
  assert.equal(last?.type === 'completed' && last.heard.text, 'Ice cream.');
});

test('clear: what was not committed is never told again, and what was is', () => {
  for (const make of [server, semantic, manual]) {
    const { turns, told, texts } = listen(make);
    turns.hear(started(1, 0));
    turns.hear(partial(1, 'Forget', 6));
    turns.clear();
    turns.hear(stopped(1, 500, 'commit'));
    turns.hear(final(1, 'Forget this.', 'commit'));
    turns.hear(started(2, 900));
    turns.commit();
    turns.hear(final(2, 'Keep this.', 'commit', { endMs: 1_500 }));
    assert.deepEqual(texts(), ['Keep this.'], make.name);
    assert.equal(told.filter(({ type }) => type === 'committed').length, 1);
  }
});
