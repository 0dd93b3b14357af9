/**
 * Streaming recognisers that are published for sherpa-onnx are used as they are; T-one stands in a file of its own. Commits, sizes
 * and hashes are those that the publishers state (read from public lock files, November 2026).
 */
import type { CatalogEntry, Source } from '../types.js';
import { published } from './sherpa-stt.js';
import { T_ONE } from './tone.js';

const RELEASES = 'https://github.com/k2-fsa/sherpa-onnx/releases/download/asr-models';

/** An archive of the GitHub releases; the names are those in its one folder, and their hash is the archive's. */
function archive(folder: string, size: number, sha256: string, names: readonly string[]): Source {
  const url = `${RELEASES}/${folder}.tar.bz2`;
  return {
    type: 'packages',
    packages: [{ manager: 'https', url, format: 'tar.bz2', size, sha256 }],
    files: names.map((name) => ({ as: name, paths: [`0:${folder}/${name}`] })),
  };
}

const COMMON = {
  aliases: [],
  kind: 'stt',
  engine: 'sherpa',
  importer: 'none',
  needs: ['silero-vad:v5'],
} as const satisfies Partial<CatalogEntry>;

export const SHERPA_ONLINE: readonly CatalogEntry[] = [
  ...T_ONE,
  {
    ...COMMON,
    reference: 'zipformer:en',
    family: 'zipformer-online',
    description:
      'Streaming Zipformer transducer, 8-bit: English as it is spoken, in capitals without punctuation',
    license: {
      id: 'Apache-2.0',
      url: 'https://huggingface.co/csukuangfj/sherpa-onnx-streaming-zipformer-en-2023-06-26',
    },
    languages: ['en'],
    parameters: { languages: 'en' },
    sources: [
      {
        type: 'hf',
        repository: 'csukuangfj/sherpa-onnx-streaming-zipformer-en-2023-06-26',
        revision: '672fbf1b30579d6585301139bb363f42a0ad4a24',
        files: [
          {
            as: 'encoder.int8.onnx',
            paths: ['encoder-epoch-99-avg-1-chunk-16-left-128.int8.onnx'],
            size: 71_083_163,
            sha256: '563fde436d16cf7607cf408cd6b30909819d03162652ef389c2450ced3f45ac1',
          },
          {
            as: 'decoder.onnx',
            paths: ['decoder-epoch-99-avg-1-chunk-16-left-128.onnx'],
            size: 2_092_621,
            sha256: '7bf787f90b194b307e5a4ad6a34fadb4e748304c35f78a8d66358a05b13ee6ef',
          },
          {
            as: 'joiner.int8.onnx',
            paths: ['joiner-epoch-99-avg-1-chunk-16-left-128.int8.onnx'],
            size: 259_335,
            sha256: 'd944208d660d67c8d72cd2acaeac971fa5ceb8c80e76c1968148846fedd6e297',
          },
          ...published([
            ['tokens.txt', 5_048, '49e3c2646595fd907228b3c6787069658f67b17377c60aeb8619c4551b2316fb'],
          ]),
        ],
      },
    ],
  },
  {
    ...COMMON,
    reference: 'fastconformer:en-480ms',
    family: 'nemo-transducer-online',
    description:
      'NVIDIA FastConformer, streaming transducer, 8-bit: English as it is spoken, in small letters',
    license: {
      id: 'CC-BY-4.0',
      url: 'https://huggingface.co/nvidia/stt_en_fastconformer_hybrid_large_streaming_multi',
    },
    languages: ['en'],
    parameters: { languages: 'en' },
    sources: [
      {
        type: 'hf',
        repository: 'csukuangfj/sherpa-onnx-nemo-streaming-fast-conformer-transducer-en-480ms-int8',
        revision: 'df8ed95e44a70924450381e610770f9d656d1e15',
        files: published([
          [
            'encoder.int8.onnx',
            131_507_603,
            '100c5616929a131b5b3c8c8ab0d83aaba2cdcae163acd8d190b4e5ffa5f7d051',
          ],
          [
            'decoder.int8.onnx',
            3_955_864,
            '4f04431988472f8c7b815f942aa6901976929c9e22353029681fcdb262da0164',
          ],
          ['joiner.int8.onnx', 1_408_182, 'd2d8e7290a6a8245a83ed211aa0dd8cdf8effb8a7c64fe392399561111b52f30'],
          ['tokens.txt', 11_896, '618dc110fc2213886b52e063ff42329bbdf37a266ca7705184090fa5f39f3131'],
        ]),
      },
    ],
  },
  {
    ...COMMON,
    reference: 'paraformer:zh-en',
    family: 'paraformer-online',
    description:
      'Streaming Paraformer, 8-bit: Chinese and English as they are spoken, without times of words',
    license: {
      id: 'Apache-2.0',
      url: 'https://huggingface.co/csukuangfj/sherpa-onnx-streaming-paraformer-bilingual-zh-en',
    },
    languages: ['zh', 'en'],
    parameters: { languages: 'zh,en' },
    sources: [
      archive(
        'sherpa-onnx-streaming-paraformer-bilingual-zh-en',
        1_047_319_737,
        '5462a1fce42693deae572af1e8c4687124b12aa85fe61ff4d3168bb5280e205f',
        ['encoder.int8.onnx', 'decoder.int8.onnx', 'tokens.txt'],
      ),
    ],
  },
  {
    ...COMMON,
    reference: 'zipformer:ctc-zh',
    family: 'zipformer-ctc-online',
    description: 'Streaming Zipformer with a CTC head, 8-bit: Chinese as it is spoken',
    license: {
      id: 'Apache-2.0',
      url: 'https://huggingface.co/csukuangfj/sherpa-onnx-streaming-zipformer-ctc-zh-int8-2025-06-30',
    },
    languages: ['zh'],
    parameters: { languages: 'zh' },
    sources: [
      archive(
        'sherpa-onnx-streaming-zipformer-ctc-zh-int8-2025-06-30',
        127_965_713,
        'f2ab7a5deb02717801f6a5b26c751b42f8a2db891b07f5b095e6da7442081448',
        ['model.int8.onnx', 'tokens.txt'],
      ),
    ],
  },
  {
    ...COMMON,
    reference: 'fastconformer:ctc-en-80ms',
    family: 'nemo-ctc-online',
    description:
      'NVIDIA FastConformer, streaming with a CTC head, 8-bit: English as it is spoken, quick to answer',
    license: {
      id: 'CC-BY-4.0',
      url: 'https://huggingface.co/nvidia/stt_en_fastconformer_hybrid_large_streaming_multi',
    },
    languages: ['en'],
    parameters: { languages: 'en' },
    sources: [
      archive(
        'sherpa-onnx-nemo-streaming-fast-conformer-ctc-en-80ms-int8',
        99_459_493,
        '479759fbd5c69c909e7175d7773105a1bfabf82fa533de68c546c89d85f234e8',
        ['model.int8.onnx', 'tokens.txt'],
      ),
    ],
  },
];
