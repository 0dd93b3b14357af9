/** Removes what `tsc -b` wrote. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './files.mjs';

for (const folder of [
  'packages/contract',
  'packages/audio',
  'packages/client',
  'packages/vox',
  'engines/sherpa',
  'engines/replay',
]) {
  rmSync(join(ROOT, folder, 'dist'), { recursive: true, force: true });
}
