/**
 * Speech in random pieces over `/transcribe/streaming` against the same recording over `/transcribe`, both on `--model`
 * (whisper:base): how many words differ. And Russian of 8 kHz both ways. `--splits` sets how often each clip is cut.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cut, randoms } from '../test/e2e/session-speech.mjs';
import { toneClient } from '../test/e2e/tone-client.mjs';
import { needClips, readPcm16 } from './lib/audio.mjs';
import { options, report, target } from './lib/report.mjs';
import { pull, serve } from './lib/vox.mjs';
import { wordErrors } from './lib/words.mjs';

const flags = options({ runs: 1, splits: 2, seed: 5, model: 'whisper:base' });
const clips = needClips();
const RUSSIAN_WORD = /[а-яё]{4}/i;

pull(flags.model);
const vox = await serve(['--preload', flags.model], { VOX_STT_MODEL: flags.model });
const client = toneClient(vox.base);
const random = randoms(flags.seed);
const figures = {};
const targets = [];
const textOf = ({ phrases }) => phrases.map(({ text }) => text).join(' ');

for (const name of ['austen-1', 'two-cities']) {
  const { data, rate } = readPcm16(join(clips, `${name}.wav`));
  const { full_text } = await client.transcribe(data, {}, rate);
  const percents = [];
  for (let split = 0; split < flags.splits; split++) {
    const pieces = cut(data, random, rate);
    const id = await client.create();
    const since = performance.now();
    for (const [seq, pcm] of pieces.entries()) await client.append(id, pcm, seq, rate);
    const streamed = textOf(await client.finalize(id));
    const { percent, words, differences } = wordErrors(full_text, streamed);
    percents.push(percent);
    const took = ((performance.now() - since) / 1000).toFixed(1);
    figures[`${name}, ${pieces.length} pieces: words that differ`] = [
      percent,
      `% of ${words} (${took} s; ${differences.join(' ')})`,
    ];
  }
  targets.push(target(`${name}: words that differ, most, %`, Math.max(...percents), '<=', 10));
}

const flac = readFileSync(join(clips, 'russian-8k.flac'));
const ask = async (path) => {
  const { status, body } = await client.once(path, flac, 'audio/flac');
  if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
  return body;
};
const whole = (await ask('/transcribe?language=ru')).full_text;
const id = await client.create({ language: 'ru' });
await ask(`/transcribe/streaming/chunk?state_id=${id}`);
const streamed = textOf(await client.finalize(id));
figures['Russian, words that differ between both ways'] = [
  wordErrors(whole, streamed).percent,
  `% (${whole})`,
];
targets.push(
  target('Russian both ways', [whole, streamed].filter((text) => RUSSIAN_WORD.test(text)).length, '>=', 2),
);
client.close();
await vox.stop();
report('Streaming against the whole recording', figures, targets, flags);
