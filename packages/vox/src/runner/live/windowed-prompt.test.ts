/** What an offline model is told was said before, utterance by utterance. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  detector,
  detectorsOf,
  listener,
  numberAt,
  STT,
  sayNumbers,
  speechOf,
} from '../fake-model.test-support.js';
import { joined, LIVE, LiveBench, silence } from './live.test-support.js';
import { DecodeTurns } from './turns.js';
import { WindowedEngine } from './windowed-engine.js';

/** Says these texts one after the other, and returns the last prompt of each. */
async function promptsOf(texts: readonly string[], prompt?: string): Promise<(string | undefined)[]> {
  const prompts = new Map<number, string | undefined>();
  const model = listener(
    async ({ samples }, options) => {
      const [first] = speechOf(samples);
      if (first === undefined) return undefined;
      const number = numberAt(samples, first.start);
      prompts.set(number, options.prompt);
      return texts[number - 1];
    },
    { ...STT, canPrompt: true },
  );
  const live = new LiveBench(
    (clock) => new WindowedEngine(model, detectorsOf(detector), new DecodeTurns(2, () => true), 2, clock),
  );
  live.hub.listen(1, { ...LIVE, ...(prompt === undefined ? {} : { prompt }) });
  for (const at of texts.keys()) await live.send(1, joined(sayNumbers([at + 1]), silence(1)));
  assert.deepEqual(
    live.of('final').map(({ text }) => text),
    texts,
  );
  return texts.map((_, at) => prompts.get(at + 1));
}

describe('what was said before', () => {
  it('is told where it is a whole sentence, closing quotation marks and all; half of one would be gone on with', async () => {
    const prompts = await promptsOf(['It was the best.', 'and so, my fellow', '“Ask not!”', 'the last']);
    assert.deepEqual(prompts, [undefined, 'It was the best.', undefined, '“Ask not!”']);
  });

  it('comes behind what the client said', async () => {
    const prompts = await promptsOf(['Is it?', 'half', 'the last'], 'Names: Vox.');
    assert.deepEqual(prompts, ['Names: Vox.', 'Names: Vox. Is it?', 'Names: Vox.']);
  });

  it('is its end alone where it is long', async () => {
    const long = `${'word '.repeat(60)}end.`;
    const [, prompt] = await promptsOf([long, 'the last']);
    assert.equal(prompt, long.slice(-200));
  });
});
