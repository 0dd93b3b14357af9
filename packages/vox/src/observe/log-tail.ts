/** Reading the log files: the last lines, and what is added. Constant memory but for the lines asked for. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { logPath, logPaths } from './log-file.js';

/** Bytes read at once. */
const CHUNK = 64 << 10;
/** ms between two looks for new lines. */
const POLL_MS = 250;
const NEWLINE = 0x0a;
/** Characters of one line that are kept; a line of ours is far shorter. */
const MAX_LINE = 1 << 20;

export interface Tail {
  /** Without their newlines, the oldest first. */
  readonly lines: readonly string[];
  /** Where they end in the file that is written now, in bytes: `newLines` goes on from there. */
  readonly end: number;
}

/** The last `count` lines of all log files of a folder; none where there is no log. */
export async function lastLines(folder: string, count: number): Promise<Tail> {
  const [newest, ...older] = [...logPaths(folder)].reverse();
  const { lines, end } = await tailOf(newest ?? '', count);
  const all = [...lines];
  for (const path of older) {
    if (all.length >= count) break;
    all.unshift(...(await tailOf(path, count - all.length)).lines);
  }
  return { lines: all, end };
}

/** The last `count` lines of one file, none where it is not there. Read backwards, so that a short tail of a long file costs little. */
export async function tailOf(path: string, count: number): Promise<Tail> {
  const file = await openIfThere(path);
  if (file === undefined) return { lines: [], end: 0 };
  try {
    const size = (await file.stat()).size;
    const pieces: Buffer[] = [];
    let position = size;
    let lines = 0;
    // One more newline than lines: the one before the first of them.
    while (position > 0 && lines <= count) {
      const length = Math.min(CHUNK, position);
      position -= length;
      const piece = Buffer.alloc(length);
      await file.read(piece, 0, length, position);
      for (const byte of piece) if (byte === NEWLINE) lines++;
      pieces.unshift(piece);
    }
    const bytes = Buffer.concat(pieces);
    // Behind the last newline stands a line that is being written, or nothing.
    const whole = bytes.lastIndexOf(NEWLINE) + 1;
    const all = bytes.toString('utf8', 0, whole).split('\n').slice(0, -1);
    return { lines: count === 0 ? [] : all.slice(-count), end: size - (bytes.length - whole) };
  } finally {
    await file.close();
  }
}

/**
 * Lines that are added to the log behind `end`, across its rotations, until the signal aborts. A log that is not there
 * yet is waited for.
 */
export function newLines(folder: string, end: number, signal: AbortSignal): AsyncGenerator<string> {
  return newLinesOf(logPath(folder), end, signal);
}

/** Lines that are added to one file behind `end` (bytes), until the signal aborts. A file that shrank is read on from its new end. */
export async function* newLinesOf(path: string, end: number, signal: AbortSignal): AsyncGenerator<string> {
  const piece = Buffer.alloc(CHUNK);
  let decoder = new StringDecoder('utf8');
  let file = await openIfThere(path);
  let position = end;
  let rest = '';
  try {
    while (!signal.aborted) {
      const bytesRead = (await file?.read(piece, 0, CHUNK, position))?.bytesRead ?? 0;
      if (bytesRead > 0) {
        position += bytesRead;
        const parts = (rest + decoder.write(piece.subarray(0, bytesRead))).split('\n');
        rest = (parts.pop() ?? '').slice(-MAX_LINE);
        yield* parts;
        continue;
      }
      const there = await stat(path).catch(() => undefined);
      const replaced = there !== undefined && there.ino !== (await file?.stat())?.ino;
      if (replaced || (there?.size ?? position) < position) {
        await file?.close();
        file = await openIfThere(path);
        decoder = new StringDecoder('utf8');
        // Renamed: a new file, from its start. Cut in place: what is left was shown before.
        position = replaced ? 0 : (there?.size ?? 0);
        rest = '';
      } else await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await file?.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
