/** The project's own source files, for the scripts of this folder. */
import { readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.cache', '.venv']);

/** Paths relative to the root, with forward slashes, of files under `folder` whose name matches. */
export function filesUnder(folder, pattern, skipped = SKIPPED) {
  const found = [];
  const walk = (directory) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name)) walk(path);
      } else if (pattern.test(entry.name)) {
        found.push(relative(ROOT, path).split(sep).join('/'));
      }
    }
  };
  walk(join(ROOT, folder));
  return found.sort();
}
