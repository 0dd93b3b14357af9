/** Starting and ending the ffmpeg program; decode and encode share it. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { VoxError } from '@vox-speech/contract';
import { ffmpegMissing } from './find-ffmpeg.js';

export interface Limits {
  /** Of address space. */
  readonly memoryBytes: number;
  /** Of processor time. */
  readonly cpuSeconds: number;
}

/**
 * Sets limits, then becomes the program: one process, so that killing it kills all. Names are passed as positional
 * arguments, which the shell never interprets. A system that lacks a limit runs without it.
 */
const SCRIPT =
  'ulimit -v "$1" 2>/dev/null; ulimit -t "$2" 2>/dev/null; ulimit -c 0 2>/dev/null; shift 2; exec "$@"';

/** Start of every command line: no terminal, no banner, errors only, one thread each way, no network. */
export const COMMON_FLAGS: readonly string[] = ['-nostdin', '-hide_banner', '-v', 'error'];

/**
 * A C locale, so that messages can be told apart, and nothing else of ours. No folder of character sets: a static build
 * loads the system's, made for another C library, and crashes on any transport stream that names its service.
 */
const ENVIRONMENT = { LC_ALL: 'C', AV_LOG_FORCE_NOCOLOR: '1', GCONV_PATH: '/dev/null' };

/** Starts ffmpeg under limits, where there is a POSIX shell to set them. Never throws: failures come as events. */
export function startFfmpeg(
  ffmpeg: string,
  args: readonly string[],
  limits: Limits,
  stdio: NonNullable<SpawnOptions['stdio']>,
): ChildProcess {
  const options: SpawnOptions = { stdio, env: ENVIRONMENT, windowsHide: true };
  if (process.platform === 'win32') return spawn(ffmpeg, args, options);
  const kilobytes = String(Math.ceil(limits.memoryBytes / 1024));
  const seconds = String(Math.ceil(limits.cpuSeconds));
  return spawn('/bin/sh', ['-c', SCRIPT, 'sh', kilobytes, seconds, ffmpeg, ...args], options);
}

/** Bytes of ffmpeg's messages that are kept: enough for the last few lines. */
const TAIL_BYTES = 4096;
const TAIL_LINES = 3;

/** The end of what ffmpeg said, for an error message. */
export class MessageTail {
  #text = '';

  constructor(stderr: Readable) {
    stderr.setEncoding('utf8');
    stderr.on('data', (chunk: string) => {
      this.#text = (this.#text + chunk).slice(-TAIL_BYTES);
    });
  }

  get text(): string {
    return this.#text;
  }

  /** The last lines on one, without memory addresses and without the names of our files. */
  summary(paths: readonly string[]): string {
    let text = this.#text;
    for (const path of paths) text = text.replaceAll(`file:${path}`, 'the file').replaceAll(path, 'the file');
    const lines = text
      .replaceAll(/ @ 0x[0-9a-f]+/g, '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    return lines.slice(-TAIL_LINES).join('; ');
  }
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Resolves when the process is gone and its pipes are closed.
 * @throws VoxError `ffmpeg_missing` when it could not be started
 */
export function waitForExit(child: ChildProcess, ffmpeg: string): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      // `error` is also how a failed kill or a closed pipe shows; only a process that never was is missing.
      if (child.pid === undefined) reject(notStarted(ffmpeg, error));
    });
    child.once('close', (code, signal) => {
      // How a shell says that a program was not found or may not be run (POSIX, 2.8.2).
      if (code === 127 || code === 126) reject(notStarted(ffmpeg));
      else resolve({ code, signal });
    });
  });
}

function notStarted(ffmpeg: string, cause?: Error): VoxError {
  return ffmpegMissing(`${ffmpeg} could not be started${cause === undefined ? '' : ` (${cause.message})`}`);
}

/** The error of a run that ended badly for a reason that is not the input's, if it was one. */
export function machineError(exit: Exit, message: string): VoxError | undefined {
  if (message.includes('No space left on device'))
    return new VoxError('disk_full', 'no space left on the disk');
  // Not by us: the caller knows when it was. Systems that run out of memory do this.
  if (exit.signal === 'SIGKILL')
    return new VoxError('internal', 'the ffmpeg program was killed by the system');
  return undefined;
}
