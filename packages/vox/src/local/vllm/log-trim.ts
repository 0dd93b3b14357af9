/** Keeping a log short while another process writes it: its last bytes are moved to its start, then the rest is cut off. */
import { type FileHandle, open } from 'node:fs/promises';

/** Bytes that are moved at once. */
const CHUNK = 1 << 20;
const NEWLINE = 0x0a;

/** Bytes of an engine's log that are kept (yap.md section 7). */
export const LOG_LIMIT = 100 * 1024 * 1024;

/**
 * Cuts a file down to its last `limit` bytes, from the start of a line on, once it is longer. The writer must append (O_APPEND):
 * its next line then stands behind what was kept. What it writes within the moment of the cut itself is lost. Constant memory.
 * True where it cut.
 */
export async function trimLog(path: string, limit: number): Promise<boolean> {
  const file = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return false;
  try {
    const { size } = await file.stat();
    if (size <= limit) return false;
    await file.truncate(await moveToStart(file, await lineStart(file, size - limit)));
    return true;
  } finally {
    await file.close();
  }
}

/** The first byte of the first line that begins at or behind `from`; the end where none does. */
async function lineStart(file: FileHandle, from: number): Promise<number> {
  const piece = Buffer.alloc(CHUNK);
  // A line may begin exactly there: the byte before it tells.
  for (let position = Math.max(0, from - 1); ; position += CHUNK) {
    const { bytesRead } = await file.read(piece, 0, CHUNK, position);
    const at = piece.subarray(0, bytesRead).indexOf(NEWLINE);
    if (at >= 0) return position + at + 1;
    if (bytesRead === 0) return position;
  }
}

/** Moves everything from `from` on, what is written meanwhile too; the number of bytes moved. */
async function moveToStart(file: FileHandle, from: number): Promise<number> {
  const piece = Buffer.alloc(CHUNK);
  let moved = 0;
  for (;;) {
    const { bytesRead } = await file.read(piece, 0, CHUNK, from + moved);
    if (bytesRead === 0) return moved;
    await file.write(piece, 0, bytesRead, moved);
    moved += bytesRead;
  }
}
