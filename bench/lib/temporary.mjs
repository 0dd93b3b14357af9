/** One folder for all that a benchmark writes. It goes with the benchmark; what one left that was killed outright goes with the next. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// A signal ends the program through its `exit`, with whatever it started.
import './procs.mjs';

/** With the process that made it: `vox-bench-4711-Xk2a9Q`. */
const OWN = /^vox-bench-(\d+)-/;

/** Makes it the system's temporary folder for this process and those it starts: what helpers make lies in it too. */
export function temporaryFolder() {
  const parent = tmpdir();
  for (const entry of readdirSync(parent)) {
    const pid = OWN.exec(entry)?.[1];
    if (pid !== undefined && isGone(Number(pid))) remove(join(parent, entry));
  }
  const folder = mkdtempSync(join(parent, `vox-bench-${process.pid}-`));
  process.env.TMPDIR = folder;
  process.once('exit', () => remove(folder));
  return folder;
}

function isGone(pid) {
  try {
    process.kill(pid, 0);
    return false;
  } catch ({ code }) {
    return code === 'ESRCH';
  }
}

function remove(folder) {
  try {
    // A program that was killed a moment ago may still be writing its last.
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Another user's, or not empty yet: the next benchmark looks again.
  }
}
