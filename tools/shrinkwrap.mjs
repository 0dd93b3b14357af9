/** The part of the root's lock file that one workspace package needs, as a lock file of its own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './files.mjs';

/** What a lock says of a package that matters to whoever installs it. */
const KEPT = [
  'version',
  'integrity',
  'optional',
  'os',
  'cpu',
  'libc',
  'dependencies',
  'optionalDependencies',
  'peerDependencies',
];

/**
 * npm-shrinkwrap.json of `workspace` (`engines/sherpa`). Workspace packages are left out: Vox provides them. Throws where a
 * package is not pinned, or two versions would stand in one place.
 */
export function shrinkwrap(workspace) {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const { name, version } = packages[workspace];
  const found = new Map();
  const add = (from) => {
    const { dependencies, optionalDependencies, peerDependencies } = packages[from];
    for (const wanted of Object.keys({ ...peerDependencies, ...optionalDependencies, ...dependencies })) {
      const path = placeOf(packages, from, wanted);
      // A workspace package, or an optional or peer dependency that the root does without.
      if (path === undefined || packages[path].link) continue;
      const entry = packages[path];
      const place = path.startsWith(`${workspace}/`) ? path.slice(workspace.length + 1) : path;
      if (entry.integrity === undefined) throw new Error(`${path} has no integrity in package-lock.json`);
      const before = found.get(place);
      if (before !== undefined && before.integrity !== entry.integrity)
        throw new Error(`${place} would hold two versions of ${wanted}`);
      if (before !== undefined) continue;
      found.set(place, pick(entry));
      add(path);
    }
  };
  add(workspace);
  const places = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    name,
    version,
    lockfileVersion: 3,
    requires: true,
    packages: { '': { name, ...pick(packages[workspace]) }, ...Object.fromEntries(places) },
  };
}

/** Where Node finds `wanted` from the package at `from`. */
function placeOf(packages, from, wanted) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const place = folder === '' ? `node_modules/${wanted}` : `${folder}/node_modules/${wanted}`;
    if (packages[place] !== undefined) return place;
    if (folder === '') return undefined;
  }
}

function pick(entry) {
  return Object.fromEntries(KEPT.flatMap((key) => (entry[key] === undefined ? [] : [[key, entry[key]]])));
}
