/**
 * T-one, which gets metadata and a table of letters on import: alone, on sherpa; and on ONNX Runtime with 8-bit weights, and with
 * the language model that its own pipeline searches with. Commit, sizes and hashes as its publisher states them (read from public
 * lock files, November 2026).
 */
import type { CatalogEntry, SourceFile } from '../types.js';
import { published } from './sherpa-stt.js';

const COMMON = {
  aliases: [],
  kind: 'stt',
  family: 'tone-ctc',
  license: { id: 'Apache-2.0', url: 'https://huggingface.co/t-tech/T-one' },
  languages: ['ru'],
  needs: ['silero-vad:v5'],
  importer: 't-one',
} as const satisfies Partial<CatalogEntry>;

/** The mean that T-one's own pipeline takes off, in ms. */
const LATE_MS = 330;

const FILES: readonly SourceFile[] = [
  ...published([
    ['model.onnx', 144_193_371, '707e4a282d5036304a0b8603ad83945840c3075f53c49911ef88c19bcc5a7d52'],
  ]),
  { as: 'vocab.json', paths: ['vocab.json'] },
];

function source(files: readonly SourceFile[]): CatalogEntry['sources'] {
  return [
    {
      type: 'hf',
      repository: 't-tech/T-one',
      revision: '106f3b0b32a9e107eb613312e4ebc61ff3d53926',
      files,
    },
  ];
}

export const T_ONE: readonly CatalogEntry[] = [
  {
    ...COMMON,
    reference: 't-one:ru',
    engine: 'sherpa',
    description: 'T-one: Russian telephone speech as it is spoken, in small letters without punctuation',
    parameters: { lateMs: LATE_MS },
    sources: source(FILES),
  },
  {
    ...COMMON,
    reference: 't-one:ru-int8',
    engine: 'onnx',
    description:
      'T-one with 8-bit weights: a half to a third of the processor time a stream, for many at once',
    importer: 't-one-int8',
    parameters: { lateMs: LATE_MS },
    sources: source(FILES),
  },
  {
    ...COMMON,
    reference: 't-one:ru-beam',
    engine: 'onnx',
    description:
      'T-one with its language model of 5.5 GB, beam search: Russian telephone speech, fewer wrong words',
    parameters: { lateMs: LATE_MS, paged: 'kenlm.bin' },
    sources: source([
      ...FILES,
      ...published([
        ['kenlm.bin', 5_463_477_004, '8c31a489a51a6e9236112dacb6bed12f45e8df734057615fa6bf220a5a769a1d'],
      ]),
    ]),
  },
];
