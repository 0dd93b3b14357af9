/**
 * Imports T-one: its ONNX file with the metadata by which sherpa-onnx knows it, with the weights as they are or in 8 bits, its letters
 * as a token table, and its language model of words, where that was delivered, as it is.
 * Format of both: https://github.com/k2-fsa/sherpa-onnx/tree/master/scripts/t-one
 */
import { link, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeModel, type ModelInfo, VoxError } from '@vox-speech/contract';
import { z } from 'zod';
import { readJson, requireFile } from '../files.js';
import { appendMetadata, inspectModel, writeEightBit } from '../onnx/index.js';

/** Letter to number. */
const VOCABULARY = z.record(z.string(), z.number().int().min(0));
/** How vocab.json writes the space and the blank. */
const SPACE = '|';
const BLANK = '[PAD]';
/** Samples a second, ms of a chunk, and half floats of the state that goes from chunk to chunk: of the published model. */
const METADATA = {
  model_type: 't-one',
  sample_rate: 8000,
  frame_length_ms: 300,
  state_dim: 219_729,
  language: 'Russian',
  version: 1,
};
const INPUTS = ['signal', 'state'];
const OUTPUTS = ['logprobs', 'state_next'];
/** The language model. */
const WORDS = 'kenlm.bin';
/** Hz: what recognisers are fed. */
const SAMPLE_RATE = 16_000;

export interface ToneImport {
  /** Delivered files by their catalog names: `model.onnx`, `vocab.json`, and `kenlm.bin` where the engine searches with it. */
  readonly files: Readonly<Record<string, string>>;
  /** Folder for `model.onnx` or `model.int8.onnx`, `tokens.txt` and `kenlm.bin`. */
  readonly output: string;
  /** Absent = as they are published. */
  readonly weights?: 'int8';
  /** Bytes written, and in all. */
  readonly onProgress?: (written: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes the files. Throws VoxError `model_broken` where they are not T-one's, or have no weights that could be in 8 bits.
 */
export async function importTone(request: ToneImport): Promise<{ names: string[]; info: ModelInfo }> {
  const source = requireFile(request.files, 'model.onnx');
  const vocabulary = requireFile(request.files, 'vocab.json');
  const tokens = tokensOf(vocabulary, await readJson(vocabulary, VOCABULARY));
  const { inputs, outputs, metadata } = await inspectModel(source);
  if (INPUTS.some((name) => !inputs.includes(name)) || OUTPUTS.some((name) => !outputs.includes(name)))
    throw broken(
      source,
      `it has ${inputs.join(', ')} and ${outputs.join(', ')}, not T-one's inputs and outputs`,
    );
  // One that has its metadata already keeps it: an entry that comes twice would be one too many for some readers.
  const missing = Object.fromEntries(Object.entries(METADATA).filter(([key]) => !metadata.has(key)));
  const eightBit = request.weights === 'int8';
  const name = eightBit ? 'model.int8.onnx' : 'model.onnx';
  const target = join(request.output, name);
  if (eightBit) await writeEightBit(source, target, { ...request, metadata: missing });
  else await appendMetadata(source, target, missing, request.signal);
  const lines = tokens.map((token, id) => `${token} ${id}\n`);
  await writeFile(join(request.output, 'tokens.txt'), lines.join(''), { flag: 'wx' });
  const words = request.files[WORDS];
  // It has gigabytes: another name for the same file.
  if (words !== undefined) await link(words, join(request.output, WORDS));
  const decoders = words === undefined ? (['greedy', 'beam'] as const) : (['beam', 'greedy'] as const);
  return {
    names: [name, 'tokens.txt', ...(words === undefined ? [] : [WORDS])],
    info: describeModel({
      kind: 'stt',
      family: 'tone-ctc',
      sampleRate: SAMPLE_RATE,
      languages: ['ru'],
      canChooseLanguage: false,
      canTimeWords: true,
      // As published, without its words, it runs on sherpa, which does not search.
      ...(words === undefined && !eightBit ? {} : { decoders }),
      concurrency: 1,
    }),
  };
}

/** Tokens by their numbers, as the engine writes them. */
function tokensOf(path: string, vocabulary: Readonly<Record<string, number>>): string[] {
  const entries = Object.entries(vocabulary).sort(([, a], [, b]) => a - b);
  if (!entries.every(([, id], at) => id === at)) throw broken(path, 'its numbers have gaps or come twice');
  if (vocabulary[BLANK] === undefined) throw broken(path, `it lacks ${BLANK}`);
  const odd = entries.find(([token]) => token !== BLANK && ([...token].length !== 1 || /\s/.test(token)));
  if (odd !== undefined) throw broken(path, `'${odd[0]}' is no letter`);
  return entries.map(([token]) => (token === SPACE ? ' ' : token === BLANK ? '<blk>' : token));
}

function broken(path: string, what: string): VoxError {
  return new VoxError('model_broken', `${path}: ${what}; pull the model again`);
}
