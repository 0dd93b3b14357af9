/** Programs beside us: ffmpeg, and the driver of a GPU. */
import { VoxError } from '@vox-speech/contract';
import type { Config } from '../../config/index.js';
import { findOwnFfmpeg } from '../ffmpeg.js';
import { askProgram } from './ask-program.js';
import { type Check, fail, ok, warn } from './check.js';

/** ms that a program has for its version. */
const TIMEOUT_MS = 5_000;

export interface ProgramContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

export async function ffmpeg(models: Config['models'], context: ProgramContext): Promise<Check> {
  let path: string;
  try {
    path = await findOwnFfmpeg(models, context.environment.PATH ?? '');
  } catch (error) {
    if (models.ffmpeg !== undefined)
      return fail(
        'ffmpeg',
        VoxError.from(error).message,
        'set VOX_FFMPEG to a program that runs, or unset it',
      );
    return warn(
      'ffmpeg',
      'not found: only WAV can be read and written',
      'vox pull ffmpeg, or install ffmpeg',
    );
  }
  const { outcome, output, complaint } = await askProgram(path, ['-version'], {
    ...context,
    timeoutMs: TIMEOUT_MS,
  });
  const version = /^ffmpeg version (\S+)/.exec(output)?.[1];
  if (outcome === 'answered' && version !== undefined) return ok('ffmpeg', `${version}, ${path}`);
  return fail(
    'ffmpeg',
    `${path} does not run: ${complaint}`,
    'vox rm ffmpeg && vox pull ffmpeg, or set VOX_FFMPEG',
  );
}

/** What an NVIDIA driver says of its devices. Other GPUs are not asked: no engine of ours uses them yet. */
export async function gpu(context: ProgramContext): Promise<Check> {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'];
  const answer = await askProgram('nvidia-smi', query, { ...context, timeoutMs: TIMEOUT_MS });
  if (answer.outcome === 'missing') return ok('GPU', 'no NVIDIA GPU; models run on the processor');
  if (answer.outcome === 'failed')
    return warn(
      'GPU',
      `nvidia-smi: ${answer.complaint}`,
      'mend the NVIDIA driver; until then models run on the processor',
    );
  return ok('GPU', answer.output.split('\n').join('; '));
}
