/** The sums and the words: no process, no GPU. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerCommand } from './container.js';
import { fits, needOf } from './fits.js';
import { groupOptions, hasOption, optionValue, withOption, withoutOption } from './options.js';
import { quoteWords, splitWords } from './shell-words.js';
import { batchedTokens, cacheNumberBytes, type ModelShape, maxSequences } from './tuning.js';

test('a command splits as a shell splits it, and quoted words come back the same', () => {
  assert.deepEqual(splitWords(`vllm serve a/b --c '{"d":"e f"}' "g \\"h\\"" i\\ j ''`), [
    ...['vllm', 'serve', 'a/b', '--c', '{"d":"e f"}', 'g "h"', 'i j', ''],
  ]);
  for (const words of [[], ["it's", 'a b', '$HOME', '', '{"a":1}', '*', '--x=y'], ['"', '\\', "''"]])
    assert.deepEqual(splitWords(quoteWords(words)), words);
  assert.equal(quoteWords(['--x', '{"a":1}']), `--x '{"a":1}'`);
  assert.throws(() => splitWords("vllm 'serve"), /a quote is not closed/);
});

test('options are found by either spelling, and replaced where they stand', () => {
  const options = groupOptions(['--a_b', '1', '--flag', '--c=2', '--list', 'x', 'y']);
  assert.deepEqual(options, [['--a_b', '1'], ['--flag'], ['--c', '2'], ['--list', 'x', 'y']]);
  assert.equal(optionValue(options, '--a-b'), '1');
  assert.deepEqual(withOption(options, '--a-b', '3')[0], ['--a-b', '3']);
  assert.deepEqual(withOption(options, '--new').at(-1), ['--new']);
  assert.equal(hasOption(withoutOption(options, '--a-b'), '--a-b'), false);
});

test('tokens a step by the name of the GPU (yap.md 6.2)', () => {
  const large = [
    'NVIDIA H100 80GB HBM3',
    'NVIDIA B200',
    'NVIDIA H200',
    'NVIDIA RTX 9000',
    'NVIDIA GH200 480GB',
  ];
  const usual = [
    'NVIDIA L40S',
    'NVIDIA L40',
    'NVIDIA RTX 6000 Ada Generation',
    'NVIDIA A100-SXM4-80GB',
    'NVIDIA T4',
  ];
  for (const name of large) assert.equal(batchedTokens(name), 4096, name);
  for (const name of usual) assert.equal(batchedTokens(name), 2048, name);
  assert.equal(batchedTokens(undefined), 2048);
});

const VOXTRAL: ModelShape = {
  layers: 26,
  cacheHeads: 8,
  headSize: 128,
  slidingWindow: 8192,
  weights: 9 * 1024 ** 3,
};

test('utterances at once by the formula of yap.md 6.2, from 1 to 512, and 128 where nothing is known', () => {
  const ask = (gpuMib: number | undefined, more = {}) =>
    maxSequences({
      gpuMib,
      gpuMemory: 0.92,
      shape: VOXTRAL,
      maxModelLength: 1024,
      batched: 2048,
      numberBytes: 2,
      ...more,
    });
  // 0.90 x (24576 MiB x 0.92 - 9216 MiB) / (2 x 26 x 8 x 128 x 2 B x 1024): 12054.5 MiB / 104 MiB
  assert.equal(ask(24_576), 115);
  assert.equal(ask(81_559), 512);
  assert.equal(ask(8_192), 1);
  assert.equal(ask(undefined), 128);
  assert.equal(ask(24_576, { shape: undefined }), 128);
  // Beyond its window the cache does not grow: 8191 + 2048 tokens.
  assert.equal(ask(24_576, { maxModelLength: 100_000 }), ask(24_576, { maxModelLength: 10_239 }));
  assert.ok(ask(24_576, { maxModelLength: 10_238 }) >= ask(24_576, { maxModelLength: 10_239 }));
  assert.equal(ask(24_576, { numberBytes: 1 }), 231);
});

test('bytes of a number of the cache', () => {
  assert.equal(cacheNumberBytes('auto', 'auto'), 2);
  assert.equal(cacheNumberBytes('auto', 'float32'), 4);
  assert.equal(cacheNumberBytes('fp8_e4m3', 'float32'), 1);
});

test('what a model needs: stated, estimated, or not known', () => {
  const model = (served: string, gpus = 1) => ({
    ...{ reference: 'a:b', wire: 'vllm-realtime' as const, port: 8000, options: [], omni: false },
    ...{ served, gpus },
  });
  assert.deepEqual(needOf(model('mistralai/Voxtral-Mini-4B-Realtime-2602')), {
    gib: 16,
    gpus: 1,
    stated: true,
  });
  assert.deepEqual(needOf(model('Qwen/Qwen3-ASR-1.7B')), { gib: 8, gpus: 1, stated: false });
  assert.deepEqual(needOf(model('mistralai/Voxtral-Small-24B-2507', 2)), { gib: 27, gpus: 2, stated: false });
  assert.equal(needOf(model('fishaudio/s2-pro')), undefined);
  const card = (totalMib: number) => ({ name: 'x', totalMib, freeMib: totalMib, driver: '', capability: '' });
  const need = { gib: 16, gpus: 1, stated: true };
  assert.equal(fits(need, [card(15_360 + 512)]), true, 'a card of "16 GB"');
  assert.equal(fits(need, [card(12_288)]), false);
  assert.equal(fits({ ...need, gpus: 2 }, [card(24_576)]), false);
});

test('a container listens where it was told, is named, and gets GPUs as its program wants them', () => {
  const question = {
    ...{ program: 'docker', name: 'vox-engine-a', image: 'vllm/vllm-openai:latest', served: 'org/model' },
    ...{ options: [['--port', '8001']], host: '127.0.0.1', port: 8001, variables: { A: 'b' } },
  };
  const command = containerCommand({ ...question, folder: '/srv/model' });
  const text = quoteWords(command);
  assert.match(text, /^docker run --rm --name vox-engine-a --gpus all --ipc host -p 127\.0\.0\.1:8001:8001 /);
  assert.match(text, / -v \/srv\/model:\/model:ro -e HF_TOKEN -e A=b --entrypoint vllm /);
  assert.match(text, /vllm\/vllm-openai:latest serve \/model --port 8001$/);
  const podman = quoteWords(
    containerCommand({ ...question, program: 'podman', folder: undefined, host: '::1' }),
  );
  assert.match(podman, / --device nvidia\.com\/gpu=all .* -p '?\[::1\]:8001:8001/);
  assert.match(podman, / serve org\/model /);
});
