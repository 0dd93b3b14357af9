/**
 * Voices as published for sherpa-onnx, used as they are: single files of the hub, or archives of its GitHub releases.
 * Commits, sizes and hashes are those that the publishers state (read from public lock files, November 2026).
 */
import type { CatalogEntry, Source, SourceFile, WebArchive } from '../types.js';
import { NEWER_RUNTIME } from './onnxruntime.js';
import { published } from './sherpa-stt.js';

const RELEASES = 'https://github.com/k2-fsa/sherpa-onnx/releases/download';

function archive(name: string, size: number, sha256: string): WebArchive {
  const url = `${RELEASES}/tts-models/${name}.tar.bz2`;
  return { manager: 'https', url, format: 'tar.bz2', size, sha256 };
}

function vocoder(name: string, size: number, sha256: string): WebArchive {
  return { manager: 'https', url: `${RELEASES}/vocoder-models/${name}`, format: 'file', size, sha256 };
}

/** Files of an archive whose one folder has the archive's name. Their hash is the archive's. */
function inside(folder: string, names: readonly string[]): SourceFile[] {
  return names.map((name) => ({ as: name, paths: [`0:${folder}/${name}`] }));
}

const POCKET_FILES = [
  'lm_flow.int8.onnx',
  'lm_main.int8.onnx',
  'encoder.onnx',
  'decoder.int8.onnx',
  'text_conditioner.onnx',
  'vocab.json',
  'token_scores.json',
];

const POCKET_HUB: Source = {
  type: 'hf',
  repository: 'csukuangfj2/sherpa-onnx-pocket-tts-int8-2026-01-26',
  revision: 'e715955cf50d18d919d37231513c0e914b83661a',
  files: [
    ...published([
      ['lm_main.int8.onnx', 76_341_079, 'bfc0c7e7e3d72864fa3bb2ee499f62f21ddc1474b885f5f3ca570f8be73e787e'],
      ['encoder.onnx', 72_713_165, 'e8f2f6d301ffb96e398b138a7dc6d3038622d236044636b73d920bab85890260'],
      [
        'text_conditioner.onnx',
        16_388_343,
        '0b84e837d7bfaf2c896627b03e3f080320309f37f4fc7df7698c644f7ba5e6b1',
      ],
      ['lm_flow.int8.onnx', 9_962_530, '8d627d235c44a597da908e1085ebe241cbbe358964c502c5a5063d18851a5529'],
      ['token_scores.json', 123_616, '5be2f278caf9b9800741f0fd82bff677f4943ec764c356f907213434b622d958'],
      ['vocab.json', 69_478, '6fb646346cf931016f70c4921aab0900ce7a304b893cb02135c74e294abfea01'],
    ]),
    { as: 'decoder.int8.onnx', paths: ['decoder.int8.onnx'] },
  ],
};

const SUPERTONIC_LANGUAGES =
  'en ar bg cs da de el es et fi fr hi hr hu id it ja ko lt lv nl pl pt ro ru sk sl sv tr uk vi'.split(' ');

const MATCHA = 'matcha-icefall-en_US-ljspeech';
const KITTEN = 'kitten-nano-en-v0_8-int8';
const ZIPVOICE = 'sherpa-onnx-zipvoice-distill-int8-zh-en-emilia';
const POCKET = 'sherpa-onnx-pocket-tts-int8-2026-01-26';

const COMMON = {
  aliases: [],
  kind: 'tts',
  engine: 'sherpa',
  importer: 'none',
  parameters: {},
  needs: ['espeak-ng-data:1.52', ...NEWER_RUNTIME],
} as const satisfies Partial<CatalogEntry>;

