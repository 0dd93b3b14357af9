/** A newer ONNX Runtime than sherpa-onnx carries: voices speak up to 2.7 times faster with it (bench/README.md). */
import type { CatalogEntry, Source } from '../types.js';

/** Wheels of onnxruntime 1.31.1; the library inside is the same whatever Python a wheel is for. */
const WHEELS = [
  {
    machine: 'linux-x64',
    platform: 'manylinux_2_28_x86_64',
    size: 23_753_652,
    sha256: '5752bd508126ae7c49894d3b9d2e83f0c3d487319246d04c444b393308d7ad7f',
    librarySize: 29_352_200,
    librarySha256: 'fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3',
  },
  {
    machine: 'linux-arm64',
    platform: 'manylinux_2_28_aarch64',
    size: 21_413_526,
    sha256: 'da05378364c44d4407e463982d2bf8d5e4cfea873283757e48beeb41df97b7f3',
    librarySize: 25_265_040,
    librarySha256: '8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467',
  },
] as const;

const REFERENCE = 'onnxruntime:1.31';

const SOURCES = WHEELS.map(
  (wheel): Source => ({
    type: 'packages',
    machine: wheel.machine,
    packages: [
      {
        manager: 'pip',
        name: 'onnxruntime',
        version: '1.31.1',
        platform: wheel.platform,
        python: '311',
        size: wheel.size,
        sha256: wheel.sha256,
      },
    ],
    files: [
      {
        as: 'libonnxruntime.so',
        paths: ['0:onnxruntime/capi/libonnxruntime.so.1.31.1'],
        size: wheel.librarySize,
        sha256: wheel.librarySha256,
      },
    ],
  }),
);

/** What voices need of it: nothing where there is no build for this machine; they then run on sherpa's own. */
export const NEWER_RUNTIME: readonly string[] = WHEELS.some(
  ({ machine }) => machine === `${process.platform}-${process.arch}`,
)
  ? [REFERENCE]
  : [];

export const ONNX_RUNTIME: CatalogEntry = {
  reference: REFERENCE,
  aliases: [],
  kind: 'data',
  family: 'onnxruntime',
  description: 'ONNX Runtime 1.31 for Linux: makes voices faster; every voice brings it along',
  license: { id: 'MIT', url: 'https://github.com/microsoft/onnxruntime/blob/main/LICENSE' },
  languages: [],
  needs: [],
  importer: 'onnxruntime',
  parameters: { preload: 'libonnxruntime.so' },
  sources: SOURCES,
};
