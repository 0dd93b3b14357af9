/**
 * Recognisers as published for sherpa-onnx, used as they are. Commits, sizes and hashes are those that the hub states
 * (read from public lock files, November 2026).
 */
import type { CatalogEntry, License, SourceFile } from '../types.js';

/** Name, bytes, SHA-256. */
type Row = readonly [name: string, size: number, sha256: string];

export function published(rows: readonly Row[]): SourceFile[] {
  return rows.map(([name, size, sha256]) => ({ as: name, paths: [name], size, sha256 }));
}

const EUROPEAN = 'en bg hr cs da nl et fi fr de el hu it lv lt mt pl pt ro sk sl es sv ru uk'.split(' ');
/** Languages of Qwen3-ASR's card. */
export const QWEN_ASR_LANGUAGES =
  'en zh yue ar de fr es pt id it ko ru th vi ja tr hi ms nl sv da fi pl cs fil fa el ro hu mk'.split(' ');

const CC_BY = (url: string): License => ({ id: 'CC-BY-4.0', url });

interface Recogniser {
  readonly reference: string;
  readonly aliases?: readonly string[];
  readonly description: string;
  readonly license: License;
  readonly languages: readonly string[];
  readonly repository: string;
  /** Commit. */
  readonly revision: string;
  readonly files: readonly Row[];
}

const MOONSHINE_TOKENS: Row = [
  'tokens.txt',
  436_688,
  '1165c2aeb9f72f457a83be2d459a09054f27490acd9b41bd43794dfd25e296ea',
];

