/** The ffmpeg that this machine's commands use: the server's choice, made without a server. */
import { findFfmpeg } from '@vox-speech/audio/node';
import type { Config } from '../config/index.js';
import { Catalog } from '../models/index.js';
import { Layout } from '../models/layout.js';

/**
 * The path of the program: the configured one, else the first on `searchPath` (a PATH), else the pulled one.
 * Throws VoxError `ffmpeg_missing`, naming the commands that help.
 */
export function findOwnFfmpeg(models: Config['models'], searchPath: string): Promise<string> {
  return findFfmpeg({
    searchPath,
    pulledDir: new Layout(models.home).view(new Catalog().resolve('ffmpeg')),
    ...(models.ffmpeg === undefined ? {} : { path: models.ffmpeg }),
  });
}
