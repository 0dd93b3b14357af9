/** What recognisers and voices need beside their weights, and the one program that may be pulled. */
import type { CatalogEntry, Source } from '../types.js';

/**
 * Wheels of imageio-ffmpeg 0.6.0: machine (`process.platform-process.arch`), pip's name for it, the wheel and the program
 * inside it.
 */
const FFMPEG_WHEELS = [
  {
    machine: 'linux-x64',
    platform: 'manylinux2014_x86_64',
    size: 29_498_237,
    sha256: 'c7e46fcec401dd990405049d2e2f475e2b397779df2519b544b8aab515195282',
    program: 'ffmpeg-linux-x86_64-v7.0.2',
    programSize: 79_826_272,
    programSha256: 'e7e7fb30477f717e6f55f9180a70386c62677ef8a4d4d1a5d948f4098aa3eb99',
  },
  {
    machine: 'linux-arm64',
    platform: 'manylinux2014_aarch64',
    size: 25_632_706,
    sha256: '1d47bebd83d2c5fc770720d211855f208af8a596c82d17730aa51e815cdee6dc',
    program: 'ffmpeg-linux-aarch64-v7.0.2',
    programSize: 51_134_160,
    programSha256: '6bb182d0d75d23028db82e9e4f723ca69b853d055698486e6984ddb2c06fb8ce',
  },
  {
    machine: 'darwin-x64',
    platform: 'macosx_10_9_x86_64',
    size: 24_932_969,
    sha256: '9d2baaf867088508d4a3458e61eeb30e945c4ad8016025545f66c4b5aaef0a61',
    program: 'ffmpeg-macos-x86_64-v7.1',
    programSize: 75_991_688,
    programSha256: '4a4a968b98859588e98500ae25973d80a5ca5eed0724222b9f76360dcb72a001',
  },
  {
    machine: 'darwin-arm64',
    platform: 'macosx_11_0_arm64',
    size: 21_113_891,
    sha256: 'b1ae3173414b5fc5f538a726c4e48ea97edc0d2cdc11f103afee655c463fa742',
    program: 'ffmpeg-macos-aarch64-v7.1',
    programSize: 49_368_728,
    programSha256: '6d175a4743ca50256e89a8cdd731100f9cee33bd79aeea46894d209410dc6617',
  },
  {
    machine: 'win32-x64',
    platform: 'win_amd64',
    size: 31_246_824,
    sha256: '02fa47c83703c37df6bfe4896aab339013f62bf02c5ebf2dce6da56af04ffc0a',
    program: 'ffmpeg-win-x86_64-v7.1.exe',
    programSize: 87_638_016,
    programSha256: '2ce797a0f88d7f067180338fb227f7b1928ea727bd9a4d7a1d022f7c52af71a3',
  },
] as const;

const FFMPEG_SOURCES = FFMPEG_WHEELS.map(
  (wheel): Source => ({
    type: 'packages',
    machine: wheel.machine,
    packages: [
      {
        manager: 'pip',
        name: 'imageio-ffmpeg',
        version: '0.6.0',
        platform: wheel.platform,
        size: wheel.size,
        sha256: wheel.sha256,
      },
    ],
    files: [
      {
        as: wheel.machine.startsWith('win32') ? 'ffmpeg.exe' : 'ffmpeg',
        paths: [`0:imageio_ffmpeg/binaries/${wheel.program}`],
        size: wheel.programSize,
        sha256: wheel.programSha256,
        executable: true,
      },
    ],
  }),
);

export const COMPANIONS: readonly CatalogEntry[] = [
  {
    reference: 'silero-vad:v5',
    aliases: [],
    kind: 'vad',
    family: 'silero-vad',
    engine: 'onnx',
    description: 'Silero VAD v5: finds speech; every recogniser brings it along',
    license: { id: 'MIT', url: 'https://github.com/snakers4/silero-vad/blob/master/LICENSE' },
    languages: [],
    needs: [],
    importer: 'none',
    parameters: {},
    sources: [
      {
        type: 'packages',
        packages: [
          {
            manager: 'npm',
            name: '@ricky0123/vad-web',
            version: '0.0.31',
            size: 5_471_324,
            sha256: 'd1a211cf1a2ed26297da52cc08de79e75d79838a274bfc6de546feb1f828c940',
          },
        ],
        files: [
          {
            as: 'silero_vad.onnx',
            paths: ['0:package/dist/silero_vad_v5.onnx'],
            size: 2_327_524,
            sha256: '2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f',
          },
        ],
      },
    ],
  },
  {
    reference: 'espeak-ng-data:1.52',
    aliases: [],
    kind: 'data',
    family: 'espeak-ng-data',
    description: 'Phoneme rules and dictionaries of espeak-ng 1.52; every voice brings them along',
    license: {
      id: 'GPL-3.0-or-later',
      url: 'https://github.com/espeak-ng/espeak-ng/blob/master/COPYING',
      note: 'Data fetched from its publisher when a voice is pulled; Vox does not ship it.',
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
            manager: 'pip',
            name: 'espeakng-loader',
            version: '0.2.4',
            platform: 'manylinux2014_x86_64',
            size: 10_078_484,
            sha256: '08721baf27d13d461f6be6eed9a65277e70d68234ff484fd8b9897b222cdcb6d',
          },
        ],
        files: [{ as: '', paths: ['0:espeakng_loader/espeak-ng-data/'] }],
      },
    ],
  },
  {
    reference: 'ffmpeg:7',
    aliases: [],
    kind: 'program',
    family: 'ffmpeg',
    description: 'The ffmpeg program, for every audio format but WAV; started as a program, never linked',
    license: {
      id: 'GPL-3.0-or-later',
      url: 'https://github.com/imageio/imageio-ffmpeg',
      note: 'A separate program of the FFmpeg project, as built for imageio-ffmpeg.',
    },
    languages: [],
    needs: [],
    importer: 'none',
    parameters: {},
    sources: FFMPEG_SOURCES,
  },
];
