/** For tests: engine packages made on the spot, as folders and as npm tarballs, and pins of them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import { create } from 'tar';
import type { EnginePin } from '../types.js';
import { tarballName } from './fetch.js';

export interface MadePackage {
  readonly folder: string;
  /** Of its tarball in the shop. */
  readonly integrity: string;
}

type Files = Readonly<Record<string, unknown>>;

/** A folder of packages and of their tarballs, as VOX_ENGINE_SOURCE takes one. */
export class Shop {
  constructor(readonly folder: string) {}

  /** Makes a package; texts are written as they are, everything else as JSON. */
  async make(name: string, version: string, files: Files, manifest: Files = {}): Promise<MadePackage> {
    const folder = join(this.folder, 'sources', `${name}-${version}`);
    const all = {
      ...files,
      'package.json': { name, version, type: 'module', main: 'index.js', ...manifest },
    };
    for (const [path, content] of Object.entries(all)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(
        join(folder, path),
        typeof content === 'string' ? content : `${JSON.stringify(content)}\n`,
      );
    }
    const file = join(this.folder, tarballName(name, version));
    // Without times, as npm does it: the same files always make the same bytes.
    const options = { gzip: true, cwd: folder, prefix: 'package', portable: true, noMtime: true };
    await create({ file, ...options }, Object.keys(all));
    return { folder, integrity: await integrityOfFile(file) };
  }

  /** An engine whose name is `mine`, which says what its pinned dependency `sayer` tells it to, and its pin. */
  async engine(version = '1.0.0', changes: { name?: string; available?: boolean; manifest?: Files } = {}) {
    const { name = 'mine', available = true } = changes;
    const sayer = await this.make('sayer', '2.0.0', { 'index.js': "export const said = 'hello';" });
    const elsewhere = { version: '1.0.0', integrity: sayer.integrity, optional: true, os: ['plan9'] };
    const made = await this.make(
      'my-engine',
      version,
      {
        'index.js': [
          "import { VoxError } from '@vox-speech/contract';",
          "import { said } from 'sayer';",
          "export default { specificationVersion: 'v1',",
          `  name: '${name}', said, VoxError,`,
          `  probe: () => ({ available: ${available}, reason: 'no such device' }),`,
          '  load: async () => { throw new Error("not for this test"); } };',
        ].join('\n'),
        'npm-shrinkwrap.json': {
          lockfileVersion: 3,
          packages: {
            '': { name: 'my-engine' },
            'node_modules/sayer': { version: '2.0.0', integrity: sayer.integrity },
            'node_modules/elsewhere': elsewhere,
            'node_modules/builder': { version: '1.0.0', dev: true },
          },
        },
        // Each would leave a file behind if it were ever run.
        'trap.js':
          "import { writeFileSync } from 'node:fs'; writeFileSync(process.argv[2], 'a script was run');",
      },
      {
        dependencies: { sayer: '^2.0.0', '@vox-speech/contract': '*' },
        scripts: Object.fromEntries(
          ['preinstall', 'install', 'postinstall', 'prepare', 'prepack', 'postpack'].map((script) => [
            script,
            `node trap.js ${join(this.folder, `ran-${script}`)}`,
          ]),
        ),
        ...changes.manifest,
      },
    );
    const pin: EnginePin = { name, package: 'my-engine', version, integrity: made.integrity };
    return { ...made, pin };
  }
}

export async function integrityOfFile(path: string): Promise<string> {
  return `sha512-${createHash('sha512')
    .update(await readFile(path))
    .digest('base64')}`;
}

/** For assert.rejects: the error's code, and what its message must say. */
export const refused = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(VoxError.is(error), String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};
