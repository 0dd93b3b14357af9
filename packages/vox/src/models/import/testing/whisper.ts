/**
 * A Whisper checkpoint of a few hundred kilobytes that hears nothing and always says the same text, for tests of the whole way
 * from an import to the engine. Its position encodings are one-hot, and each token's embedding has ones where the text has
 * that token, so the logits at a position spell the text; all other weights are small noise.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Ct2TestTensor, ct2Floats, writeCt2 } from './ct2.js';

export interface TinyWhisper {
  /** At most 50 letters a-z and spaces. */
  readonly text: string;
  readonly multilingual: boolean;
  /** 80 or 128. */
  readonly mels: number;
}

const STATE = 64;
const HEADS = 2;
const LAYERS = 2;
const AUDIO_CONTEXT = 1500;
const TEXT_CONTEXT = 448;
const NOISE = 0.02;
/** Sizes of the vocabularies of the real models: languages are looked for from 51865 on. */
const VOCABULARY = { english: 400, multilingual: 51866 };
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

const SPECIAL = [
  '<|endoftext|>',
  '<|startoftranscript|>',
  '<|en|>',
  '<|ru|>',
  '<|yue|>',
  '<|translate|>',
  '<|transcribe|>',
  '<|startoflm|>',
  '<|startofprev|>',
  '<|nospeech|>',
  '<|notimestamps|>',
];

/** The tokens of the tiny vocabulary in the alphabet of GPT-2, by number: letters, a space, then the special ones. */
export function tinyTokens(): string[] {
  return [...LETTERS, 'Ġ', ...SPECIAL];
}

/** Numbers in (-1, 1) that are the same every time (a linear congruence of Numerical Recipes). */
function noise(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

function weights(options: TinyWhisper): Record<string, Ct2TestTensor> {
  const tensors: Record<string, Ct2TestTensor> = {};
  let seed = 1;
  const random = (name: string, ...dims: number[]): void => {
    const count = dims.reduce((product, dim) => product * dim, 1);
    tensors[name] = ct2Floats(
      noise(count, seed++).map((v) => v * NOISE),
      dims,
    );
  };
  const norm = (name: string): void => {
    tensors[`${name}/gamma`] = ct2Floats(new Float32Array(STATE).fill(1));
    random(`${name}/beta`, STATE);
  };
  const linear = (name: string, outputs: number, inputs: number): void => {
    random(`${name}/weight`, outputs, inputs);
    random(`${name}/bias`, outputs);
  };
  tensors['encoder/num_heads'] = { type: 'int8', dims: [], bytes: Uint8Array.of(HEADS) };
  random('encoder/conv1/weight', STATE, options.mels, 3);
  random('encoder/conv1/bias', STATE);
  random('encoder/conv2/weight', STATE, STATE, 3);
  random('encoder/conv2/bias', STATE);
  random('encoder/position_encodings/encodings', AUDIO_CONTEXT, STATE);
  norm('encoder/layer_norm');
  norm('decoder/layer_norm');
  for (const part of ['encoder', 'decoder']) {
    for (let layer = 0; layer < LAYERS; layer++) {
      const prefix = `${part}/layer_${layer}`;
      norm(`${prefix}/self_attention/layer_norm`);
      linear(`${prefix}/self_attention/linear_0`, 3 * STATE, STATE);
      linear(`${prefix}/self_attention/linear_1`, STATE, STATE);
      norm(`${prefix}/ffn/layer_norm`);
      linear(`${prefix}/ffn/linear_0`, 4 * STATE, STATE);
      linear(`${prefix}/ffn/linear_1`, STATE, 4 * STATE);
      if (part === 'encoder') continue;
      norm(`${prefix}/attention/layer_norm`);
      linear(`${prefix}/attention/linear_0`, STATE, STATE);
      linear(`${prefix}/attention/linear_1`, 2 * STATE, STATE);
      linear(`${prefix}/attention/linear_2`, STATE, STATE);
    }
  }
  Object.assign(tensors, spelling(options));
  return tensors;
}

/** Embeddings and position encodings that spell the text after the prompt, then end it. */
function spelling({ text, multilingual }: TinyWhisper): Record<string, Ct2TestTensor> {
  const tokens = tinyTokens();
  const size = multilingual ? VOCABULARY.multilingual : VOCABULARY.english;
  const positions = new Float32Array(TEXT_CONTEXT * STATE);
  for (let position = 0; position < STATE; position++) positions[position * STATE + position] = 20;
  const table = new Float32Array(size * STATE);
  // The logits of the prompt's last token, without timestamps, are the first letter's.
  const first = multilingual ? 3 : 1;
  for (let position = first; position < STATE; position++) {
    const letter = text[position - first];
    const token = letter === undefined ? '<|endoftext|>' : letter === ' ' ? 'Ġ' : letter;
    table[tokens.indexOf(token) * STATE + position] = 1;
  }
  if (multilingual) table[tokens.indexOf('<|ru|>') * STATE] = 1;
  return {
    'decoder/embeddings/weight': ct2Floats(table, [size, STATE]),
    'decoder/position_encodings/encodings': ct2Floats(positions, [TEXT_CONTEXT, STATE]),
  };
}

/** Writes `model.bin`, `config.json` and `tokenizer.json` into the folder and returns their paths by name. */
export async function writeTinyWhisper(
  directory: string,
  options: TinyWhisper,
): Promise<Record<string, string>> {
  const files = {
    'model.bin': join(directory, 'model.bin'),
    'config.json': join(directory, 'config.json'),
    'tokenizer.json': join(directory, 'tokenizer.json'),
  };
  await writeCt2(files['model.bin'], weights(options));
  await writeFile(
    files['config.json'],
    JSON.stringify({
      alignment_heads: [
        [0, 1],
        [1, 0],
      ],
      suppress_ids: [1, 2],
    }),
  );
  const all = tinyTokens().map((content, id) => ({ content, id }));
  await writeFile(
    files['tokenizer.json'],
    JSON.stringify({
      added_tokens: all.filter(({ content }) => content.startsWith('<|')),
      model: { vocab: Object.fromEntries(all.map(({ content, id }) => [content, id])) },
    }),
  );
  return files;
}
