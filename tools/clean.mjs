/** Removes what `tsc -b` wrote, and what a pack that was killed left behind (tools/prepack.mjs). */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './files.mjs';

for (const group of ['packages', 'engines'])
  for (const name of readdirSync(join(ROOT, group))) {
    const folder = join(ROOT, group, name);
    rmSync(join(folder, 'dist'), { recursive: true, force: true });
    const manifest = join(folder, 'package.json');
    if (!existsSync(manifest) || JSON.parse(readFileSync(manifest, 'utf8')).scripts?.prepack === undefined)
      continue;
    execFileSync(process.execPath, [join(ROOT, 'tools/prepack.mjs'), '--undo'], { cwd: folder });
  }
