/** Room on the disk, asked for before it is needed. */
import { statfs } from 'node:fs/promises';
import { VoxError } from '@vox-speech/contract';

/** Bytes that are left free on the disk. */
const RESERVE = 64 << 20;

/** Throws `disk_full` unless so many bytes fit under the folder. `what` begins the message: `the pull`. */
export async function requireSpaceUnder(folder: string, bytes: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes + RESERVE) return;
  const mebibytes = (value: number) => `${Math.ceil(value / (1 << 20))} MiB`;
  throw new VoxError(
    'disk_full',
    `${what} needs ${mebibytes(bytes + RESERVE)} under ${folder}, ${mebibytes(free)} are free; free some space or set VOX_HOME to another disk`,
  );
}
