/** Modules that look for files from where they lie, in a bundle that lies elsewhere. */
import { relative, sep } from 'node:path';

/** Ours: compiled, each in its place. */
const OWN = /(?:^|[\\/])packages[\\/][a-z]+[\\/]dist[\\/].*\.js$/;
/** What a module can ask of where it lies. Of `import.meta` only the address is put right. */
const ADDRESS = 'import.meta.url';
/** Packages are found from the bundle as from any module beside it. */
const PACKAGE = 'import.meta.resolve';
const ANY_PLACE = /\bimport\.meta\b(?:\.\w+)?/g;

/** Is this one of our compiled modules? */
export function isOwn(path) {
  return OWN.test(path);
}

/** The text of a module of ours with its own address in it, as seen from the folder of the bundle. */
export function withOwnPlace(text, path, bundle) {
  const from = JSON.stringify(relative(bundle, path).split(sep).join('/'));
  return text.replaceAll(ADDRESS, `new URL(${from}, import.meta.url).href`);
}

/**
 * What a bundled module asks that the bundle would answer with its own place, in silence; undefined where nothing. Comments
 * count: to look at one costs less than to parse all of them.
 */
export function misplaced(path, text) {
  const asked = [...text.matchAll(ANY_PLACE)].map(([found]) => found);
  if (!isOwn(path))
    return asked.length === 0
      ? undefined
      : `${path} asks for ${asked[0]}, which in the bundle is the bundle's: name its package in LATER (tools/bundle.mjs)`;
  const other = asked.find((found) => found !== ADDRESS && found !== PACKAGE);
  return other && `${path} asks for ${other}: in the bundle only ${ADDRESS} is put right`;
}
