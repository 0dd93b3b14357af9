/** Where the ffmpeg program is. */
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { VoxError } from '@vox-speech/contract';

export interface FindFfmpegOptions {
  /** What the user set; nothing else is tried then. */
  readonly path?: string;
  /** The PATH of the environment. */
  readonly searchPath: string;
  /** Folder of the pulled program. */
  readonly pulledDir?: string;
}

const PROGRAM = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** The error that every caller shows when there is no ffmpeg. */
export function ffmpegMissing(detail: string): VoxError {
  return new VoxError(
    'ffmpeg_missing',
    `${detail}; run \`vox pull ffmpeg\`, or install ffmpeg so that it is on PATH (WAV needs neither)`,
  );
}

/**
 * The path of an ffmpeg program: the one that was set, else the first on the search path, else the pulled one.
 * @throws VoxError `ffmpeg_missing`, naming the commands that help
 */
export async function findFfmpeg(options: FindFfmpegOptions): Promise<string> {
  const { path, searchPath, pulledDir } = options;
  if (path !== undefined) {
    if (await isProgram(path)) return path;
    throw ffmpegMissing(`the ffmpeg that was set, ${path}, is not a program that can be run`);
  }
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '');
  if (pulledDir !== undefined) folders.push(pulledDir);
  for (const folder of folders) {
    const candidate = join(folder, PROGRAM);
    if (await isProgram(candidate)) return candidate;
  }
  throw ffmpegMissing('this format needs the ffmpeg program, which was not found');
}
