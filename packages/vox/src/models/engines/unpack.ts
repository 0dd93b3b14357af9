/** From verified tarballs to a folder that Node can import an engine from. Nothing of what is unpacked is run. */
import { cp, mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VoxError } from '@vox-speech/contract';
import { extract } from 'tar';
import { PROVIDED } from './locked.js';
import { isPackageName } from './pin.js';
import { ENTRY } from './record.js';

/** What stands in a package.json that matters here. */
export interface PackageName {
  readonly name: string;
  readonly version: string;
}

/** Unpacks an npm tarball into a folder: plain files only, none outside it. Throws `engine_missing` where it is no tarball. */
export async function unpack(tarball: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  try {
    await extract({
      file: tarball,
      cwd: folder,
      strip: 1,
      strict: true,
      preserveOwner: false,
      filter: (_path, entry) => 'type' in entry && ['File', 'OldFile', 'ContiguousFile'].includes(entry.type),
    });
  } catch (error) {
    throw new VoxError('engine_missing', `${tarball} can't be unpacked: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Name and version of an unpacked package. Throws `engine_missing` where it has none. */
export async function packageNameOf(folder: string): Promise<PackageName> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}');
  try {
    const { name, version } = JSON.parse(text) as Partial<PackageName>;
    if (typeof name === 'string' && typeof version === 'string' && isPackageName(name))
      return { name, version };
  } catch {
    // Said below.
  }
  throw new VoxError('engine_missing', 'the engine has no package.json with a name and a version');
}

/** Puts Vox's own copies of what engines share with it beside the engine, and the module that stands for it. */
export async function complete(root: string, engine: PackageName): Promise<void> {
  for (const name of PROVIDED) {
    const own = fileURLToPath(new URL('.', import.meta.resolve(`${name}/package.json`)));
    const target = join(root, 'node_modules', engine.name, 'node_modules', name);
    for (const part of ['package.json', 'dist'])
      await cp(join(own, part), join(target, part), { recursive: true, dereference: true });
  }
  await writeFile(join(root, ENTRY), `export { default } from ${JSON.stringify(engine.name)};\n`);
}

/** Flushes every file under a folder to the disk. */
export async function flushTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    // Read-only files can't be opened for writing; their bytes can be flushed all the same.
    const file = await open(join(entry.parentPath, entry.name), 'r');
    await file.sync().finally(() => file.close());
  }
}