const RECOGNISERS: readonly Recogniser[] = [
  {
    reference: 'parakeet:tdt-0.6b-v2',
    aliases: ['parakeet:tdt-0.6b'],
    description: 'NVIDIA Parakeet TDT 0.6B v2, 8-bit: English with punctuation and word times, fast',
    license: CC_BY('https://huggingface.co/nvidia/parakeet-tdt-0.6b-v2'),
    languages: ['en'],
    repository: 'csukuangfj/sherpa-onnx-nemo-parakeet-tdt-0.6b-v2-int8',
    revision: '1ab9323565ddb038682214b292f588070a538ce2',
    files: [
      ['encoder.int8.onnx', 652_184_296, 'a32b12d17bbbc309d0686fbbcc2987b5e9b8333a7da83fa6b089f0a2acd651ab'],
      ['decoder.int8.onnx', 7_257_753, 'b6bb64963457237b900e496ee9994b59294526439fbcc1fecf705b31a15c6b4e'],
      ['joiner.int8.onnx', 1_739_080, '7946164367946e7f9f29a122407c3252b680dbae9a51343eb2488d057c3c43d2'],
      ['tokens.txt', 9_384, 'ec182b70dd42113aff6c5372c75cac58c952443eb22322f57bbd7f53977d497d'],
    ],
  },
  {
    reference: 'parakeet:tdt-0.6b-v3',
    description: 'NVIDIA Parakeet TDT 0.6B v3, 8-bit: 25 European languages, told apart by itself',
    license: CC_BY('https://huggingface.co/nvidia/parakeet-tdt-0.6b-v3'),
    languages: EUROPEAN,
    repository: 'csukuangfj/sherpa-onnx-nemo-parakeet-tdt-0.6b-v3-int8',
    revision: '2bda32ec70b097a55adaa07d9a7173915b43cc78',
    files: [
      ['encoder.int8.onnx', 652_184_281, 'acfc2b4456377e15d04f0243af540b7fe7c992f8d898d751cf134c3a55fd2247'],
      ['decoder.int8.onnx', 11_845_275, '179e50c43d1a9de79c8a24149a2f9bac6eb5981823f2a2ed88d655b24248db4e'],
      ['joiner.int8.onnx', 6_355_277, '3164c13fc2821009440d20fcb5fdc78bff28b4db2f8d0f0b329101719c0948b3'],
      ['tokens.txt', 93_939, 'd58544679ea4bc6ac563d1f545eb7d474bd6cfa467f0a6e2c1dc1c7d37e3c35d'],
    ],
  },
  {
    reference: 'moonshine:tiny.en',
    description: 'Moonshine tiny, 8-bit, English: small, and quick on short clips',
    license: { id: 'MIT', url: 'https://huggingface.co/UsefulSensors/moonshine' },
    languages: ['en'],
    repository: 'csukuangfj/sherpa-onnx-moonshine-tiny-en-int8',
    revision: 'bf2b762c076d8ea61e2af0b3851c9564fb77552e',
    files: [
      ['preprocess.onnx', 6_800_738, 'f33addce61a143460fe753b5ee5b7db255e5140b5b779c065b94f6c83ff0bf4e'],
      ['encode.int8.onnx', 18_249_187, '8774dfba578de027ec6595c2c654a0836434489bc963a0db124a7f181f571acb'],
      [
        'uncached_decode.int8.onnx',
        53_216_096,
        '216737000dd5881a17aa043f6bbd286add33e4c3b0ae257153e2ec15438bdc41',
      ],
      [
        'cached_decode.int8.onnx',
        45_264_830,
        '2aff28bba6a03d8dcf5c9feac45462629bae37317442299f28115ad09da773f6',
      ],
      MOONSHINE_TOKENS,
    ],
  },
  {
    reference: 'moonshine:base.en',
    description: 'Moonshine base, 8-bit, English: more accurate than tiny, still quick on short clips',
    license: { id: 'MIT', url: 'https://huggingface.co/UsefulSensors/moonshine' },
    languages: ['en'],
    repository: 'csukuangfj/sherpa-onnx-moonshine-base-en-int8',
    revision: '052b0798ad1bf046a140fdd4efcd9426530fa3f5',
    files: [
      ['preprocess.onnx', 14_077_290, 'ffa630d395c5ccf76f5d4954be5b882df76aaf6491519ec01fd82ea7a3819fb2'],
      ['encode.int8.onnx', 50_311_494, '7e38770f776f2e5583a53b052936005df2ba5c833d7e09c2a5fd796b94bf73e2'],
      [
        'uncached_decode.int8.onnx',
        122_120_451,
        'c01f4b35093bcac20d352d23a75a539e772964579f9d024a90e5e6f09cae9987',
      ],
      [
        'cached_decode.int8.onnx',
        99_983_837,
        '2db74e51cedf64a8b1be3c8192e0bb5e4923af0e90bd9e87f8e8771873f8ea03',
      ],
      MOONSHINE_TOKENS,
    ],
  },
  {
    reference: 'sensevoice:small',
    description: 'SenseVoice small, 8-bit: Chinese, Cantonese, English, Japanese, Korean',
    license: {
      id: 'FunASR-Model-License-1.1',
      url: 'https://github.com/modelscope/FunASR/blob/main/MODEL_LICENSE',
      note: 'Name the source and keep the model’s name.',
    },
    languages: ['zh', 'yue', 'en', 'ja', 'ko'],
    repository: 'csukuangfj/sherpa-onnx-sense-voice-zh-en-ja-ko-yue-2024-07-17',
    revision: '2365baeacb507f821a0c8120fcee3d484dba7a07',
    files: [
      ['model.int8.onnx', 239_233_841, 'c71f0ce00bec95b07744e116345e33d8cbbe08cef896382cf907bf4b51a2cd51'],
      ['tokens.txt', 315_894, 'f449eb28dc567533d7fa59be34e2abca8784f771850c78a47fb731a31429a1dc'],
    ],
  },
  {
    reference: 'canary:180m-flash',
    description:
      'NVIDIA Canary 180M flash, 8-bit: English, German, Spanish, French, and translation among them',
    license: CC_BY('https://huggingface.co/nvidia/canary-180m-flash'),
    languages: ['en', 'de', 'es', 'fr'],
    repository: 'csukuangfj/sherpa-onnx-nemo-canary-180m-flash-en-es-de-fr-int8',
    revision: '9077164e0d3dd1d5353743e89ceaa1d3a770838c',
    files: [
      ['encoder.int8.onnx', 132_678_643, '7a75b4e2a5857a6dcc0819503bbe3fad66943db4a3ccf21d3f27c633667d303f'],
      ['decoder.int8.onnx', 74_437_848, 'e41a2ab9c0c2fe81a1e8ade5a45fb02a74bc4db7d1f91b89a54a25e2cf79cba2'],
      ['tokens.txt', 53_555, '2dae6fc7815f9640645e0c765522b278ee0cef49b482d91f6913e334628d3e77'],
    ],
  },
  {
    reference: 'qwen3-asr:0.6b',
    description: 'Qwen3-ASR 0.6B, 8-bit: 30 languages, told apart by itself; slow on a processor',
    license: { id: 'Apache-2.0', url: 'https://huggingface.co/Qwen/Qwen3-ASR-0.6B' },
    languages: QWEN_ASR_LANGUAGES,
    repository: 'csukuangfj2/sherpa-onnx-qwen3-asr-0.6B-int8-2026-03-25',
    revision: '68818b2313fe77bd06f6a7c5068ff3ef59d02b8a',
    files: [
      ['conv_frontend.onnx', 44_148_281, 'd22dc4423e0940e49884e903d2ea2f7e5567c14fc1aed97e4e26d6b8f208ef9e'],
      ['encoder.int8.onnx', 182_491_662, '60748d3e6744a57c9c91e1b17424a6c2990567e8adceb0783940c03ed98fa9d9'],
      ['decoder.int8.onnx', 755_914_231, '4f6885be5959ae26af3089d38ee7972c5fafbeeb1cf8d5e76eab6d8b61ca5771'],
      ['tokenizer/merges.txt', 1_671_853, '8831e4f1a044471340f7c0a83d7bd71306a5b867e95fd870f74d0c5308a904d5'],
      [
        'tokenizer/tokenizer_config.json',
        12_487,
        '4942d005604266809309cabc9f4e9cb89ce855d59b14681fdc0e1cc62ea26c4c',
      ],
      ['tokenizer/vocab.json', 2_776_833, 'ca10d7e9fb3ed18575dd1e277a2579c16d108e32f27439684afa0e10b1440910'],
    ],
  },
];

export const SHERPA_STT: readonly CatalogEntry[] = RECOGNISERS.map(
  ({ aliases = [], repository, revision, files, ...entry }) => ({
    ...entry,
    aliases,
    kind: 'stt',
    family: entry.reference.split(':')[0] ?? '',
    engine: 'sherpa',
    needs: ['silero-vad:v5'],
    importer: 'none',
    parameters: {},
    sources: [{ type: 'hf', repository, revision, files: published(files) }],
  }),
);