export const SHERPA_TTS: readonly CatalogEntry[] = [
  {
    ...COMMON,
    reference: 'matcha:en-us-ljspeech',
    family: 'matcha',
    description: 'Matcha, one female voice of American English, 22 kHz',
    license: {
      id: 'Apache-2.0',
      url: 'https://k2-fsa.github.io/sherpa/onnx/tts/pretrained_models/matcha.html',
      note: 'Trained on LJ Speech (public domain); the vocoder is Vocos (MIT). The author of the weights states no licence of their own.',
    },
    languages: ['en'],
    sources: [
      {
        type: 'packages',
        packages: [
          archive(MATCHA, 76_741_121, 'ea75702da7456a8b1874728278a835220dc8a26f4e8bd93c83bf53dc27679845'),
          vocoder(
            'vocos-22khz-univ.onnx',
            53_884_024,
            '0574a135aa1db2de6e181050db2ec528496cacd4a4701fc5d7faf9f9804c0081',
          ),
        ],
        files: [
          ...inside(MATCHA, ['model-steps-3.onnx', 'tokens.txt']),
          { as: 'vocos-22khz-univ.onnx', paths: ['1:vocos-22khz-univ.onnx'] },
        ],
      },
    ],
  },
  {
    ...COMMON,
    reference: 'kitten:nano',
    family: 'kitten',
    description: 'KittenTTS nano 0.8, 8-bit: eight small voices of English, 24 kHz',
    license: { id: 'Apache-2.0', url: 'https://github.com/KittenML/KittenTTS' },
    languages: ['en'],
    sources: [
      {
        type: 'packages',
        packages: [
          archive(KITTEN, 31_220_690, '6fa5be852612ce761094ba74ee6123b4fc4acfefa79bf64dc63acae4a83af2fd'),
        ],
        files: inside(KITTEN, ['model.int8.onnx', 'voices.bin', 'tokens.txt']),
      },
    ],
  },
  {
    ...COMMON,
    reference: 'supertonic:3',
    family: 'supertonic',
    needs: NEWER_RUNTIME,
    description: 'Supertonic 3, 8-bit: ten voices, 31 languages, 44.1 kHz',
    license: {
      id: 'OpenRAIL-M',
      url: 'https://huggingface.co/Supertone/supertonic-3',
      note: 'Commercial use is allowed; some uses are not.',
    },
    languages: SUPERTONIC_LANGUAGES,
    sources: [
      {
        type: 'hf',
        repository: 'csukuangfj2/sherpa-onnx-supertonic-3-tts-int8-2026-05-11',
        revision: 'cca5a0e6c96e1d2c720986bf7e75fcc81dee3ae4',
        files: published([
          [
            'duration_predictor.int8.onnx',
            3_700_147,
            'c3eb91414d5ff8a7a239b7fe9e34e7e2bf8a8140d8375ffb14718b1c639325db',
          ],
          [
            'text_encoder.int8.onnx',
            36_416_150,
            'c7befd5ea8c3119769e8a6c1486c4edc6a3bc8365c67621c881bbb774b9902ff',
          ],
          [
            'vector_estimator.int8.onnx',
            78_400_833,
            '20cd86fa5c6effedfda0e7cffe5b0569ca401c440a0c3a1d72bf39286c0db3fd',
          ],
          [
            'vocoder.int8.onnx',
            25_991_073,
            'e923d60f53f95eb1ce235f1dc33ec56d9c057823c96fa6f8acf98f32b0da6152',
          ],
          ['tts.json', 8_253, '42078d3aef1cd43ab43021f3c54f47d2d75ceb4e75f627f118890128b06a0d09'],
          [
            'unicode_indexer.bin',
            262_144,
            '8402ca48e5189a8950138580b0fff64db6f072f24ac07cd54ba8b2fbb9883b30',
          ],
          ['voice.bin', 517_168, '67d5209b0ee8ce6c74105ffbe12fe6a7628aea3b4ba2fcb308a4a67938a93ce8'],
        ]),
      },
    ],
  },
  {
    ...COMMON,
    reference: 'pocket:en',
    family: 'pocket',
    needs: NEWER_RUNTIME,
    description: 'Kyutai Pocket TTS, 8-bit: English in the voice of a recording, 24 kHz',
    license: {
      id: 'CC-BY-4.0 with a notice',
      url: 'https://huggingface.co/csukuangfj2/sherpa-onnx-pocket-tts-int8-2026-01-26',
      nonCommercial: true,
      note: 'Kyutai’s weights are CC-BY-4.0; the README of this export is said to limit it to non-commercial use. Read it.',
    },
    languages: ['en'],
    sources: [
      POCKET_HUB,
      {
        type: 'packages',
        packages: [
          archive(POCKET, 98_336_520, '2f3b88823cbbb9bf0b2477ec8ae7b3fec417b3a87b6bb5f256dba66f2ad967cb'),
        ],
        files: inside(POCKET, POCKET_FILES),
      },
    ],
  },
  {
    ...COMMON,
    reference: 'zipvoice:zh-en',
    family: 'zipvoice',
    description: 'ZipVoice distilled, 8-bit: Chinese and English in the voice of a recording, 24 kHz',
    license: {
      id: 'Apache-2.0',
      url: 'https://github.com/k2-fsa/ZipVoice',
      note: 'Trained on Emilia, whose recordings are CC-BY-NC-4.0.',
    },
    languages: ['zh', 'en'],
    sources: [
      {
        type: 'packages',
        packages: [
          archive(ZIPVOICE, 109_162_785, '77219c8b40f4ee8d73a7f902305ff6c1128ef9b54461c41b4ca6ed890b6c2803'),
          vocoder(
            'vocos_24khz.onnx',
            54_157_409,
            'bcb3b970e384161c4d634f0bb9e999ff1c471b34c9bc0b1049a5014065ed3cc0',
          ),
        ],
        files: [
          ...inside(ZIPVOICE, ['encoder.int8.onnx', 'decoder.int8.onnx', 'tokens.txt', 'lexicon.txt']),
          { as: 'vocos_24khz.onnx', paths: ['1:vocos_24khz.onnx'] },
        ],
      },
    ],
  },
];
