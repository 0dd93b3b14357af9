/**
 * The log on the disk: `serve.log`, and the two files before it. Lines are written in the background and in order; a disk
 * that can't keep up costs lines, never time. Several servers may write to one folder.
 */
import { type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes after which a new file is begun. */
const FILE_BYTES = 10 << 20;
/** Files that are kept, the one that is written included. */
const FILES = 3;
/** Characters of lines that may wait for the disk; what comes on top is counted and dropped. */
const MAX_WAITING = 4 << 20;

export interface LogFileOptions {
  /** Default 10 MiB. */
  readonly fileBytes?: number;
  /** Default 4 Mi characters. */
  readonly maxWaiting?: number;
  /** Told once, when the file can't be written; lines are dropped from then on. */
  readonly onError: (error: Error) => void;
}

/** The folder's file number `age`: 0 is the one that is written now. */
export function logPath(folder: string, age = 0): string {
  return join(folder, age === 0 ? 'serve.log' : `serve.${age}.log`);
}

/** Paths of all log files that there may be, the oldest first. */
export function logPaths(folder: string): readonly string[] {
  return Array.from({ length: FILES }, (_, index) => logPath(folder, FILES - 1 - index));
}

export class LogFile {
  readonly #folder: string;
  readonly #fileBytes: number;
  readonly #maxWaiting: number;
  readonly #onError: (error: Error) => void;
  #waiting: string[] = [];
  #characters = 0;
  #dropped = 0;
  #broken = false;
  #writing: Promise<void> | undefined;
  #file: FileHandle | undefined;

  /** Nothing is touched before the first line. `folder` is absolute. */
  constructor(folder: string, options: LogFileOptions) {
    this.#folder = folder;
    this.#fileBytes = options.fileBytes ?? FILE_BYTES;
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING;
    this.#onError = options.onError;
  }

  /** Takes a line with its newline. Returns at once. */
  write(line: string): void {
    if (this.#broken) return;
    if (this.#characters + line.length > this.#maxWaiting) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(line);
    this.#characters += line.length;
    this.#writing ??= this.#drain();
  }

  /** Resolves when everything that was taken is in the file. */
  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const lines = this.#waiting;
        this.#waiting = [];
        this.#characters = 0;
        if (this.#dropped > 0) lines.push(droppedLine(this.#dropped));
        this.#dropped = 0;
        const file = await this.#current();
        await file.appendFile(lines.join(''));
      }
    } catch (error) {
      this.#broken = true;
      this.#waiting = [];
      this.#onError(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#writing = undefined;
    }
  }

  /** The file to write to: a new one where this one is full, or where another server has begun one. */
  async #current(): Promise<FileHandle> {
    const path = logPath(this.#folder);
    const there = await stat(path).catch(() => undefined);
    const mine = await this.#file?.stat();
    if (this.#file !== undefined && there?.ino === mine?.ino && (mine?.size ?? 0) < this.#fileBytes)
      return this.#file;
    await this.#file?.close();
    this.#file = undefined;
    await mkdir(this.#folder, { recursive: true });
    if ((there?.size ?? 0) >= this.#fileBytes) await this.#shift();
    this.#file = await open(path, 'a', 0o600);
    return this.#file;
  }

  async #shift(): Promise<void> {
    for (let age = FILES - 1; age > 0; age--)
      await rename(logPath(this.#folder, age - 1), logPath(this.#folder, age)).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      });
  }
}

function droppedLine(count: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: 40, time, dropped: count, msg: 'the disk was too slow: log lines were dropped' })}\n`;
}
