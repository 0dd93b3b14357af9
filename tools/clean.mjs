/** Removes what `tsc -b` wrote, and what a pack that was killed left behind (tools/prepack.mjs). */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './files.mjs';

for (const folder of [
  'packages/contract',
  'packages/audio',
  'packages/client',
  'packages/vox',
  'engines/sherpa',
  'engines/onnx',
  'engines/replay',
]) {
  rmSync(join(ROOT, folder, 'dist'), { recursive: true, force: true });
}
for (const folder of ['packages/vox', 'engines/sherpa', 'engines/onnx'])
  execFileSync(process.execPath, [join(ROOT, 'tools/prepack.mjs'), '--undo'], { cwd: join(ROOT, folder) });
